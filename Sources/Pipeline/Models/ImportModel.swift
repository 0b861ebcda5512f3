import Files
import Foundation
import ImageData
public import Models
public import Recipes
import SystemPackage
import Torch
public import Training

/// How a stranger's weights become a model folder; what is nil is found in the file, in a description
/// beside it, or is the network's own.
public struct ImportSettings: Sendable {
  /// What becomes of the last layer.
  public enum Head: String, Choice {
    /// It stays, and so do its classes.
    case keep
    /// A fresh one for the classes that are given.
    case new
  }

  /// The network, by its name in the catalogue.
  public var model: String?
  /// The network's first layers, where the weights alone do not tell them.
  public var stem: Stem?
  /// The classes in the order of the logits.
  public var classNames: [String]?
  /// What becomes of the last layer.
  public var head = Head.keep
  /// What the weights were trained with: subtracted from each channel, on a scale of 0 to 1.
  public var mean: [Double]?
  /// Each channel was then divided by this.
  public var std: [Double]?
  /// The side of the network's square input.
  public var inputSize: Int?
  /// The part of the resized side that is cut out in evaluation.
  public var cropPart: Double?
  /// How pictures are resized in evaluation.
  public var interpolation: Recipe.Input.Interpolation?
  /// What a fresh last layer is drawn from.
  public var seed: UInt64 = 0

  /// Nothing given.
  public init() {}
}

/// Makes a model folder at `out` of the weights at `source`: a file of PyTorch's or safetensors, or a folder
/// with one and timm's `config.json`; with a card, `README.md`, that says how it is used.
/// - Returns: The model, whose `notes` say what was found and what was assumed, a line each.
/// - Throws: `PipelineError` or `FileError` naming what does not fit and what to do about it; nothing is
///   then written.
public func importModel(
  _ source: String, _ settings: ImportSettings = ImportSettings(), to out: String
) throws -> ImportedModel {
  let place = FilePath(text: source)
  guard !RecipePath.isRemote(source) else {
    throw PipelineError.io("\(source) is not on this machine; download it and name the file")
  }
  guard place.exists else { throw PipelineError.io("there is no \(source)") }
  guard !FilePath(text: "\(out)/config.json").exists else {
    throw PipelineError.usage("\(out) is a model already; give another folder, or remove it")
  }
  for name in ["model.safetensors", "model.py"] where FilePath(text: "\(out)/\(name)").exists {
    throw PipelineError.usage(
      "\(out) holds \(name), which a model's own would replace; give another folder, or remove it if it is of an import "
        + "that was stopped")
  }
  let found = try FoundWeights(source, settings)
  var notes = found.notes
  let (classNames, line) = try found.classNames(settings)
  notes += line.map { [$0] } ?? []
  let (input, assumed) = try found.input(settings)
  notes += assumed

  var options = found.options
  options.classCount = classNames.count
  let network = try ModelCatalog.make(options, seed: settings.seed)
  let last = type(of: network).lastLayer
  try network.weights.load(found.file, prefix: found.prefix) {
    settings.head == .new && $0.hasPrefix(last)
  }
  try ModelFolder.requireFinite(network, from: found.file.path)
  let folder = ModelFolder(
    path: out, options: options, classNames: classNames, input: input,
    cropMode: found.described?.cropMode ?? .center)
  let parameters = network.weights.parameterCount
  let card = ImportCard(model: folder, source: source, parameters: parameters, notes: notes)
  let cardPath = "\(out)/README.md"
  if FilePath(text: cardPath).exists {
    notes.append("\(cardPath) was there before and stays; it tells nothing of this model")
  } else {
    try FilePath(text: out).makeFolder()
    try DurableFile.write(card.markdown, to: cardPath)
  }
  try folder.write(network)
  return ImportedModel(folder: folder, parameters: parameters, notes: notes)
}

/// A model that was made of other programs' weights.
public struct ImportedModel {
  /// Where it lies and what it is.
  public let folder: ModelFolder
  /// How many weights it has.
  public let parameters: Int
  /// What was found and what was assumed, a line each.
  public let notes: [String]
}
