import Foundation

/// Room for values in pages of its own: only those that are written to take memory, and all of it goes
/// back to the system with this object, where an allocator would keep it.
///
/// Several threads may write different values. What was never written reads as zeros.
final class PageMemory<Value: BitwiseCopyable>: @unchecked Sendable {
  let values: UnsafeMutableBufferPointer<Value>
  private let byteCount: Int

  /// Reserves room for `count` values.
  /// - Precondition: the address space has that much left, as for any allocation.
  init(count: Int) {
    byteCount = count * MemoryLayout<Value>.stride
    guard byteCount > 0 else {
      values = UnsafeMutableBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let address, address != MAP_FAILED else {
      preconditionFailure("no address space for \(byteCount) bytes")
    }
    #if os(Linux)
      // Values are read and written at random: on large pages fewer addresses are to be translated.
      madvise(address, byteCount, Int32(MADV_HUGEPAGE))
    #endif
    values = UnsafeMutableBufferPointer(
      start: address.bindMemory(to: Value.self, capacity: count), count: count)
  }

  deinit {
    if let base = values.baseAddress { munmap(base, byteCount) }
  }
}
