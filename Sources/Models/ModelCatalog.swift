public import Files
public import Foundation
public import Torch

/// The networks there are, by torchvision's names, or timm's where torchvision has none.
///
/// A new one is one file and one line. Copy `ResNet.swift` under your network's name: it is all that a
/// network needs. Its initialiser makes layers below `weights.root`, so that a layer's path is its
/// tensors' name in a file; its call runs them, inside `withAutocast` all but the last. Then add a line
/// to `entries`:
///
/// ```swift
/// Entry(name: "mynet") { try MyNet($0, weights: $1) },
/// ```
///
/// Recipes, `halcyon models`, counting, training and the tests that go over all names then know it. One
/// that timm has not, or under other names of weights, says `isTimms: false`.
public enum ModelCatalog {
  /// A network's name, what it sees of a picture unless told otherwise, and how it is made.
  struct Entry {
    let name: String
    var input = ImageInput()
    /// What torchvision's weights see, where torchvision calls their tensors otherwise; nil where there are
    /// none such.
    var torchvisions: ImageInput?
    /// Whether the options' stem and width are its own to choose; others have them fixed.
    var isScalable = false
    /// How its last stage is pooled unless told otherwise.
    var pooling = Pooling.average
    /// Whether timm builds the same network, with the same names of weights, from its name.
    var isTimms = true
    let make: @Sendable (NetworkOptions, ParameterStore) throws -> any Network
  }

  static let entries: [Entry] = [
    // Three stages, for pictures of 28-64 px: with the small stem and width 16 the paper's CIFAR nets.
    resNet("resnet8", .init(bottleneck: false, blocks: [1, 1, 1]), isTimms: false),
    resNet("resnet14", .init(bottleneck: false, blocks: [2, 2, 2]), isTimms: false),
    resNet("resnet20", .init(bottleneck: false, blocks: [3, 3, 3]), isTimms: false),
    // He et al.'s own for CIFAR-10.
    cifarResNet("cifar_resnet20", 3), cifarResNet("cifar_resnet32", 5),
    cifarResNet("cifar_resnet44", 7), cifarResNet("cifar_resnet56", 9),
    cifarResNet("cifar_resnet110", 18),
    resNet("resnet18", .init(bottleneck: false, blocks: [2, 2, 2, 2])),
    resNet("resnet34", .init(bottleneck: false, blocks: [3, 4, 6, 3])),
    resNet("resnet50", .init(bottleneck: true, blocks: [3, 4, 6, 3])),
    resNet("resnet101", .init(bottleneck: true, blocks: [3, 4, 23, 3])),
    resNeXt("resnext50_32x4d", [3, 4, 6, 3], widthPerGroup: 4),
    resNeXt("resnext101_32x4d", [3, 4, 23, 3], widthPerGroup: 4),
    resNeXt("resnext101_32x8d", [3, 4, 23, 3], widthPerGroup: 8),
    resNeXt("resnext101_32x16d", [3, 4, 23, 3], widthPerGroup: 16),
    resNeXt("resnext101_32x48d", [3, 4, 23, 3], widthPerGroup: 48, isTimms: false),
  ]

  /// Those, and those of `ModelCatalog+Convolutions.swift` and `ModelCatalog+Transformers.swift`.
  private static let all = entries + convolutions + transformers

  private static func resNet(
    _ name: String, _ architecture: ResNet.Architecture, isTimms: Bool = true
  ) -> Entry {
    Entry(name: name, isScalable: true, isTimms: isTimms) {
      try ResNet(architecture, $0, weights: $1)
    }
  }

  private static func cifarResNet(_ name: String, _ blocksPerStage: Int) -> Entry {
    var input = ImageInput()
    (input.size, input.resize) = (32, 32)
    return Entry(name: name, input: input, isTimms: false) {
      try CIFARResNet(blocksPerStage: blocksPerStage, $0, weights: $1)
    }
  }

