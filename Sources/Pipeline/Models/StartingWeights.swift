import Files
import Foundation
import Models
import Recipes
import SystemPackage
import Torch
import Training

/// The weights that `teacher.startFrom` or `student.startFrom` names, of which only the header is read until they are loaded.
struct StartingWeights {
  /// What the recipe calls them.
  let source: String
  /// What the names in the file begin with, such as `module.`.
  let prefix: String
  /// Whether the last layer is theirs too; it is new where the classes are others.
  let keepsLast: Bool
  /// Their description, where there is one.
  let model: ModelFolder?
  private let file: any WeightsFile

  /// Opens the weights and makes sure that they fit `network`, whose tensors need no memory.
  /// - Throws: `PipelineError` saying what lies there and what to do about it, `FileError` naming all
  ///   tensors that do not fit.
  init(
    _ start: StartKey, _ source: String, for network: any Network, _ options: NetworkOptions,
    classNames: [String]
  ) throws {
    self.source = source
    let key = start.key
    let place = FilePath(text: source)
    let isFolder = place.isFolder
    guard !RecipePath.isRemote(source) else {
      throw PipelineError.io(
        "\(key): \(source) is not on this machine; download it and name the file")
    }
    guard place.exists else {
      throw PipelineError.io(
        "\(key): there is no \(source); give a model folder, or a file of weights "
          + "(.safetensors, .pth, .pt, .bin)")
    }
    if isFolder { try Self.requireWeights(in: source, key) }
    let path = isFolder ? ModelFolder.weightsPath(in: source) : source
    let file = try network.adapted(openWeights(path))
    let folder = isFolder ? source : FilePath(text: path).folder.text
    let isDescribed = FilePath(text: "\(folder)/config.json").exists
    model =
      isFolder
      ? isDescribed ? try ModelFolder(contentsOf: folder) : nil
      : isDescribed ? try? ModelFolder(contentsOf: folder) : nil
    self.file = file

    let last = type(of: network).lastLayer
    let isLast: (String) -> Bool = { $0.hasPrefix(last) }
    let prefix = WeightsFit.prefix(of: file, for: network.weights, skipping: isLast) ?? ""
    let sameShapes = network.weights.state.allSatisfy { name, tensor in
      !isLast(name) || file.shape(of: prefix + name) == tensor.shape
    }
    // A bare file has no names of classes.
    let names = isFolder ? model?.classNames : nil
    let keepsLast = sameShapes && (names.map { $0 == classNames } ?? true)
    let fit = WeightsFit(
      of: file, to: network.weights, prefix: prefix, skipping: { isLast($0) && !keepsLast })
    guard fit.isWhole else {
      throw FileError(
        "load weights from", path, code: 0,
        detail: fit.reason + Self.hint(file, fit, start.group, options, model?.options))
    }
    self.prefix = prefix
    self.keepsLast = keepsLast
  }

  /// Gives them to `network`.
  /// - Throws: `FileError` naming the file, `TrainingError.nonFinite` when they are no numbers.
  func load(into network: any Network) throws {
    let last = type(of: network).lastLayer
    try network.weights.load(file, prefix: prefix) { $0.hasPrefix(last) && !keepsLast }
    try ModelFolder.requireFinite(network, from: file.path)
  }

  /// Reads those that `network` takes, without keeping them.
  /// - Throws: `TrainingError.nonFinite` naming the first that is not finite.
  func requireFinite(for network: any Network) throws {
    let last = type(of: network).lastLayer
    for (name, _) in network.weights.state where keepsLast || !name.hasPrefix(last) {
      guard file.names.contains(prefix + name), try !file.tensor(prefix + name).isFinite() else {
        continue
      }
      throw ModelFolder.notFinite(prefix + name, in: file.path)
    }
  }

  /// What is done with them where the network stays as they have it, in words.
  var frozenNote: String {
    "stays as \(source) has it" + (file.note.map { "; \($0)" } ?? "")
  }

  /// What is done with them, in words.
  var note: String {
    "starts from \(source)" + (keepsLast ? "" : ", with a new last layer")
      + (prefix.isEmpty ? "" : ", whose names begin with \(prefix)")
      + (file.note.map { "; \($0)" } ?? "")
  }

  // MARK: - What does not fit

  /// - Throws: `PipelineError.io` that says what a folder without `model.safetensors` is instead.
  private static func requireWeights(in folder: String, _ key: String) throws {
    guard !FilePath(text: ModelFolder.weightsPath(in: folder)).exists else { return }
    let stages = Stage.models(in: folder)
    let names = try FilePath(text: folder).names().sorted()
    let head = "\(key): \(folder) has no model.safetensors"
    if !stages.isEmpty {
      throw PipelineError.io("\(head), it is a run directory; \(didYouMean(stages))")
    }
    let weights = names.filter { name in
      [".safetensors", ".pth", ".pt", ".th", ".bin"].contains { name.hasSuffix($0) }
    }
    if names.contains("model.safetensors.index.json") {
      throw PipelineError.io("\(head) but parts of one; write them to one file")
    }
    if !weights.isEmpty {
      let few = weights.prefix(3).map { "\(folder)/\($0)" }
      throw PipelineError.io("\(head); did you mean \(few.joined(separator: " or "))?")
    }
    let beside = Stage.models(in: FilePath(text: folder).folder.text)
    if !beside.isEmpty { throw PipelineError.io("\(head); \(didYouMean(beside))") }
    throw PipelineError.io(
      "\(head); a model is a folder with it and config.json, or such a file alone")
  }

  /// Names the models of a run, the teacher first.
  private static func didYouMean(_ models: [String]) -> String {
    let isTeacher: (String) -> Bool = { $0.hasSuffix("/" + Stage.teacher.folder) }
    let order = models.filter(isTeacher) + models.filter { !isTeacher($0) }
    return "did you mean \(order.joined(separator: " or "))?"
  }

  /// Which keys of the recipe would make a network that the file fits.
  private static func hint(
    _ file: any WeightsFile, _ fit: WeightsFit, _ stage: String, _ wanted: NetworkOptions,
    _ described: NetworkOptions?
  ) -> String {
    var settings: [String] = []
    if let described {
      if described.model != wanted.model { settings.append("\(stage).model: \(described.model)") }
      if described.stem != wanted.stem {
        settings.append("\(stage).stem: \(described.stem.rawValue)")
      }
      if described.width != wanted.width { settings.append("\(stage).width: \(described.width)") }
      if described.inputChannels != wanted.inputChannels {
        settings.append("input.channels: \(described.inputChannels)")
      }
    } else if let first = fit.misshapen.first(where: { $0.found.count == 4 && $0.wanted.count == 4 }
    ),
      first.name == "conv1.weight"
    {
      let (found, wanted) = (first.found, first.wanted)
      if found.sorted() == wanted.sorted() {
        return "; the file has its axes in another order than [out, in, height, width]: save it as "
          + "PyTorch does"
      }
      // Anything else is no picture's first layer of ours, whatever the settings.
      guard [1, 3].contains(found[1]), found[2] == found[3], [3, 7].contains(found[2]) else {
        return ""
      }
      if found[0] != wanted[0] { settings.append("\(stage).width: \(found[0])") }
      if found[1] != wanted[1] { settings.append("input.channels: \(found[1])") }
      if found[2] != wanted[2] {
        settings.append("\(stage).stem: \(found[2] == 7 ? "standard" : "small or strided")")
      }
    }
    return settings.isEmpty ? "" : "; it is of \(settings.joined(separator: ", "))"
  }
}
