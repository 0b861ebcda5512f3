import Foundation

/// Reads and writes of whole buffers, which the system may do in parts or interrupt.
package enum WholeTransfer {
  /// Writes all of `bytes` to an open file, from `offset` on or where the last write ended.
  /// - Returns: How many bytes were written, and 0 or the system's error number where not all were.
  package static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int? = nil
  ) -> (done: Int, code: Int32) {
    var done = 0
    while let base = bytes.baseAddress, done < bytes.count {
      let left = bytes.count - done
      let count =
        offset.map { pwrite(descriptor, base + done, left, off_t($0 + done)) }
        ?? Foundation.write(descriptor, base + done, left)
      if count < 0 {
        if errno == EINTR { continue }
        return (done, errno)
      }
      // None was written, and no reason given: there is nothing to wait for.
      guard count > 0 else { return (done, EIO) }
      done += count
    }
    return (done, 0)
  }

  /// Writes all of `text` to an open file.
  /// - Returns: 0 or the system's error number.
  @discardableResult
  package static func write(_ text: String, to descriptor: Int32) -> Int32 {
    Array(text.utf8).withUnsafeBytes { write($0, to: descriptor).code }
  }

  /// Fills `bytes` with those of an open file from `offset` on.
  /// - Returns: How many bytes were read, and 0 or the system's error number; fewer than wanted and 0
  ///   where the file ends.
  package static func read(
    _ bytes: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int
  ) -> (done: Int, code: Int32) {
    var done = 0
    while let base = bytes.baseAddress, done < bytes.count {
      let count = pread(descriptor, base + done, bytes.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        return (done, errno)
      }
      if count == 0 { break }
      done += count
    }
    return (done, 0)
  }
}
