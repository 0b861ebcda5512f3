import Files
import Foundation
import SystemPackage
import Torch

extension ONNXModel {
  /// Protocol Buffers end at 2 GiB; a megabyte is left for all that is not weights.
  static let byteLimit = 1 << 31 - 1 << 20

  /// Writes the model to `path`, durably; the weights into `path.data` beside it where they are more than
  /// `limit` bytes together.
  /// - Returns: The files, the model last.
  /// - Throws: `FileError` naming the file that cannot be written.
  func write(to path: String, externalAbove limit: Int = byteLimit) throws -> [String] {
    var external: External?
    var files: [String] = []
    if constantBytes > limit {
      let beside = self.external(fileName: FilePath(text: path).name + ".data")
      external = beside
      let file = try DurableFile(path: path + ".data")
      for (name, tensor) in constants {
        guard let offset = beside.offsets[name] else { continue }
        try file.write(Data(count: offset - file.byteCount))
        try file.write(elementsOf: tensor)
      }
      try file.commit()
      files.append(path + ".data")
    }
    let file = try DurableFile(path: path)
    for piece in message(external).pieces {
      switch piece {
      case .bytes(let bytes): try file.write(bytes)
      case .elements(let tensor): try file.write(elementsOf: tensor)
      }
    }
    try file.commit()
    return files + [path]
  }
}

extension DurableFile {
  /// Appends the elements of `tensor`, in row-major order.
  fileprivate func write(elementsOf tensor: Tensor) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: tensor.byteCount, alignment: 64)
    defer { buffer.deallocate() }
    try tensor.copyBytes(into: buffer)
    try write(UnsafeRawBufferPointer(buffer))
  }
}
