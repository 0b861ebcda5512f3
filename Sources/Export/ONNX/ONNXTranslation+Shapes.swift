import Torch

extension ONNXTranslation {
  /// Adds what does an operation that moves elements and changes none, and gives its result's name.
  /// - Throws: `ExportError` where there is nothing that does it.
  mutating func shape(_ call: OperationCall) throws -> String {
    switch call.name {
    case "to", "contiguous", "clone", "detach", "alias", "_to_copy": try name(call.tensor(0))
    case "reshape", "view": try reshape(call)
    case "permute":
      result(
        "Transpose", [try name(call.tensor(0))], [("perm", .integers(try call.integers(1)))])
    case "narrow": try narrow(call)
    case "slice": try slice(call)
    case "cat":
      result(
        "Concat", try call.tensors(0).map { try name($0) },
        [("axis", .integer(try call.integer(1)))])
    case "expand": try expand(call)
    case "constant_pad_nd": try pad(call)
    default: throw call.error("there is nothing in ONNX for it yet; add it to ONNXTranslation")
    }
  }

  private mutating func reshape(_ call: OperationCall) throws -> String {
    let lengths = try call.lengths(1)
    // One axis may follow from the others.
    guard lengths.count(where: { $0 == nil || $0 == -1 }) <= 1 else {
      throw call.error("two of its axes follow from the pictures")
    }
    return result(
      "Reshape", [try name(call.tensor(0)), try integers(lengths.map { $0 ?? -1 })])
  }

  /// narrow(x, axis, start, length)
  private mutating func narrow(_ call: OperationCall) throws -> String {
    let (axis, start, length) = (try call.integer(1), try call.integer(2), try call.integer(3))
    return try cut(call, axis: axis, from: start, to: start + length, step: 1)
  }

  /// slice(x, axis, start, end, step)
  private mutating func slice(_ call: OperationCall) throws -> String {
    try cut(
      call, axis: call.integer(1), from: call.has(2) ? call.integer(2) : 0,
      to: call.has(3) ? call.integer(3) : Int.max, step: call.integer(4))
  }

  private mutating func cut(
    _ call: OperationCall, axis: Int, from start: Int, to end: Int, step: Int
  ) throws -> String {
    result(
      "Slice",
      [
        try name(call.tensor(0)), try integers([start]), try integers([end]), try integers([axis]),
        try integers([step]),
      ])
  }

  private mutating func expand(_ call: OperationCall) throws -> String {
    let lengths = try call.lengths(1)
    // An axis that stays is -1 in PyTorch and 1 in ONNX.
    let parts = try lengths.map { length in
      try length.map { try integers([$0 == -1 ? 1 : $0]) } ?? imageCount()
    }
    let shape = result("Concat", parts, [("axis", .integer(0))])
    return result("Expand", [try name(call.tensor(0)), shape])
  }

  /// constant_pad_nd(x, [before and after the last axis, before and after the one before it, …], value)
  private mutating func pad(_ call: OperationCall) throws -> String {
    let padding = try call.integers(1)
    let axes = (0..<padding.count / 2).map { -1 - $0 }
    let (before, after) = (
      axes.indices.map { padding[2 * $0] }, axes.indices.map { padding[2 * $0 + 1] }
    )
    return result(
      "Pad",
      [
        try name(call.tensor(0)), try integers(before + after), try number(call.number(2)),
        try integers(axes),
      ], [("mode", .text("constant"))])
  }
}
