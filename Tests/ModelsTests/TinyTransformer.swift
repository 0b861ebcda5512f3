import Testing
import Torch

@testable import Models

/// The tiny networks of Tests/Reference/transformers.py: two blocks of 24 features on 32 px.
enum TinyTransformer: String, CaseIterable, Sendable {
  case vit
  /// DINOv2's giant: registers, factors of the branches, and a gated branch.
  case registers = "vit-registers"
  case clip = "vit-clip"
  /// Without a class token, by the mean of the patches.
  case mean = "vit-mean"
  case dinoV3 = "dinov3"

  static let size = 32

  func make(
    weights: ParameterStore, inputSize: Int = size, classCount: Int = 10
  ) throws -> any Network {
    let options = NetworkOptions(model: rawValue, classCount: classCount, inputSize: inputSize)
    guard self != .dinoV3 else {
      var architecture = DINOv3.Architecture(width: 24, blocks: 2, heads: 3)
      architecture.patch = 8
      return try DINOv3(architecture, options, weights: weights)
    }
    var architecture = VisionTransformer.Architecture(patch: 8, width: 24, blocks: 2, heads: 3)
    switch self {
    case .registers:
      (architecture.registers, architecture.embedsPrefix) = (4, false)
      (architecture.hidden, architecture.activation) = (128, .silu)
      (architecture.isGated, architecture.layerScale) = (true, 1e-5)
    case .clip:
      (architecture.normalizesFirst, architecture.epsilon) = (true, 1e-5)
      architecture.activation = .geluSigmoid
    case .mean: (architecture.hasClassToken, architecture.hasBias) = (false, false)
    case .vit, .dinoV3: break
    }
    return try VisionTransformer(architecture, options, weights: weights)
  }

  /// The network with the weights of its reference file.
  func make(_ reference: Reference, device: Device = .cpu) throws -> any Network {
    let network = try make(weights: ParameterStore(seed: 0, device: device))
    #expect(
      network.weights.state.map(\.name).sorted() == reference.names(after: "weights.").sorted())
    for (name, tensor) in network.weights.state {
      try tensor.copy(from: reference["weights.\(name)"])
    }
    return network
  }

  /// The tensors of its reference file, under timm's names.
  func state(_ reference: Reference) throws -> [ParameterStore.Named] {
    try reference.names(after: "weights.").map { ($0, try reference["weights.\($0)"]) }
  }
}
