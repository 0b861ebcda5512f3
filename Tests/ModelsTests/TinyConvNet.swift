import Testing
import Torch

@testable import Models

/// The tiny networks of Tests/Reference/convnets.py.
enum TinyConvNet: String, CaseIterable, Sendable {
  case convNeXt = "convnext"
  case efficientNet = "efficientnet"
  case mobileNetV3 = "mobilenetv3"
  case regNet = "regnet"
  case resNetD = "resnet-d"
  case excitedBottleneck = "excited-bottleneck"

  /// The network with fresh weights.
  func make(_ weights: ParameterStore) throws -> any Network {
    var options = NetworkOptions(model: rawValue, classCount: 10)
    switch self {
    case .convNeXt:
      return try ConvNeXt(
        .init(blocks: [1, 2, 1, 1], widths: [4, 6, 8, 12]), options, weights: weights)
    case .efficientNet:
      let stages: [EfficientNet.Architecture.Stage] = [
        .init(blocks: 2, expansion: 1, channels: 8, kernel: 3, stride: 1),
        .init(blocks: 2, expansion: 2, channels: 16, kernel: 5, stride: 2),
        .init(blocks: 1, expansion: 3, channels: 16, kernel: 3, stride: 2),
      ]
      return try EfficientNet(.init(stem: 8, stages: stages, head: 24), options, weights: weights)
    case .mobileNetV3:
      let stages: [[MobileNetV3.Architecture.Block]] = [
        [.init(3, nil, 8, se: false, hardSwish: false)],
        [
          .init(3, 40, 16, se: true, hardSwish: false, stride: 2),
          .init(5, 32, 16, se: true, hardSwish: true),
        ],
        [.init(5, 48, 16, se: false, hardSwish: true, stride: 2)],
      ]
      return try MobileNetV3(
        .init(stem: 8, stages: stages, last: 24, head: 32), options, weights: weights)
    case .regNet:
      var architecture = RegNet.Architecture(
        blocks: [1, 1, 1, 2], widths: [8, 16, 24, 40], groupWidth: 8)
      architecture.stem = 8
      return try RegNet(architecture, options, weights: weights)
    case .resNetD:
      options.width = 4
      return try ResNet(
        .init(bottleneck: false, blocks: [2, 1, 1, 1], isD: true), options, weights: weights)
    case .excitedBottleneck:
      options.width = 4
      return try ResNet(
        .init(
          bottleneck: true, blocks: [1, 1, 1, 1], groups: 2, widthPerGroup: 16, isD: true,
          isExcited: true), options, weights: weights)
    }
  }

  /// The network with the weights and running statistics named `weights.*` in its reference file.
  func make(_ reference: Reference, device: Device = .cpu) throws -> any Network {
    let network = try make(ParameterStore(seed: 0, device: device))
    #expect(Set(network.weights.state.map(\.name)) == Set(reference.names(after: "weights.")))
    for (name, tensor) in network.weights.state {
      try tensor.copy(from: reference["weights.\(name)"])
    }
    return network
  }
}
