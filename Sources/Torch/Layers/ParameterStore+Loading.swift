import Files

extension ParameterStore {
  /// Replaces this store's tensors by those of the same names in `file`, all of them or none.
  ///
  /// A tensor that the file lacks, has in another shape or has besides is an error that names it,
  /// unless `skipping` says so: weights of another architecture must not half fit. The counters of
  /// batches that PyTorch keeps and the momenta of a checkpoint are ignored.
  /// - Throws: `FileError` naming the file and the tensor.
  public func load(_ file: Safetensors, skipping: (String) -> Bool = { _ in false }) throws {
    func fault(_ detail: String) -> FileError {
      FileError("load weights from", file.path, code: 0, detail: detail)
    }
    let wanted = state.filter { !skipping($0.name) }
    for (name, tensor) in wanted {
      guard let shape = file.shape(of: name), let dtype = file.dtype(of: name) else {
        throw fault("it has no tensor \(name)")
      }
      guard shape == tensor.shape else {
        throw fault("\(name) has the shape \(shape), the network wants \(tensor.shape)")
      }
      guard dtype.isFloatingPoint else { throw fault("\(name) is of \(dtype), not of floats") }
    }
    let known = Set(state.map(\.name))
    for name in file.names where !known.contains(name) && !skipping(name) {
      guard name.hasSuffix(".num_batches_tracked") || name.hasPrefix("momentum.") else {
        throw fault("it has \(name), which the network has not: weights of another network?")
      }
    }
    for (name, tensor) in wanted { try tensor.copy(from: file.tensor(name)) }
  }
}
