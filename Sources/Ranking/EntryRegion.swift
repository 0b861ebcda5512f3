import Foundation
import Synchronization

/// Address space for many entries, of which only the pages that are written to take memory.
///
/// The last one of at most 128 MiB that went away is kept for the next that fits it, as an allocator
/// would: half a selection's memory traffic is the system's zeroing of new pages, and whoever compares
/// selections makes one after the other.
final class EntryRegion {
  /// All of it; what was never written holds anything.
  let entries: RankingEntries
  /// The address space that these are the beginning of.
  private let space: UnsafeMutableRawBufferPointer

  private static let kept = Mutex<Kept>(Kept())

  private struct Kept: @unchecked Sendable {
    var space: UnsafeMutableRawBufferPointer?
    static let mostBytes = 128 << 20
  }

  /// The kept address space, when it has room for `byteCount` and is not far too large.
  private static func takeKept(_ byteCount: Int) -> UnsafeMutableRawBufferPointer? {
    kept.withLock { kept in
      guard let space = kept.space, byteCount <= space.count, space.count <= 2 * byteCount else {
        return nil
      }
      kept.space = nil
      return space
    }
  }

  /// Reserves room for `capacity` entries, in parts that begin at most `spacing` entries apart.
  /// - Precondition: the address space has that much left, as for any allocation.
  init(capacity: Int, spacing: Int = 0) {
    guard capacity > 0 else {
      entries = RankingEntries(start: nil, count: 0)
      space = UnsafeMutableRawBufferPointer(start: nil, count: 0)
      return
    }
    let byteCount = capacity * MemoryLayout<RankingEntry>.stride
    if let space = Self.takeKept(byteCount), let base = space.baseAddress {
      self.space = space
      entries = RankingEntries(
        start: base.bindMemory(to: RankingEntry.self, capacity: capacity), count: capacity)
      return
    }
    let address = mmap(
      nil, byteCount, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let address, address != MAP_FAILED else {
      preconditionFailure("no address space for \(capacity) ranked images")
    }
    #if os(Linux)
      // Fewer and larger pages where classes lie so close together that these hold little else.
      if spacing * MemoryLayout<RankingEntry>.stride <= 1 << 19 {
        madvise(address, byteCount, Int32(MADV_HUGEPAGE))
      }
    #endif
    space = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
    entries = RankingEntries(
      start: address.bindMemory(to: RankingEntry.self, capacity: capacity), count: capacity)
  }

  deinit {
    guard !space.isEmpty else { return }
    var discarded: UnsafeMutableRawBufferPointer? = space
    if space.count <= Kept.mostBytes {
      nonisolated(unsafe) let space = space
      nonisolated(unsafe) var earlier: UnsafeMutableRawBufferPointer?
      Self.kept.withLock { kept in
        earlier = kept.space
        kept.space = space
      }
      discarded = earlier
    }
    if let discarded, let base = discarded.baseAddress { munmap(base, discarded.count) }
  }

  /// Gives the memory of every entry from `count` on back.
  func shrink(to count: Int) {
    guard let base = entries.baseAddress else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let used = count * MemoryLayout<RankingEntry>.stride
    let start = (used + page - 1) / page * page
    let end = entries.count * MemoryLayout<RankingEntry>.stride
    guard start < end else { return }
    madvise(UnsafeMutableRawPointer(base) + start, end - start, MADV_DONTNEED)
  }
}
