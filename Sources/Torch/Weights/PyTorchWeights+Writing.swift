import Files
import PyTorchFiles

extension PyTorchWeights {
  /// Writes `tensors` to `path` as one durable file that PyTorch's `torch.load` reads with
  /// `weights_only=True`; the same input gives the same bytes.
  /// - Throws: `FileError` naming `path`, with whatever was there before untouched.
  public static func write(_ tensors: [ParameterStore.Named], to path: String) throws {
    let entries = try tensors.map { name, tensor in
      guard tensor.device != .meta, let type = ElementType(global: "torch.\(tensor.dtype)") else {
        throw FileError("write", path, code: 0, detail: "\(name) has a shape and no elements")
      }
      return PyTorchFile.Entry(name: name, type: type, shape: tensor.shape)
    }
    try PyTorchFile.write(entries, to: path) { index, write in
      let tensor = tensors[index].tensor
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: tensor.count * tensor.dtype.byteCount, alignment: 64)
      defer { buffer.deallocate() }
      try tensor.copyBytes(into: buffer)
      try write(UnsafeRawBufferPointer(buffer))
    }
  }
}
