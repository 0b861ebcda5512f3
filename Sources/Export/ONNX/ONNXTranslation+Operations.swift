import Torch

extension ONNXTranslation {
  /// Adds what does the operation, a convolution with the normalisation `norm` in it, and gives the names
  /// of its results.
  /// - Throws: `ExportError` where there is nothing that does it.
  mutating func outputs(of call: OperationCall, folded norm: OperationCall?) throws -> [String] {
    switch call.name {
    case "conv2d", "_convolution", "convolution": [try convolution(call, norm)]
    case "batch_norm":
      [
        result(
          "BatchNormalization", try (0..<5).map { try name(call.tensor($0)) },
          [("epsilon", .real(try call.number(7)))])
      ]
    case "layer_norm":
      [
        result(
          "LayerNormalization", try [0, 2, 3].map { try name(call.tensor($0)) },
          [("axis", .integer(-1)), ("epsilon", .real(try call.number(4)))])
      ]
    case "linear": [try linear(call)]
    case "scaled_dot_product_attention": [try attention(call)]
    case "matmul": [result("MatMul", [try input(call), try name(call.tensor(1))])]
    case "relu": [result("Relu", [try input(call)])]
    case "sigmoid": [result("Sigmoid", [try input(call)])]
    case "hardswish": [result("HardSwish", [try input(call)])]
    case "hardsigmoid":
      [result("HardSigmoid", [try input(call)], [("alpha", .real(1.0 / 6)), ("beta", .real(0.5))])]
    case "sqrt": [result("Sqrt", [try input(call)])]
    case "silu": [try silu(call)]
    case "gelu": [try gelu(call)]
    case "softmax":
      [result("Softmax", [try input(call)], [("axis", .integer(try call.integer(1)))])]
    case "add", "sub", "mul", "div": [try arithmetic(call)]
    case "max_pool2d", "avg_pool2d": [try pooling(call)]
    case "mean":
      [
        result(
          "ReduceMean", [try input(call), try integers(call.integers(1))],
          [("keepdims", .integer(try call.integer(2)))])
      ]
    case "topk": try top(call)
    default: [try shape(call)]
    }
  }

  private mutating func input(_ call: OperationCall) throws -> String { try name(call.tensor(0)) }

  // MARK: - Layers

  private mutating func convolution(_ call: OperationCall, _ norm: OperationCall?) throws -> String
  {
    // conv2d(x, weight, bias, stride, padding, dilation, groups); the others say before the groups that
    // they are transposed, and by how much.
    let isPlain = call.name == "conv2d"
    if !isPlain, try call.flag(6) { throw call.error("it is transposed") }
    let weight = try self.weight(call.tensor(1), of: call)
    let bias = call.has(2) ? try self.weight(call.tensor(2), of: call) : nil
    var inputs = [try input(call)]
    if let norm {
      let (folded, shift) = try BatchNormFolding.folded(weight.tensor, bias?.tensor, norm) {
        try self.weight($0, of: norm).tensor
      }
      let path = weight.name.hasSuffix(".weight") ? String(weight.name.dropLast(7)) : weight.name
      inputs += [try constant(weight.name, folded), try constant("\(path).bias", shift)]
    } else {
      inputs.append(try constant(weight.name, weight.tensor))
      if let bias { inputs.append(try constant(bias.name, bias.tensor)) }
    }
    let padding = try call.sides(4)
    return result(
      "Conv", inputs,
      [
        ("kernel_shape", .integers(Array(weight.tensor.shape.dropFirst(2)))),
        ("strides", .integers(try call.sides(3))),
        ("pads", .integers(padding + padding)),
        ("dilations", .integers(try call.sides(5))),
        ("group", .integer(try call.integer(isPlain ? 6 : 8))),
      ])
  }

