import Torch

extension Tensor {
  /// One number a channel: [N, C, H, W] → [N, C].
  /// - Throws: `TorchError` when there is nothing but [N, C].
  func pooled(by pooling: Pooling, _ pass: Pass) throws -> Tensor {
    switch pooling {
    case .average: try globalAveragePooled(pass)
    case .max: try globalMaxPooled(pass)
    case .token:
      throw TorchError("pooling", message: "a convolutional network has no class token")
    case .averageMax:
      try globalAveragePooled(pass).adding(globalMaxPooled(pass)).scaled(by: 0.5)
    }
  }
}
