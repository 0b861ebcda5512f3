import Files
import Foundation
import ImageData
public import Models
import SystemPackage
public import Torch

/// A model on disk: `model.safetensors` under torchvision's names and `config.json` with timm's keys.
public struct ModelFolder {
  /// The folder's path.
  public let path: String
  /// Which network it is.
  public let options: NetworkOptions
  /// The classes in the order of the logits.
  public let classNames: [String]
  /// What the network sees.
  public let input: Recipe.Input

  /// The weights' file.
  public var weightsPath: String { "\(path)/model.safetensors" }

  /// Describes a model that is to be written.
  public init(path: String, options: NetworkOptions, classNames: [String], input: Recipe.Input) {
    self.path = path
    self.options = options
    self.classNames = classNames
    self.input = input
  }

  /// Reads the description of the model in the folder `path`, ours or another program's.
  /// - Throws: `PipelineError.data` naming the file and what it lacks.
  public init(contentsOf path: String) throws {
    let file = "\(path)/config.json"
    guard let data = try? FilePath(text: file).contents() else {
      throw PipelineError.io(
        "cannot read \(file); a model is a folder with it and model.safetensors")
    }
    let config: Config
    do {
      config = try JSONDecoder().decode(Config.self, from: data)
    } catch {
      throw PipelineError.data("\(file) is not a model's description: \(Self.reason(error))")
    }
    let details = config.pretrained_cfg
    let names = config.label_names ?? details?.label_names
    guard let count = config.num_classes ?? details?.num_classes ?? names?.count else {
      throw PipelineError.data("\(file) says neither num_classes nor label_names")
    }
    guard names == nil || names?.count == count else {
      throw PipelineError.data("\(file) has \(names?.count ?? 0) label_names for \(count) classes")
    }
    let size = details?.input_size ?? [3, 224, 224]
    guard size.count == 3, size[1] == size[2], 1...16_384 ~= size[1], size[0] == 1 || size[0] == 3
    else {
      throw PipelineError.data(
        "\(file): input_size \(size) is not [1 or 3, side, side], the side at most 16384")
    }
    guard let interpolation = Interpolation(rawValue: details?.interpolation ?? "bilinear")
    else {
      throw PipelineError.data(
        "\(file): interpolation \(details?.interpolation ?? "") is not bilinear or bicubic")
    }
    guard ModelCatalog.names.contains(config.architecture) else {
      throw PipelineError.data(
        "\(file): no architecture is named \(config.architecture); `halcyon models` lists them")
    }
    let width = config.halcyon?.width ?? 64
    guard let stem = Stem(rawValue: config.halcyon?.stem ?? "standard"), 1...1 << 16 ~= width else {
      throw PipelineError.data(
        "\(file): stem \(config.halcyon?.stem ?? "") and width \(width) are not one of "
          + "\(Stem.allCases.map(\.rawValue).joined(separator: ", ")) and 1 to 65536")
    }
    let part = details?.crop_pct ?? 0.875
    guard part > 0.01, part <= 1 else {
      throw PipelineError.data("\(file): crop_pct \(part) is not a part of 1")
    }
    self.path = path
    options = NetworkOptions(
      model: config.architecture, classCount: count, inputChannels: size[0], stem: stem,
      width: width)
    classNames = names ?? (0..<count).map(String.init)
    var input = Recipe.Input()
    input.size = size[1]
    input.channels = size[0]
    // Rounded down as timm does; what only the division's last bit puts below a whole number is it.
    input.resize = Int((Double(size[1]) / part + 1e-9).rounded(.down))
    input.mean = details?.mean ?? Array(input.mean[..<size[0]])
    input.std = details?.std ?? Array(input.std[..<size[0]])
    input.interpolation = interpolation
    guard input.mean.count == size[0], input.std.count == size[0], input.std.allSatisfy({ $0 > 0 })
    else {
      throw PipelineError.data(
        "\(file): mean and std must have \(size[0]) numbers, those of std above 0")
    }
    self.input = input
  }

  /// Writes the weights and the description; the description comes last.
  /// - Throws: `FileError` naming the file that could not be written.
  func write(_ network: any Network) throws {
    try FilePath(text: path).makeFolder()
    try Safetensors.write(network.weights.state, metadata: ["format": "pt"], to: weightsPath)
    let config = Config(
      architecture: options.model, num_classes: options.classCount, label_names: classNames,
      pretrained_cfg: .init(
        input_size: [input.channels, input.size, input.size], mean: input.mean, std: input.std,
        crop_pct: Double(input.size) / Double(input.resize),
        interpolation: input.interpolation.rawValue, num_classes: nil, label_names: nil),
      halcyon: .init(stem: options.stem.rawValue, width: options.width))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try DurableFile.write(try encoder.encode(config), to: "\(path)/config.json")
  }

  /// The network with its weights.
  /// - Throws: `FileError` naming the tensor that is missing or has another shape,
  ///   `PipelineError.nonFinite` naming one that holds no numbers.
  public func load(on device: Device) throws -> any Network {
    let network = try ModelCatalog.make(options, device: device)
    try network.weights.load(Safetensors(path: weightsPath))
    try Self.requireFinite(network, from: weightsPath)
    return network
  }

  /// - Throws: `PipelineError.nonFinite` naming the file and the first tensor that is not finite.
  static func requireFinite(_ network: any Network, from path: String) throws {
    guard let name = try network.weights.firstNotFinite() else { return }
    throw PipelineError.nonFinite(
      "\(path): \(name) holds numbers that are not finite, as a training that diverged leaves "
        + "them; nothing can be computed with these weights")
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "it lacks \(key.stringValue)"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has another type"
    default: "it is not JSON"
    }
  }

  /// The keys that timm's models have, and under `halcyon` what ours need besides.
  private struct Config: Codable {
    let architecture: String
    let num_classes: Int?
    let label_names: [String]?
    let pretrained_cfg: Details?
    let halcyon: Ours?

    struct Details: Codable {
      let input_size: [Int]?
      let mean, std: [Double]?
      let crop_pct: Double?
      let interpolation: String?
      let num_classes: Int?
      let label_names: [String]?
    }

    struct Ours: Codable {
      let stem: String
      let width: Int
    }
  }
}
