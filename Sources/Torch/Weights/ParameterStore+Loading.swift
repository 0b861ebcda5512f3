import Files

extension ParameterStore {
  /// Replaces this store's tensors by those of the same names in `file`, there after `prefix`, all of
  /// them or none.
  ///
  /// A tensor that the file lacks, has in another shape or has besides is an error that names it,
  /// unless `skipping` says so: weights of another architecture must not half fit. What is no weight is
  /// ignored: the counters of batches that PyTorch keeps, the momenta of a checkpoint, whole numbers.
  /// - Throws: `FileError` naming the file and all that does not fit.
  public func load(
    _ file: any WeightsFile, prefix: String = "", skipping: (String) -> Bool = { _ in false }
  ) throws {
    let fit = WeightsFit(of: file, to: self, prefix: prefix, skipping: skipping)
    guard fit.isWhole else {
      throw FileError("load weights from", file.path, code: 0, detail: fit.reason)
    }
    for (name, tensor) in state where !skipping(name) {
      try tensor.copy(from: file.tensor(prefix + name))
    }
  }
}
