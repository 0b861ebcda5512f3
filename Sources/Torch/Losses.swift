import CTorch

extension Tensor {
  /// The softmax cross-entropy of these logits [rows, classes] with `targets`, a mean over rows.
  ///
  /// Each row of `targets` [rows, classes] is a distribution: for an example of m labels, 1/m on
  /// each of them.
  /// - Throws: `TorchError` when the shapes differ.
  public func softmaxCrossEntropy(_ targets: Tensor) throws -> Tensor {
    try make("cross_entropy", [self, targets]) {
      ctorch_cross_entropy(handle, targets.handle, $0)
    }
  }

  /// The binary cross-entropy of these logits [rows, classes] with 0/1 `targets`: a sum over the
  /// classes, a mean over rows.
  /// - Throws: `TorchError` when the shapes differ.
  public func sigmoidCrossEntropy(_ targets: Tensor) throws -> Tensor {
    try make("binary_cross_entropy_with_logits", [self, targets]) {
      ctorch_sigmoid_cross_entropy(handle, targets.handle, $0)
    }
  }

  /// How many rows of these logits [rows, classes] have their largest entry where `members` [rows,
  /// classes] is above 0: one int64 on the device, without a gradient.
  /// - Throws: `TorchError` when the shapes differ.
  public func hits(in members: Tensor) throws -> Tensor {
    try make("hits", [self, members]) { ctorch_hits(handle, members.handle, $0) }
  }

  /// The classes of these logits [rows, classes] that are sure enough: rows with a 1 at the largest probability where
  /// that reaches its class's one of `thresholds` [classes], else of zeros; and how many have one, of how many of these `truth` [rows], int64, is
  /// known (it is else -1), and how many are it: three float64. All on the device, without gradients.
  /// - Throws: `TorchError` when the shapes differ.
  package func pseudoLabels(
    thresholds: Tensor, truth: Tensor
  ) throws -> (rows: Tensor, counts: Tensor) {
    var rows: OpaquePointer?
    var counts: OpaquePointer?
    try check(
      "pseudo_labels", [self, thresholds, truth],
      ctorch_pseudo_labels(handle, thresholds.handle, truth.handle, &rows, &counts))
    guard let rows, let counts else {
      throw TorchError("pseudo_labels", message: "no tensor came back")
    }
    return (Tensor(consuming: rows), Tensor(consuming: counts))
  }
}
