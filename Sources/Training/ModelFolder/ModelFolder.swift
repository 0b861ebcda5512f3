import Files
import Foundation
public import ImageData
public import Models
import SystemPackage
public import Torch

/// A model on disk: `model.safetensors` under torchvision's names and `config.json` with timm's keys; and
/// `model.py`, the network in plain PyTorch, where timm has no such network.
public struct ModelFolder {
  /// The folder's path.
  public let path: String
  /// Which network it is.
  public let options: NetworkOptions
  /// The classes in the order of the logits.
  public let classNames: [String]
  /// What the network sees.
  public let input: ImageInput
  /// Which part of a picture that is.
  public let cropMode: CropMode
  /// What the description says and nobody reads, and what is assumed where it says nothing; a line each.
  public let notes: [String]

  /// The weights' file.
  public var weightsPath: String { Self.weightsPath(in: path) }

  /// The weights' file in the folder `path`: `model.safetensors`, or `pytorch_model.bin` where that is
  /// there alone.
  package static func weightsPath(in path: String) -> String {
    let names = ["model.safetensors", "pytorch_model.bin"].map { "\(path)/\($0)" }
    return names.first { FilePath(text: $0).exists } ?? names[0]
  }

  /// Describes a model that is to be written.
  public init(
    path: String, options: NetworkOptions, classNames: [String], input: ImageInput,
    cropMode: CropMode = .center
  ) {
    self.path = path
    var options = options
    options.inputSize = input.size
    self.options = options
    self.classNames = classNames
    self.input = input
    self.cropMode = cropMode
    notes = []
  }

  /// Reads the description of the model in the folder `path`, ours or another program's.
  /// - Throws: `TrainingError.data` naming the file and what it lacks.
  public init(contentsOf path: String) throws {
    let file = "\(path)/config.json"
    guard let data = try? FilePath(text: file).contents() else {
      try Self.requireNoneBelow(path)
      throw TrainingError.io(
        "cannot read \(file); a model is a folder with it and model.safetensors")
    }
    let config = try TimmConfig(contentsOf: file, data)
    self.path = path
    options = config.options
    classNames = config.classNames
    input = config.input
    cropMode = config.cropMode
    let unknown = config.unknownKeys
    let passedOver =
      unknown.isEmpty
      ? []
      : [
        "\(file): not known and passed over: \(unknown.prefix(10).joined(separator: ", "))"
          + (unknown.count > 10 ? ", …" : "")
      ]
    notes = config.assumptions + passedOver
  }

  /// - Throws: `TrainingError.usage` naming the models in `folder`, where it is a run directory, for example.
  package static func requireNoneBelow(_ folder: String) throws {
    let models = models(in: folder)
    guard models.isEmpty else {
      throw TrainingError.usage(
        "\(folder) is a folder of models; did you mean \(models.joined(separator: " or "))?")
    }
  }

  /// The model folders in `folder`, by name.
  package static func models(in folder: String) -> [String] {
    let names = (try? FilePath(text: folder).names()) ?? []
    return names.sorted().map { "\(folder)/\($0)" }.filter { path in
      FilePath(text: weightsPath(in: path)).exists
        && FilePath(text: "\(path)/config.json").exists
    }
  }

  /// Writes the weights, the network in PyTorch where timm has it not, and the description, which comes
  /// last.
  /// - Throws: `FileError` naming the file that could not be written.
  public func write(_ network: any Network) throws {
    try FilePath(text: path).makeFolder()
    try Safetensors.write(
      network.weights.state, metadata: ["format": "pt"], to: "\(path)/model.safetensors")
    if !isTimms, network.python != nil {
      try writeScript(of: network, weights: "model.safetensors")
    }
    try writeDescription(of: network)
  }

  /// Writes `config.json`.
  /// - Throws: `FileError` naming the file.
  package func writeDescription(of network: any Network) throws {
    let isTransformer = TimmKeys.isTransformer(options.model)
    let config = Config(
      architecture: TimmNames.architecture(options), num_classes: options.classCount,
      label_names: classNames,
      global_pool: Self.name(of: try options.pooling ?? ModelCatalog.pooling(of: options.model)),
      model_args: .init(
        img_size: isTransformer ? input.size : nil,
        in_chans: input.channels == 3 ? nil : input.channels,
        global_pool: options.pooling.map(Self.name(of:))),
      pretrained_cfg: .init(
        input_size: [input.channels, input.size, input.size],
        fixed_input_size: isTransformer ? true : nil, mean: input.mean, std: input.std,
        crop_pct: cropPart, crop_mode: cropModeName, interpolation: input.interpolation.rawValue,
        first_conv: Self.firstConvolution(of: network),
        classifier: Self.classifier(of: network)),
      halcyon: .init(
        stem: options.stem.rawValue, width: options.width,
        vote: options.vote.map {
          .init(pictures: $0.pictures, neighbours: $0.neighbours, temperature: $0.temperature)
        }))
    try DurableFile.write(JSON.indented(config), to: "\(path)/config.json")
  }

