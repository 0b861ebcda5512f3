import Files
import Foundation
import ImageData
import Models
import SystemPackage
import Torch
import Training

/// A network that is only asked what it sees of pictures, whatever its last layer is.
struct FrozenNetwork {
  let network: any Network
  let options: NetworkOptions
  let input: ImageInput
  let cropMode: CropMode
  /// The SHA-256 of its weights' file.
  let sha256: String
  /// What was found and what is assumed, a line each.
  let notes: [String]
  private let found: FoundWeights

  /// Loads the network of a model folder, ours or timm's, or of a file of weights.
  /// - Parameters:
  ///   - source: The folder or the file.
  ///   - model: The network's name, where the weights fit several.
  ///   - inputSize: The side of its square input; nil takes what the weights were trained for.
  ///   - device: What computes.
  /// - Throws: `PipelineError`, `FileError` saying what lies there and what to do about it.
  init(
    _ source: String, model: String? = nil, inputSize: Int? = nil, on device: Device
  ) throws {
    guard FilePath(text: source).exists else { throw PipelineError.io("there is no \(source)") }
    var settings = ImportSettings()
    // Without the last layer, whose classes then do not matter.
    (settings.model, settings.head, settings.inputSize) = (model, .new, inputSize)
    let found = try FoundWeights(source, settings)
    let (input, assumed) = try found.input(settings)
    options = found.options
    network = try ModelCatalog.make(found.options, device: device)
    let last = type(of: network).lastLayer
    try network.weights.load(found.file, prefix: found.prefix) { $0.hasPrefix(last) }
    try ModelFolder.requireFinite(network, from: found.file.path)
    self.found = found
    self.input = input
    cropMode = found.described?.cropMode ?? .center
    sha256 = try Checksum.sha256(file: found.file.path)
    // Only an import takes others, and writes them down.
    notes =
      found.notes + assumed.map { $0.replacing("; --mean", with: "; halcyon import's --mean") }
  }

  /// The network once more, by `options`, with a new last layer for so many classes, drawn from `seed`; what a vote
  /// of neighbours was put behind has a linear layer then.
  /// - Throws: `TorchError`, `FileError`.
  func network(
    classCount: Int, seed: UInt64, on device: Device
  ) throws -> (network: any Network, options: NetworkOptions) {
    var options = found.options
    (options.classCount, options.vote) = (classCount, nil)
    let network = try ModelCatalog.make(options, seed: seed, device: device)
    let last = type(of: network).lastLayer
    try network.weights.load(found.file, prefix: found.prefix) { $0.hasPrefix(last) }
    return (network, options)
  }
}
