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
    for buffer in free { Foundation.free(buffer.baseAddress) }
  }

  /// An idle buffer or a new one, its contents left over; nil when there is no memory.
  func take() -> UnsafeMutableRawBufferPointer? {
    lock.lock()
    defer { lock.unlock() }
    if let buffer = free.popLast() { return buffer }
    // Swift's own allocation would end the process.
    guard let memory = aligned_alloc(64, (byteCount + 63) & ~63) else { return nil }
    return UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
  }

  /// Puts `buffer` up for the next batch.
  func giveBack(_ buffer: UnsafeMutableRawBufferPointer) {
    lock.lock()
    defer { lock.unlock() }
    if free.count < most { free.append(buffer) } else { Foundation.free(buffer.baseAddress) }
  }
}
