import Files
import Foundation
import ImageData
import Models
import Recipes
import SystemPackage
import Torch
import Training

/// Weights that another program left, with the network that they are of.
struct FoundWeights {
  let file: any WeightsFile
  /// The network that they fit, with as many classes as their last layer.
  let options: NetworkOptions
  /// What the names in the file begin with, such as `module.`.
  let prefix: String
  /// What was found, a line each.
  private(set) var notes: [String] = []
  /// Their description, where there is one.
  let described: ModelFolder?

  /// Opens the weights at `source` and finds the network that they are of: the one that is named, or
  /// described beside them, or else the only one of the catalogue that they fit.
  init(_ source: String, _ settings: ImportSettings) throws {
    let isFolder = FilePath(text: source).isFolder
    let path = isFolder ? ModelFolder.weightsPath(in: source) : source
    guard FilePath(text: path).exists else {
      try ModelFolder.requireNoneBelow(source)
      throw PipelineError.io(
        "\(source) has neither model.safetensors nor pytorch_model.bin; name the file with the weights"
      )
    }
    let weights = try openWeights(path)
    // A file of another name beside a config.json may be of another model.
    let isHubs = ["model.safetensors", "pytorch_model.bin"].contains(FilePath(text: path).name)
    let folder = FilePath(text: path).folder.text
    let model =
      isHubs && FilePath(text: "\(folder)/config.json").exists
      ? try ModelFolder(contentsOf: folder) : nil
    described = model

    let name = settings.model ?? model?.options.model
    let names = name.map { [$0] } ?? ModelCatalog.names
    let candidates = try names.compactMap { candidate in
      do {
        return try Candidate(candidate, weights, settings, model?.options)
      } catch is TorchError where name == nil {
        return nil  // None of pictures of that size.
      }
    }
    let fitting = candidates.filter(\.fit.isWhole)
    guard let best = fitting.first else {
      throw Self.nothingFits(weights, candidates, named: name)
    }
    if fitting.count > 1 {
      throw PipelineError.usage(
        "\(path) fits \(fitting.map(\.options.model).joined(separator: " and ")); say which with --model"
      )
    }
    (file, options, prefix) = (best.file, best.options, best.fit.prefix)
    notes = (model?.notes ?? []) + (file.note.map { [$0] } ?? [])
    if name == nil { notes.append("\(path) holds the weights of \(best.options.model)") }
    if !prefix.isEmpty { notes.append("its names begin with \(prefix), which is left out") }
    if let line = best.stemNote, settings.stem == nil, described == nil { notes.append(line) }
  }

  // MARK: - Classes and pictures

  /// The classes of the model, and where they come from unless they were given.
  func classNames(_ settings: ImportSettings) throws -> (names: [String], note: String?) {
    let count = options.classCount
    if let names = settings.classNames {
      guard settings.head == .new || names.count == count else {
        throw PipelineError.usage(
          "--classes names \(Format.counted(names.count, "class", "classes")), and the last layer has "
            + "\(count); name them all, or give --head new for a fresh last layer")
      }
      return (names, nil)
    }
    guard settings.head == .keep else {
      throw PipelineError.usage(
        "--head new needs the names of its classes: --classes a,b,… or a file")
    }
    if let described { return (described.classNames, nil) }
    if let names = file.classNames, names.count == count {
      return (names, "the names of its \(count) classes are those in the file")
    }
    return (
      (0..<count).map(String.init),
      "its \(count) classes are called by their numbers, since nothing names them; --classes does"
    )
  }

  /// What the network sees, and what of it is assumed.
  func input(_ settings: ImportSettings) throws -> (input: Recipe.Input, notes: [String]) {
    let torchvisions =
      file.isTorchvisions ? try ModelCatalog.torchvisionInput(of: options.model) : nil
    var input = try described?.input ?? torchvisions ?? ModelCatalog.input(of: options.model)
    let part = settings.cropPart ?? Double(input.size) / Double(input.resize)
    // A bare file tells it by its embeddings of positions.
    let size = settings.inputSize ?? (described == nil ? file.inputSize : nil)
    if let size { input.size = size }
    if size != nil || settings.cropPart != nil {
      input.resize = Int((Double(input.size) / part + 1e-9).rounded(.down))
    }
    input.interpolation = settings.interpolation ?? input.interpolation
    input.channels = options.inputChannels
    var notes: [String] = []
    if described == nil, torchvisions != nil {
      notes.append(
        "evaluation is assumed to be that of torchvision's IMAGENET1K_V1: the middle \(input.size) of "
          + "\(input.resize) px, \(input.interpolation.rawValue); --crop-pct and --interpolation take others"
      )
    }
    if described == nil {
      let isGrey = input.channels == 1
      if isGrey { (input.mean, input.std) = ([0.5], [0.5]) }
      let values = [("mean", settings.mean == nil), ("std", settings.std == nil)].filter(\.1)
      if !values.isEmpty {
        let names = values.map(\.0).joined(separator: " and ")
        let taken = "mean \(input.mean), std \(input.std)"
        notes.append(
          "nothing says with which \(names) it was trained; "
            + (isGrey
              ? "these are assumed: "
              : input.mean == ImageInput().mean
                ? "ImageNet's are assumed: " : "\(options.model)'s are assumed: ")
            + taken
            + "; `halcyon import` takes others, by --mean and --std")
      }
    }
    input.mean = settings.mean ?? input.mean
    input.std = settings.std ?? input.std
    for (option, values) in [("--mean", input.mean), ("--std", input.std)]
    where values.count != input.channels {
      throw PipelineError.usage(
        "\(option) has \(Format.counted(values.count, "number", "numbers")) and the network takes "
          + Format.counted(input.channels, "channel", "channels"))
    }
    return (input, notes)
  }

