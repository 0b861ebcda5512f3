import Foundation

/// Address space for many entries, of which only the pages that are written to take memory.
final class EntryRegion {
  /// All of it; what was never written is zero.
  let entries: RankingEntries

  /// Reserves room for `capacity` entries, in parts that begin at most `spacing` entries apart.
  /// - Precondition: the address space has that much left, as for any allocation.
  init(capacity: Int, spacing: Int = 0) {
    guard capacity > 0 else {
      entries = RankingEntries(start: nil, count: 0)
      return
    }
    let byteCount = capacity * MemoryLayout<RankingEntry>.stride
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
    entries = RankingEntries(
      start: address.bindMemory(to: RankingEntry.self, capacity: capacity), count: capacity)
  }

  deinit {
    guard let base = entries.baseAddress else { return }
    munmap(base, entries.count * MemoryLayout<RankingEntry>.stride)
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
