import Foundation

@testable import PyTorchFiles

/// PyTorch's files, zipped and old: opened, their tensors found, and every tensor's elements read.
func fuzzWeights(_ data: Data) {
  withFile(data) { path in
    guard let file = try? PyTorchFile(path: path), let found = file.stateDictionary else { return }
    _ = file.classNames
    for (name, tensor) in found.tensors {
      let count = tensor.shape.reduce(1, *)
      // One element may be repeated as often as a shape likes; networks ask for shapes of their own.
      guard count <= 1 << 20, let bytes = try? file.bytes(of: tensor, called: name) else {
        continue
      }
      precondition(bytes.count == count * tensor.type.byteCount, "\(name): \(bytes.count) bytes")
    }
  }
}