  /// timm's name of what becomes of a picture that is no square.
  package var cropModeName: String {
    switch cropMode {
    case .center: "center"
    case .squash: "squash"
    case .border: "border"
    }
  }

  /// timm's name of a pooling.
  static func name(of pooling: Pooling) -> String {
    switch pooling {
    case .average: "avg"
    case .max: "max"
    case .averageMax: "avgmax"
    case .token: "token"
    }
  }

  /// The name of the layer that makes the logits.
  static func classifier(of network: any Network) -> String {
    String(type(of: network).lastLayer.dropLast())
  }

  /// The name of the layer that sees the pictures.
  static func firstConvolution(of network: any Network) -> String {
    let weight = network.weights.parameters.first { $0.tensor.shape.count == 4 }?.name ?? ""
    return String(weight.dropLast(".weight".count))
  }

  /// The network with its weights.
  /// - Throws: `FileError` naming the tensor that is missing or has another shape,
  ///   `TrainingError.nonFinite` naming one that holds no numbers, `TrainingError.usage` when the model
  ///   has no classes.
  public func load(on device: Device) throws -> any Network {
    guard options.classCount > 0 else {
      throw TrainingError.usage(
        "\(path) has no classes: it is \(options.model) without its last layer; `halcyon import --head "
          + "new --classes a,b,…` gives it one, and teacher.startFrom trains one")
    }
    let network = try ModelCatalog.make(options, device: device)
    try network.weights.load(network.adapted(openWeights(weightsPath)))
    try Self.requireFinite(network, from: weightsPath)
    return network
  }

  /// - Throws: `TrainingError.nonFinite` naming the file and the first tensor that is not finite.
  package static func requireFinite(_ network: any Network, from path: String) throws {
    guard let name = try network.weights.firstNotFinite() else { return }
    throw notFinite(name, in: path)
  }

  /// The error of the tensor `name` in the file at `path`.
  package static func notFinite(_ name: String, in path: String) -> TrainingError {
    .nonFinite(
      "\(path): \(name) holds numbers that are not finite, as a training that diverged leaves "
        + "them; nothing can be computed with these weights")
  }

  /// The part of the resized side that is cut out, from which timm, rounding down, has that side again: in as
  /// few digits as that takes, such as timm's own 0.95 for 224 of 235.
  private var cropPart: Double {
    func gives(_ part: Double) -> Bool {
      // Not so near below the next side that it is read as that.
      let side = Double(input.size) / part
      return part > 0 && side.rounded(.down) == Double(input.resize)
        && (side + 1e-9).rounded(.down) == Double(input.resize)
    }
    var part = Double(input.size) / Double(input.resize)
    for scale in [10.0, 100, 1000, 10_000, 100_000] {
      let short = (part * scale).rounded(.down) / scale
      if gives(short) { return short }
    }
    while !gives(part) { part = part.nextDown }
    return part
  }

  /// What is written: timm's keys, and under `halcyon` what timm has no key for.
  private struct Config: Encodable {
    let architecture: String
    let num_classes: Int
    let label_names: [String]
    let global_pool: String
    let model_args: Arguments
    let pretrained_cfg: Details
    let halcyon: Ours

    /// What timm builds the network from, besides.
    struct Arguments: Encodable {
      let img_size, in_chans: Int?
      let global_pool: String?
    }

    struct Details: Encodable {
      let input_size: [Int]
      let fixed_input_size: Bool?
      let mean, std: [Double]
      let crop_pct: Double
      let crop_mode, interpolation: String
      let first_conv, classifier: String
    }

    struct Ours: Encodable {
      let stem: String
      let width: Int
      let vote: Vote?
    }

    struct Vote: Encodable {
      let pictures, neighbours: Int
      let temperature: Double
    }
  }
}
