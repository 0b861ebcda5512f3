import CTorch

/// softmax(q · kᵀ · scale) · v, in one kernel that never holds all of the products: each [N, heads, tokens,
/// features], as the result is; the scale is 1 / √features unless said.
/// - Throws: `TorchError` when the shapes do not fit.
public func attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, scale: Double? = nil, _ pass: Pass
) throws -> Tensor {
  let shape = q.shape
  guard shape.count == 4 else {
    throw TorchError("attention", shapes: [shape], message: "expected [N, heads, tokens, features]")
  }
  if let trace = pass.trace {
    // An element of the result takes a row of products, and of q · kᵀ as many again.
    return try trace.output("attention", shape, multiplyAddsPerElement: 2 * k.shape[2])
  }
  return try make("attention", [q, k, v]) {
    ctorch_attention(
      q.handle, k.handle, v.handle, scale ?? 1 / Double(shape[3]).squareRoot(), $0)
  }
}
