public import Files
public import Foundation
public import Torch

/// The networks there are, by torchvision's names.
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
/// Recipes, `halcyon models`, counting, training and the tests that go over all names then know it.
public enum ModelCatalog {
  /// A network's name and how it is made.
  struct Entry {
    let name: String
    let make: @Sendable (NetworkOptions, ParameterStore) throws -> any Network
  }

  static let entries: [Entry] = [
    // Three stages, for pictures of 28-64 px: with the small stem and width 16 the paper's CIFAR nets.
    resNet("resnet8", .init(bottleneck: false, blocks: [1, 1, 1])),
    resNet("resnet14", .init(bottleneck: false, blocks: [2, 2, 2])),
    resNet("resnet20", .init(bottleneck: false, blocks: [3, 3, 3])),
    resNet("resnet18", .init(bottleneck: false, blocks: [2, 2, 2, 2])),
    resNet("resnet34", .init(bottleneck: false, blocks: [3, 4, 6, 3])),
    resNet("resnet50", .init(bottleneck: true, blocks: [3, 4, 6, 3])),
    resNet("resnet101", .init(bottleneck: true, blocks: [3, 4, 23, 3])),
    resNeXt("resnext50_32x4d", [3, 4, 6, 3], widthPerGroup: 4),
    resNeXt("resnext101_32x4d", [3, 4, 23, 3], widthPerGroup: 4),
    resNeXt("resnext101_32x8d", [3, 4, 23, 3], widthPerGroup: 8),
    resNeXt("resnext101_32x16d", [3, 4, 23, 3], widthPerGroup: 16),
    resNeXt("resnext101_32x48d", [3, 4, 23, 3], widthPerGroup: 48),
  ]

  private static func resNet(_ name: String, _ architecture: ResNet.Architecture) -> Entry {
    Entry(name: name) { try ResNet(architecture, $0, weights: $1) }
  }

  private static func resNeXt(_ name: String, _ blocks: [Int], widthPerGroup: Int) -> Entry {
    resNet(
      name, .init(bottleneck: true, blocks: blocks, groups: 32, widthPerGroup: widthPerGroup))
  }

  /// The names of the networks there are.
  public static var names: [String] { entries.map(\.name) }

  /// Makes a network with fresh weights drawn from `seed`.
  /// - Throws: `ModelError` when no network has the name, `TorchError` when it does not fit.
  public static func make(
    _ options: NetworkOptions, seed: UInt64 = 0, device: Device = .cpu
  ) throws -> any Network {
    guard let entry = entries.first(where: { $0.name == options.model }) else {
      throw ModelError(unknown: options.model)
    }
    return try entry.make(options, ParameterStore(seed: seed, device: device))
  }

  /// Counts a network's weights and work on pictures of `size` × `size`, allocating no memory.
  /// - Throws: `ModelError` when no network has the name, `TorchError` when it does not fit.
  public static func cost(_ options: NetworkOptions, size: Int) throws -> NetworkCost {
    let network = try make(options, device: .meta)
    let trace = Trace()
    let picture = try Tensor.empty([1, options.inputChannels, size, size], device: .meta)
    _ = try network(picture, Pass(.training, trace: trace))
    return NetworkCost(
      parameters: network.weights.parameterCount, multiplyAdds: trace.multiplyAdds,
      savedElements: trace.savedElements, largestActivation: trace.largestActivation)
  }
}

/// What one picture costs a network.
public struct NetworkCost: Sendable, Equatable {
  /// The number of weights.
  public let parameters: Int
  /// Multiply-adds of the forward pass.
  public let multiplyAdds: Int
  /// Elements of the activations that a backward pass needs.
  public let savedElements: Int
  /// Elements of the largest activation.
  public let largestActivation: Int

  /// Multiply-adds of the forward pass, in units of 10⁹.
  public var gmac: Double { Double(multiplyAdds) / 1e9 }
}

/// A network that does not exist.
public struct ModelError: LocalizedError, ExitCoded, CustomStringConvertible {
  /// The name that was asked for.
  public let model: String

  init(unknown model: String) { self.model = model }

  /// One line with the names there are.
  public var description: String {
    "no model is named \(model); there are \(ModelCatalog.names.joined(separator: ", "))"
  }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 { 64 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
