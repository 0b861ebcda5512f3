import CTorch

/// A function of every element between two layers.
public enum Activation: Sendable {
  /// The positive part.
  case relu
  /// x · Φ(x), Φ being the normal distribution: Hendrycks and Gimpel, arXiv:1606.08415.
  case gelu
  /// x · σ(1.702 x), which CLIP's networks have for it.
  case geluSigmoid
  /// x · σ(x), also called swish.
  case silu
  /// x · min(max(x + 3, 0), 6) / 6: Howard et al., arXiv:1905.02244.
  case hardSwish
  /// min(max(x + 3, 0), 6) / 6.
  case hardSigmoid
  /// 1 / (1 + exp(-x)).
  case sigmoid

  /// What the C functions call it.
  var code: Int32 {
    switch self {
    case .relu: Int32(CTORCH_RELU)
    case .gelu: Int32(CTORCH_GELU)
    case .geluSigmoid: Int32(CTORCH_GELU_SIGMOID)
    case .silu: Int32(CTORCH_SILU)
    case .hardSwish: Int32(CTORCH_HARD_SWISH)
    case .hardSigmoid: Int32(CTORCH_HARD_SIGMOID)
    case .sigmoid: Int32(CTORCH_SIGMOID)
    }
  }

  fileprivate func apply(to x: Tensor) throws -> Tensor {
    try make("\(self)", [x]) { ctorch_activate(x.handle, code, $0) }
  }
}

extension Tensor {
  /// The function of every element.
  /// - Throws: `TorchError`.
  public func activated(by activation: Activation, _ pass: Pass) throws -> Tensor {
    try pass.trace?.output("\(activation)", shape) ?? activation.apply(to: self)
  }
}
