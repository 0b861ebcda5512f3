import Files
import Foundation
public import Models
import SystemPackage
import Torch
public import Training

extension ModelFolder {
  /// Writes the network, which this folder describes, for `target` into the folder `out`, with a card that
  /// says how to use it.
  ///
  /// All is written beside `out` first, so that there is never a half of it.
  /// - Parameters:
  ///   - network: The network with its weights.
  ///   - target: What it is for.
  ///   - out: A folder that is empty or not there yet.
  ///   - normalizes: Of ONNX: whether the network takes values from 0 to 1 and normalises them itself.
  ///   - replaces: Whether files of the same names that are in `out` may be replaced.
  /// - Returns: The paths of the files.
  /// - Throws: `ExportError` when timm has no such network or `out` is not empty, `FileError` naming a file
  ///   that cannot be written.
  @discardableResult
  public func export(
    _ network: any Network, for target: ExportTarget, to out: String, normalizes: Bool = false,
    replacing replaces: Bool = false
  ) throws -> [String] {
    guard options.vote == nil else {
      throw ExportError(
        "\(path) is a vote of neighbours, which no other program knows; a teacher of kind: linear on the "
          + "same network can be exported")
    }
    guard target != .pytorch || isTimms || network.python != nil else {
      throw ExportError("\(networkInWords) is not written down in PyTorch; --to onnx takes it")
    }
    guard target != .timm || isTimms else {
      throw ExportError(
        "timm has no \(networkInWords); --to pytorch writes it with \(Self.scriptName), which is the network "
          + "in plain PyTorch")
    }
    guard !normalizes || target == .onnx else {
      throw ExportError(
        "--normalise is for --to onnx; elsewhere \(Self.scriptName) or timm normalises")
    }
    return try StagedFolder.write(to: out, replacing: replaces) { folder in
      let model = ModelFolder(
        path: folder, options: options, classNames: classNames, input: input, cropMode: cropMode)
      switch target {
      case .onnx:
        _ = try onnx(network, normalizes: normalizes).write(to: "\(folder)/model.onnx")
      case .pytorch:
        try PyTorchWeights.write(network.weights.state, to: "\(folder)/\(Self.stateName)")
        try model.writeScript(of: network, weights: Self.stateName)
        try model.writeDescription(of: network)
      case .timm: try model.write(network)
      }
      try DurableFile.write(
        ExportCard(model: model, target: target, normalizes: normalizes).markdown,
        to: "\(folder)/README.md")
    }
  }

  /// The file of PyTorch's weights, under the name that the Hugging Face Hub gives it.
  static let stateName = "pytorch_model.bin"

  private var networkInWords: String {
    var words = options.model
    if options.stem != .standard { words += " with a \(options.stem.rawValue) stem" }
    if options.width != 64 {
      words += (options.stem == .standard ? " of" : " and") + " width \(options.width)"
    }
    return words
  }
}
