import Testing
import Torch

@testable import Models

/// The tiny networks of Tests/Reference/networks.py, one for each kind of block.
enum TinyNetwork: String, CaseIterable, Sendable {
  case basicBlock = "basic-block"
  case bottleneck
  case groupedBottleneck = "grouped-bottleneck"
  case smallStem = "small-stem"

  var architecture: ResNet.Architecture {
    switch self {
    case .basicBlock: .init(bottleneck: false, blocks: [2, 1, 1, 1])
    case .bottleneck: .init(bottleneck: true, blocks: [1, 1, 1, 1])
    case .groupedBottleneck:
      .init(bottleneck: true, blocks: [1, 1, 1, 1], groups: 4, widthPerGroup: 32)
    case .smallStem: .init(bottleneck: false, blocks: [1, 1, 1])
    }
  }

  var options: NetworkOptions {
    var options = NetworkOptions(model: rawValue, classCount: 10)
    switch self {
    case .basicBlock: options.width = 3
    case .bottleneck, .groupedBottleneck: options.width = 2
    case .smallStem:
      options.width = 8
      options.inputChannels = 1
      options.stem = .small
    }
    return options
  }

  /// The network with the weights and running statistics named `weights.*` in its reference file.
  func make(_ reference: Reference, device: Device = .cpu) throws -> ResNet {
    let network = try ResNet(
      architecture, options, weights: ParameterStore(seed: 0, device: device))
    #expect(Set(network.weights.state.map(\.name)) == Set(reference.names(after: "weights.")))
    for (name, tensor) in network.weights.state {
      try tensor.copy(from: reference["weights.\(name)"])
    }
    return network
  }

  /// Replaces the running statistics by those after one training pass.
  func takeStatistics(_ network: ResNet, _ reference: Reference) throws {
    for (name, tensor) in network.weights.buffers {
      try tensor.copy(from: reference["after.\(name)"])
    }
  }
}
