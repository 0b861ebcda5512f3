import Foundation

/// Byte buffers of one size that go round between the workers and the consumer.
final class BufferPool: @unchecked Sendable {
  private let lock = NSLock()
  private let byteCount: Int
  private let most: Int
  private var free: [UnsafeMutableRawBufferPointer] = []

  /// Keeps at most `most` idle buffers of `byteCount` bytes.
  init(byteCount: Int, most: Int) {
    self.byteCount = byteCount
    self.most = most
  }

  deinit {
    for buffer in free { buffer.deallocate() }
  }

  /// An idle buffer or a new one; its contents are left over.
  func take() -> UnsafeMutableRawBufferPointer {
    lock.lock()
    defer { lock.unlock() }
    return free.popLast() ?? .allocate(byteCount: byteCount, alignment: 64)
  }

  /// Puts `buffer` up for the next batch.
  func giveBack(_ buffer: UnsafeMutableRawBufferPointer) {
    lock.lock()
    defer { lock.unlock() }
    if free.count < most { free.append(buffer) } else { buffer.deallocate() }
  }
}
