import CTorch

/// The operations of libtorch that a network is made of, in their order, for pictures of one size and
/// any number.
public struct OperationGraph {
  /// The number of a tensor among those that the operations take and make.
  public typealias Value = Int

  /// What an operation is given.
  public enum Argument: Equatable {
    /// An optional argument that is left out.
    case none
    /// A whole number, or 1 for true and 0 for false.
    case integer(Int)
    /// A number.
    case real(Double)
    /// A word.
    case text(String)
    /// A tensor.
    case tensor(Value)
    /// Several tensors.
    case tensors([Value])
    /// Lengths of axes, steps and the like; nil is the number of pictures.
    case integers([Int?])
    /// Something else.
    case other
  }

  /// One operation.
  public struct Operation {
    /// Its name, such as `relu`.
    public let name: String
    /// What it is given, in the order of PyTorch's signature.
    public let arguments: [Argument]
    /// What it makes.
    public let results: [Value]
  }

  /// The operations, each after those that it needs.
  public let operations: [Operation]
  /// The tensors that are made by no operation and are not the pictures: weights and constants.
  public let constants: [Value: Tensor]
  /// The pictures.
  public let pictures: Value
  /// What comes out.
  public let result: Value

  /// Records what `network` does to pictures [N, `picture`…].
  ///
  /// It is run on two pictures and on three: what differs between the two is the number of pictures.
  /// - Throws: `TorchError` when it does something else for three pictures than for two.
  public init(
    picture: [Int], weights: [Tensor], _ network: (Tensor) throws -> Tensor
  ) throws {
    let two = try Recording(of: Tensor.full([2] + picture, 0), weights, network)
    let three = try Recording(of: Tensor.full([3] + picture, 0), weights, network)
    guard two.operations.count == three.operations.count, two.result == three.result else {
      throw TorchError("trace", message: "it does something else for 3 pictures than for 2")
    }
    operations = try zip(two.operations, three.operations).map { two, three in
      guard two.name == three.name, two.results == three.results,
        two.arguments.count == three.arguments.count
      else {
        throw TorchError("trace", message: "\(two.name) for 2 pictures is \(three.name) for 3")
      }
      let arguments = try zip(two.arguments, three.arguments).map {
        try Self.merged($0, $1, of: two.name)
      }
      return Operation(name: two.name, arguments: arguments, results: two.results)
    }
    (constants, pictures, result) = (two.constants, two.pictures, two.result)
  }

  /// An argument for any number of pictures, of those for two and for three.
  private static func merged(
    _ two: Argument, _ three: Argument, of name: String
  ) throws -> Argument {
    if two == three { return two }
    guard case .integers(let a) = two, case .integers(let b) = three, a.count == b.count else {
      throw TorchError("trace", message: "\(name) depends on how many pictures there are")
    }
    return .integers(
      try zip(a, b).map { two, three in
        if two == three { return two }
        guard two == 2, three == 3 else {
          throw TorchError("trace", message: "\(name) depends on how many pictures there are")
        }
        return nil
      })
  }
}

/// The operations of one pass, as libtorch's tracer has them.
private struct Recording {
  private(set) var operations: [OperationGraph.Operation] = []
  private(set) var constants: [OperationGraph.Value: Tensor] = [:]
  let pictures, result: OperationGraph.Value

  init(
    of batch: Tensor, _ weights: [Tensor], _ network: (Tensor) throws -> Tensor
  ) throws {
    let inputs = [batch] + weights
    let graph = try Self.record(inputs) { try network(batch) }
    defer { ctorch_graph_free(graph) }
    pictures = Int(ctorch_graph_input(graph, 0))
    result = Int(ctorch_graph_result(graph))
    for (index, tensor) in weights.enumerated() {
      constants[Int(ctorch_graph_input(graph, Int32(index + 1)))] = tensor
    }
    // What is no tensor, by the number of its value.
    var values: [Int: OperationGraph.Argument] = [:]
    for index in 0..<ctorch_graph_node_count(graph) {
      let node = ctorch_graph_node(graph, index)
      let arguments = UnsafeBufferPointer(start: node.inputs, count: Int(node.input_count))
        .map { values[Int($0)] ?? .tensor(Int($0)) }
      let results = UnsafeBufferPointer(start: node.outputs, count: Int(node.output_count))
        .map { Int($0) }
      switch String(cString: node.kind) {
      case "prim::Constant":
        let constant = ctorch_graph_constant(graph, index)
        guard Int(constant.kind) != CTORCH_CONSTANT_TENSOR else {
          constants[results[0]] = try make("constant", []) {
            ctorch_graph_tensor(graph, index, $0)
          }
          continue
        }
        values[results[0]] = Self.argument(constant)
      case "prim::ListConstruct": values[results[0]] = Self.list(arguments)
      case let kind:
        operations.append(
          .init(
            name: kind.hasPrefix("aten::") ? String(kind.dropFirst(6)) : kind,
            arguments: arguments, results: results))
      }
    }
  }

  private static func record(
    _ inputs: [Tensor], _ body: () throws -> Tensor
  ) throws -> OpaquePointer {
    try withExtendedLifetime(inputs) {
      try check("trace", ctorch_trace_begin(inputs.map(\.handle), Int32(inputs.count)))
      var graph: OpaquePointer?
      do {
        let result = try withoutGradients(body)
        try check("trace", [result], ctorch_trace_end(result.handle, &graph))
      } catch {
        _ = ctorch_trace_end(nil, &graph)
        throw error
      }
      guard let graph else { throw TorchError("trace", message: "no graph came back") }
      return graph
    }
  }

  private static func argument(_ constant: ctorch_constant) -> OperationGraph.Argument {
    switch Int(constant.kind) {
    case CTORCH_CONSTANT_NONE: .none
    case CTORCH_CONSTANT_INTEGER: .integer(Int(constant.integer))
    case CTORCH_CONSTANT_REAL: .real(constant.real)
    case CTORCH_CONSTANT_TEXT: .text(constant.text.map { String(cString: $0) } ?? "")
    default: .other
    }
  }

  private static func list(_ items: [OperationGraph.Argument]) -> OperationGraph.Argument {
    let tensors = items.compactMap { item in
      if case .tensor(let value) = item { value } else { nil }
    }
    if !items.isEmpty, tensors.count == items.count { return .tensors(tensors) }
    let integers = items.compactMap { item in
      if case .integer(let number) = item { number } else { nil }
    }
    return integers.count == items.count ? .integers(integers) : .other
  }
}