  // MARK: - Which network

  /// One network of the catalogue, made as the file's shapes ask for, and how they fit.
  private struct Candidate {
    let options: NetworkOptions
    /// The weights under the network's names.
    let file: any WeightsFile
    let fit: WeightsFit
    /// The names of the last layer's weights begin so.
    let last: String
    /// Whether the file has less than half of what the network has.
    let isFar: Bool
    /// What of its first layers the weights do not tell.
    let stemNote: String?

    /// nil where the file's shapes make no such network.
    init?(
      _ name: String, _ weights: any WeightsFile, _ settings: ImportSettings,
      _ described: NetworkOptions?
    ) throws {
      var options = described ?? NetworkOptions(model: name, classCount: 1)
      options.model = name
      options.classCount = max(1, options.classCount)
      options.inputSize =
        try settings.inputSize ?? described?.inputSize ?? ModelCatalog.input(of: name).size
      var shape = try ModelCatalog.make(options, device: .meta)
      var file = try shape.adapted(weights)
      if settings.inputSize == nil, described == nil, let size = file.inputSize,
        size != options.inputSize
      {
        options.inputSize = size
        shape = try ModelCatalog.make(options, device: .meta)
        file = try shape.adapted(weights)
      }
      // Of networks alike in all but what they see, torchvision has one.
      if file.isTorchvisions, settings.model == nil, described == nil {
        guard try ModelCatalog.torchvisionInput(of: name) != nil else { return nil }
      }
      let stem = settings.stem ?? described?.stem
      let last = type(of: shape).lastLayer
      let isLast: (String) -> Bool = { $0.hasPrefix(last) }
      let prefix = WeightsFit.prefix(of: file, for: shape.weights, skipping: isLast) ?? ""
      if let found = file.shape(of: "\(prefix)\(last)weight"), found.count == 2 {
        options.classCount = found[0]
      }
      var note: String?
      let first = shape.weights.parameters.first { $0.tensor.shape.count == 4 }?.name ?? ""
      if let found = file.shape(of: prefix + first), found.count == 4 {
        if found[1] == 1 || found[1] == 3 { options.inputChannels = found[1] }
        if ModelCatalog.isScalable(name) {
          // A stem of three convolutions, ResNet-D's, begins with half of its width.
          options.width = file.shape(of: "\(prefix)bn1.weight")?.first ?? found[0]
          let isDeep = first.hasPrefix("conv1.") && first != "conv1.weight"
          options.stem = stem ?? (found[2] == 7 || isDeep ? .standard : .small)
          if stem == nil, found[2] != 7, !isDeep {
            note = "its first layer is taken to have stride 1; --stem strided takes it for 2"
          }
        }
      }
      // A width that the network cannot have is another network's.
      guard let network = try? ModelCatalog.make(options, device: .meta) else { return nil }
      // What is replaced need not be there.
      fit = WeightsFit(of: file, to: network.weights, prefix: prefix) {
        settings.head == .new && isLast($0)
      }
      isFar = fit.missing.count * 2 > network.weights.state.count
      (self.options, self.file, self.last) = (options, file, last)
      stemNote = note
    }
  }

  /// What to say where no network fits: of the named one all that differs, else which comes nearest.
  private static func nothingFits(
    _ file: any WeightsFile, _ candidates: [Candidate], named name: String?
  ) -> any Error {
    let nearest = candidates.min { $0.fit.misfits.count < $1.fit.misfits.count }
    guard let nearest else { return PipelineError.usage("there is no such network") }
    if name == nil, nearest.isFar {
      let some = file.names.prefix(3).map { "\($0) \(file.shape(of: $0) ?? [])" }
      return PipelineError.data(
        "\(file.path) fits no network that there is (`halcyon models` lists them), none of them nearly; its "
          + "first of \(Format.counted(file.names.count, "tensor is", "tensors are")) "
          + some.joined(separator: ", "))
    }
    let lines = nearest.fit.misfits
    let list =
      lines.prefix(20).joined(separator: "; ")
      + (lines.count > 20 ? "; and \(lines.count - 20) more" : "")
    let head =
      name.map { "\(file.path) does not fit \($0)" }
      ?? "\(file.path) fits no network that there is (`halcyon models` lists them); "
      + "\(nearest.options.model) comes nearest"
    let lacksLast =
      !nearest.fit.missing.isEmpty && lines.count == nearest.fit.missing.count
      && nearest.fit.missing.allSatisfy { $0.name.hasPrefix(nearest.last) }
    return PipelineError.data(
      "\(head): \(list)"
        + (lacksLast ? "; give --head new and its --classes, and it gets a last layer" : ""))
  }
}
