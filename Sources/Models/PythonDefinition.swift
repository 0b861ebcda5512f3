/// A network in plain PyTorch, for those who have its weights and not Halcyon.
public struct PythonDefinition: Sendable {
  /// The class `Network` and what it is made of, which takes the weights under their names; with `torch`,
  /// `nn` and `F` (torch.nn.functional) imported.
  public let code: String

  init(_ code: String) { self.code = code }

  /// How a batch `x` [N, C, H, W] becomes features [N, C], as an expression.
  static func pooled(_ pooling: Pooling?) -> String {
    switch pooling ?? .average {
    case .average, .token: "x.mean((2, 3))"
    case .max: "x.amax((2, 3))"
    case .averageMax: "(x.mean((2, 3)) + x.amax((2, 3))) / 2"
    }
  }
}
