import Torch

/// Which batch normalisations go into the convolutions before them.
struct BatchNormFolding {
  /// The convolution's result, by the place of the normalisation.
  private(set) var convolutions: [Int: OperationGraph.Value] = [:]
  /// The normalisation, by the place of the convolution.
  private(set) var folded: [Int: OperationCall] = [:]
  /// How often each value is used.
  let uses: [OperationGraph.Value: Int]
  private let constants: [OperationGraph.Value: Tensor]

  static let convolutionNames: Set<String> = ["conv2d", "_convolution", "convolution"]

  /// Looks for normalisations of what a convolution with constant weights makes for them alone.
  init(_ graph: OperationGraph) throws {
    constants = graph.constants
    var uses: [OperationGraph.Value: Int] = [graph.result: 1]
    var makers: [OperationGraph.Value: Int] = [:]
    for (index, operation) in graph.operations.enumerated() {
      for argument in operation.arguments {
        switch argument {
        case .tensor(let value): uses[value, default: 0] += 1
        case .tensors(let values): for value in values { uses[value, default: 0] += 1 }
        default: break
        }
      }
      for value in operation.results { makers[value] = index }
    }
    self.uses = uses
    for (index, operation) in graph.operations.enumerated() where operation.name == "batch_norm" {
      let call = OperationCall(operation: operation)
      let input = try call.tensor(0)
      guard let maker = makers[input], uses[input] == 1,
        Self.convolutionNames.contains(graph.operations[maker].name),
        constants[try OperationCall(operation: graph.operations[maker]).tensor(1)] != nil
      else { continue }
      convolutions[index] = input
      folded[maker] = call
    }
  }

  /// The weight and the bias of a convolution and the normalisation behind it, computed in float64.
  static func folded(
    _ weight: Tensor, _ bias: Tensor?, _ norm: OperationCall,
    _ constant: (OperationGraph.Value) throws -> Tensor
  ) throws -> (weight: Tensor, bias: Tensor) {
    func wide(_ index: Int) throws -> Tensor {
      try constant(norm.tensor(index)).detached().to(.float64)
    }
    let deviation = try wide(4).scaled(by: 1, plus: norm.number(7)).squareRoot()
    let scale = try wide(1).divided(by: deviation)
    let before = try bias?.detached().to(.float64) ?? Tensor.full(scale.shape, 0, dtype: .float64)
    let shift = try wide(2).adding(before.subtracting(wide(3)).multiplied(by: scale))
    return (
      try weight.detached().to(.float64).multiplied(by: scale.reshaped(to: [-1, 1, 1, 1]))
        .to(.float32),
      try shift.to(.float32)
    )
  }
}
