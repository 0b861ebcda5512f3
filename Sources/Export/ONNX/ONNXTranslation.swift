import Torch

/// Makes ONNX's operations of libtorch's, one after the other.
///
/// A batch normalisation behind a convolution goes into its weights. What there is for each operation
/// stands in `ONNXTranslation+Operations.swift`.
struct ONNXTranslation {
  private(set) var model: ONNXModel
  private let graph: OperationGraph
  /// The names of values: of weights from the beginning, of others when they are made.
  private var names: [OperationGraph.Value: String]
  private var added: Set<String> = []
  private var folding: BatchNormFolding
  private var count = 0

  /// Translates `graph`, whose weights have these names, into `model`, which may have nodes already that
  /// make what the network takes, `pictures`.
  /// - Throws: `ExportError` naming an operation for which there is none.
  init(
    _ graph: OperationGraph, weights: [ParameterStore.Named], pictures: String,
    into model: ONNXModel
  ) throws {
    self.graph = graph
    self.model = model
    folding = try BatchNormFolding(graph)
    names = [:]
    // The graph has the very tensors that it was recorded with.
    let known = Dictionary(weights.map { (ObjectIdentifier($0.tensor), $0.name) }) { $1 }
    for (value, tensor) in graph.constants {
      names[value] = known[ObjectIdentifier(tensor)] ?? "constant.\(value)"
    }
    names[graph.pictures] = pictures
    for (index, operation) in graph.operations.enumerated() {
      // What nobody asks for.
      guard operation.results.contains(where: { $0 == graph.result || folding.uses[$0] != nil })
      else { continue }
      try translate(OperationCall(operation: operation), at: index)
    }
    // The result has the output's name.
    add(
      .init(operation: "Identity", inputs: [try name(graph.result)], outputs: [model.output.name]))
  }

  private mutating func translate(_ call: OperationCall, at index: Int) throws {
    if let convolution = folding.convolutions[index] {
      // It is done with the convolution.
      names[call.operation.results[0]] = try name(convolution)
      return
    }
    let results = try outputs(of: call, folded: folding.folded[index])
    for (value, name) in zip(call.operation.results, results) { names[value] = name }
  }

  /// The name of a value; a weight's becomes a constant of the model.
  mutating func name(_ value: OperationGraph.Value) throws -> String {
    guard let name = names[value] else {
      throw ExportError(operation: "value \(value)", "nothing makes it")
    }
    return try graph.constants[value].map { try constant(name, $0) } ?? name
  }

  /// The tensor of a weight or a constant, and its name.
  func weight(
    _ value: OperationGraph.Value, of call: OperationCall
  ) throws -> (name: String, tensor: Tensor) {
    guard let tensor = graph.constants[value], let name = names[value] else {
      throw call.error("its weights are computed")
    }
    return (name, tensor)
  }

  /// Adds a constant unless there is one of its name.
  mutating func constant(_ name: String, _ tensor: Tensor) throws -> String {
    if added.insert(name).inserted {
      model.constants.append((name, try tensor.detached()))
    }
    return name
  }

  /// A constant list of whole numbers.
  mutating func integers(_ numbers: [Int]) throws -> String {
    let name = "integers." + numbers.map(String.init).joined(separator: ".")
    return try constant(name, Tensor(numbers.map(Int64.init), shape: [numbers.count]))
  }

  /// A constant number.
  mutating func number(_ number: Double) throws -> String {
    try constant("number.\(number)", Tensor([Float(number)], shape: []))
  }

  /// Adds a node.
  mutating func add(_ node: ONNXModel.Node) { model.nodes.append(node) }

  /// Adds a node with one result, and gives its name.
  mutating func result(
    _ operation: String, _ inputs: [String],
    _ attributes: [(name: String, value: ONNXModel.Attribute)] = []
  ) -> String {
    let output = newName(operation)
    add(.init(operation: operation, inputs: inputs, outputs: [output], attributes: attributes))
    return output
  }

  /// A name that nothing has.
  mutating func newName(_ operation: String) -> String {
    count += 1
    return "\(operation.lowercased()).\(count)"
  }

  /// The number of pictures, as a list of one.
  mutating func imageCount() throws -> String {
    let name = "picture.count"
    if added.insert(name).inserted {
      add(
        .init(
          operation: "Shape", inputs: [model.input.name], outputs: [name],
          attributes: [("start", .integer(0)), ("end", .integer(1))]))
    }
    return name
  }
}
