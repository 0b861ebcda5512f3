import Files
import Models
import Recipes
import Torch
import Training

/// The weights that a fitted recipe's networks begin with, what they see of a picture, and the student that
/// goes with them.
struct InitStart: Equatable {
  /// How networks of a kind are fine-tuned.
  enum Kind: Equatable {
    /// Attention: AdamW, the rate falling from layer to layer.
    case transformer
    /// A convolutional network that is trained as a transformer is.
    case convNeXt
    /// Batch norms: SGD.
    case batchNorm
  }

  /// What the recipe calls the weights.
  let path: String
  /// The network that they are of.
  let options: NetworkOptions
  /// What it sees.
  let input: Recipe.Input
  /// Why it sees pictures of another size than its weights did; nil where it does not.
  let sizeNote: String?
  /// The network's weights, in number.
  let parameters: Int
  /// How it is fine-tuned.
  let kind: Kind
  /// The student.
  let student: NetworkOptions
  /// What was found and what was assumed, a line each.
  let notes: [String]

  /// Whether the student begins with the weights, too.
  var studentTakesWeights: Bool { student.model == options.model }

  /// A student of more weights than these, some more than a ResNet-50's, is slow for who uses it.
  static let mostOfStudent = 30_000_000
  /// Transformers see any size; more pixels than these cost more than they give in a short training.
  private static let largestSide = 256

  /// Opens the weights at `source`, which the recipe calls `path`, of the network `model` or else the one
  /// that they fit.
  /// - Throws: `PipelineError` or `FileError` naming what does not fit.
  init(_ source: String, as path: String, model: String? = nil) throws {
    guard !RecipePath.isRemote(source) else {
      throw PipelineError.io("\(source) is not on this machine; download it and name the file")
    }
    var settings = ImportSettings()
    settings.model = model
    // The classes are other ones, and there may be no last layer at all.
    settings.head = .new
    let found = try FoundWeights(source, settings)
    let (input, assumed) = try found.input(settings)
    try self.init(path: path, found.options, input, notes: found.notes + assumed)
  }

  /// What follows from weights of the network `options` that see `input`.
  /// - Throws: `ModelError`, `TorchError`.
  init(
    path: String, _ options: NetworkOptions, _ input: Recipe.Input, notes: [String] = []
  ) throws {
    let network = try ModelCatalog.make(options, device: .meta)
    let isTransformer = !type(of: network).undecayed.isEmpty
    kind =
      isTransformer
      ? .transformer : options.model.hasPrefix("convnext") ? .convNeXt : .batchNorm
    parameters = network.weights.parameterCount
    (self.path, self.options, self.notes) = (path, options, notes)
    var input = input
    var sizeNote: String?
    if isTransformer, input.size > Self.largestSide {
      sizeNote =
        "not the weights' \(input.size), which costs \(input.size * input.size / (224 * 224)) times as "
        + "much; position embeddings are interpolated"
      input.resize = input.resize * 224 / input.size
      input.size = 224
    }
    (self.input, self.sizeNote) = (input, sizeNote)
    guard parameters > Self.mostOfStudent else {
      student = options
      return
    }
    student = Self.smaller(than: options)
  }

  /// The largest network of the same kind that a student may be; the same size of the name's family where
  /// there is one (`vit_base_patch14_dinov2`: `vit_small_patch14_dinov2`).
  private static func smaller(than options: NetworkOptions) -> NetworkOptions {
    func made(_ name: String) -> (options: NetworkOptions, parameters: Int)? {
      let other = NetworkOptions(
        model: name, classCount: options.classCount, inputChannels: options.inputChannels,
        inputSize: options.inputSize)
      let network = try? ModelCatalog.make(other, device: .meta)
      guard let count = network?.weights.parameterCount, count <= mostOfStudent else { return nil }
      return (other, count)
    }
    for size in ["base", "large", "giant"] where options.model.contains("_\(size)_") {
      let name = options.model.replacing("_\(size)_", with: "_small_")
      if ModelCatalog.names.contains(name), let small = made(name) { return small.options }
    }
    let family = options.model.hasPrefix("resnext") ? "resnet" : family(of: options.model)
    let others = ModelCatalog.names.filter { Self.family(of: $0) == family }.compactMap(made)
    // Of those alike the plain one: resnet50, not resnet50d.
    func rank(_ other: (options: NetworkOptions, parameters: Int)) -> (Int, Int) {
      (other.parameters / 1_000_000, -other.options.model.count)
    }
    return others.max { rank($0) < rank($1) }?.options ?? options
  }

  /// `vit` of `vit_base_patch16_224`, `resnet` of `resnet101d`.
  private static func family(of model: String) -> String {
    String(model.prefix { $0.isLetter })
  }
}