  private static func resNeXt(
    _ name: String, _ blocks: [Int], widthPerGroup: Int, isTimms: Bool = true
  ) -> Entry {
    resNet(
      name, .init(bottleneck: true, blocks: blocks, groups: 32, widthPerGroup: widthPerGroup),
      isTimms: isTimms)
  }

  private static func entry(_ name: String) throws -> Entry {
    guard let entry = all.first(where: { $0.name == name }) else {
      throw ModelError(unknown: name)
    }
    return entry
  }

  /// What the network `name` sees of a picture where nothing else is said, such as 32 px for CIFAR's.
  /// - Throws: `ModelError` when no network has the name.
  public static func input(of name: String) throws -> ImageInput { try entry(name).input }

  /// What torchvision's weights of the network `name` see, where their tensors' names are torchvision's own;
  /// nil where torchvision has no such weights.
  /// - Throws: `ModelError` when no network has the name.
  package static func torchvisionInput(of name: String) throws -> ImageInput? {
    try entry(name).torchvisions
  }

  /// Whether the network `name` has a stem and a width to choose.
  public static func isScalable(_ name: String) -> Bool {
    (try? entry(name).isScalable) ?? false
  }

  /// Whether timm builds the network `name`, with the same names of weights, from its name.
  package static func isTimms(_ name: String) -> Bool { (try? entry(name).isTimms) ?? false }

  /// How the network `name` pools its last stage where nothing else is said.
  /// - Throws: `ModelError` when no network has the name.
  public static func pooling(of name: String) throws -> Pooling { try entry(name).pooling }

  /// The names of the networks there are.
  public static var names: [String] { all.map(\.name) }

  /// Makes a network with fresh weights drawn from `seed`.
  /// - Throws: `ModelError` when no network has the name, `TorchError` when it does not fit.
  public static func make(
    _ options: NetworkOptions, seed: UInt64 = 0, device: Device = .cpu
  ) throws -> any Network {
    let entry = try entry(options.model)
    guard entry.isScalable || options.width == 64 && options.stem == .standard else {
      throw ModelError(
        options.model,
        "\(options.model) has a stem and a width of its own; leave stem and width out")
    }
    let network = try entry.make(options, ParameterStore(seed: seed, device: device))
    return try options.vote.map {
      try NearestNeighbours(network, $0, classCount: options.classCount)
    } ?? network
  }

  /// Counts a network's weights and work on pictures of `size` × `size`, allocating no memory.
  /// - Throws: `ModelError` when no network has the name, `TorchError` when it does not fit.
  public static func cost(_ options: NetworkOptions, size: Int) throws -> NetworkCost {
    var options = options
    options.inputSize = size
    let network = try make(options, device: .meta)
    let trace = Trace()
    let picture = try Tensor.empty([1, options.inputChannels, size, size], device: .meta)
    _ = try network(picture, Pass(.training, trace: trace))
    return NetworkCost(
      parameters: network.weights.parameterCount, multiplyAdds: trace.multiplyAdds,
      products: trace.products,
      savedElements: trace.savedElements, largestActivation: trace.largestActivation)
  }
}

/// What one picture costs a network.
public struct NetworkCost: Sendable, Equatable {
  /// The number of weights.
  public let parameters: Int
  /// Multiply-adds of the forward pass.
  public let multiplyAdds: Int
  /// How many convolutions and matrix products these are shared by.
  package let products: Int
  /// Elements of the activations that a backward pass needs.
  public let savedElements: Int
  /// Elements of the largest activation.
  public let largestActivation: Int

  /// Multiply-adds of the forward pass, in units of 10⁹.
  public var gmac: Double { Double(multiplyAdds) / 1e9 }
}

/// A network that does not exist, or not so.
public struct ModelError: LocalizedError, ExitCoded, CustomStringConvertible {
  /// The name that was asked for.
  public let model: String

  /// What is wrong, in a line; of a name that is not there, with those that are.
  public let description: String

  init(unknown model: String) {
    self.init(
      model,
      "no model is named \(model); there are \(ModelCatalog.names.joined(separator: ", "))")
  }

  init(_ model: String, _ description: String) {
    self.model = model
    self.description = description
  }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 { 64 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