  private mutating func linear(_ call: OperationCall) throws -> String {
    let weight = try self.weight(call.tensor(1), of: call)
    let product = result(
      "MatMul",
      [
        try input(call),
        try constant("\(weight.name).transposed", weight.tensor.detached().permuted([1, 0])),
      ])
    guard call.has(2) else { return product }
    return result("Add", [product, try name(call.tensor(2))])
  }

  /// softmax(q · kᵀ · scale) · v of [N, heads, tokens, features].
  private mutating func attention(_ call: OperationCall) throws -> String {
    guard !call.has(3), try !call.flag(5), try call.number(4) == 0 else {
      throw call.error("it has a mask or leaves something out")
    }
    guard call.has(6) else { throw call.error("it has no scale") }
    let (q, k, v) = (try input(call), try name(call.tensor(1)), try name(call.tensor(2)))
    // The smaller factor is scaled.
    let scaled = result("Mul", [q, try number(call.number(6))])
    let turned = result("Transpose", [k], [("perm", .integers([0, 1, 3, 2]))])
    let products = result("MatMul", [scaled, turned])
    return result("MatMul", [result("Softmax", [products], [("axis", .integer(-1))]), v])
  }

  private mutating func pooling(_ call: OperationCall) throws -> String {
    let isMax = call.name == "max_pool2d"
    let kernel = try call.sides(1)
    let strides = try call.sides(2)
    let padding = try call.sides(3)
    var attributes: [(name: String, value: ONNXModel.Attribute)] = [
      ("kernel_shape", .integers(kernel)),
      ("strides", .integers(strides.isEmpty ? kernel : strides)),
      ("pads", .integers(padding + padding)),
    ]
    if isMax {
      // max_pool2d(x, kernel, stride, padding, dilation, ceil)
      attributes.append(("dilations", .integers(try call.sides(4))))
      attributes.append(("ceil_mode", .integer(try call.integer(5))))
    } else {
      // avg_pool2d(x, kernel, stride, padding, ceil, counts padding, divisor)
      guard !call.has(6) else { throw call.error("it has a divisor of its own") }
      attributes.append(("ceil_mode", .integer(try call.integer(4))))
      attributes.append(("count_include_pad", .integer(try call.integer(5))))
    }
    return result(isMax ? "MaxPool" : "AveragePool", [try input(call)], attributes)
  }

  /// topk(x, count, axis, largest, sorted) → values, places.
  private mutating func top(_ call: OperationCall) throws -> [String] {
    let outputs = [newName("TopK"), newName("TopK")]
    add(
      .init(
        operation: "TopK", inputs: [try input(call), try integers([call.integer(1)])],
        outputs: outputs,
        attributes: [
          ("axis", .integer(try call.integer(2))), ("largest", .integer(try call.integer(3))),
          ("sorted", .integer(try call.integer(4))),
        ]))
    return outputs
  }

  // MARK: - Elements

  private mutating func silu(_ call: OperationCall) throws -> String {
    let x = try input(call)
    return result("Mul", [x, result("Sigmoid", [x])])
  }

  /// x · (1 + erf(x / √2)) / 2, which ONNX Runtime knows for what it is.
  private mutating func gelu(_ call: OperationCall) throws -> String {
    guard call.text(1) == "none" else { throw call.error("it is approximated") }
    let x = try input(call)
    let inner = result("Erf", [result("Div", [x, try number(2.0.squareRoot())])])
    let sum = result("Add", [inner, try number(1)])
    return result("Mul", [result("Mul", [x, sum]), try number(0.5)])
  }

  private mutating func arithmetic(_ call: OperationCall) throws -> String {
    // The second term of a sum may have a factor.
    if call.name == "add" || call.name == "sub", call.has(2), try call.number(2) != 1 {
      throw call.error("its second term has a factor")
    }
    let other = try call.numberIfAny(1).map { try number($0) } ?? name(call.tensor(1))
    let operations = ["add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div"]
    return result(operations[call.name] ?? "", [try input(call), other])
  }
}
