import CImage
import Foundation

/// Compares the entries (`[PerceptualHash].entries`) of every bucket with each other and with those
/// of the buckets one bit away.
struct BucketJoin {
  private let buckets: HashBuckets
  /// The fingerprints in the order of the buckets, so that a bucket's are side by side.
  private let sorted: [Fingerprint]
  private let distance: Int32
  /// How many partners an entry takes from one bucket: the first ones are the best.
  private static let mostPartners: Int32 = 6

  init(buckets: HashBuckets, hashes: [Fingerprint], distance: Int) {
    self.buckets = buckets
    self.distance = Int32(clamping: distance)
    sorted = buckets.rows.map { hashes[Int($0)] }
  }

  /// The pairs of each thread's share of the keys.
  func run(threads: Int) -> [PairList] {
    let keys = 1 << buckets.block.width
    // Shares smaller than a thread's part even out buckets of different sizes.
    let shares = threads == 1 ? 1 : min(keys, 8 * threads)
    let results = Results(count: shares)
    let next = Counter()
    DispatchQueue.concurrentPerform(iterations: min(threads, shares)) { _ in
      while case let share = next.take(), share < shares {
        results.set(share, join(keys: keys * share / shares..<keys * (share + 1) / shares))
      }
    }
    return results.lists
  }

  private func join(keys: Range<Int>) -> PairList {
    var list = PairList()
    sorted.withUnsafeBytes { raw in
      buckets.rows.withUnsafeBufferPointer { rows in
        buckets.starts.withUnsafeBufferPointer { starts in
          let sorted = raw.bindMemory(to: UInt64.self)
          guard let sorted = sorted.baseAddress else { return }
          let view = View(sorted: sorted, rows: rows, distance: distance)
          func bucket(_ key: Int) -> Range<Int> { Int(starts[key])..<Int(starts[key + 1]) }
          for key in keys where starts[key] < starts[key + 1] {
            let own = bucket(key)
            view.compare(own, with: own, &list)
            for bit in 0..<buckets.block.width where key >> bit & 1 == 0 {
              let other = bucket(key | 1 << bit)
              if other.isEmpty { continue }
              view.compare(own, with: other, &list)
              view.compare(other, with: own, &list)
            }
          }
        }
      }
    }
    return list
  }

  private struct View {
    let sorted: UnsafePointer<UInt64>
    let rows: UnsafeBufferPointer<UInt32>
    let distance: Int32

    /// Looks for partners of each row of `bucket` among the earlier rows of `other`; both are in
    /// the order of their rows.
    @inline(__always)
    func compare(_ bucket: Range<Int>, with other: Range<Int>, _ list: inout PairList) {
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: Int(mostPartners)) { found in
        guard let found = found.baseAddress else { return }
        let last = min(other.upperBound, other.lowerBound + HashBlocks.mostCompared)
        var end = other.lowerBound
        for place in bucket {
          let row = rows[place]
          while end < last, rows[end] < row { end += 1 }
          if end == other.lowerBound { continue }
          let count = cimage_fingerprint_matches(
            sorted + 2 * place, sorted + 2 * other.lowerBound, Int32(end - other.lowerBound),
            distance, mostPartners, found)
          for hit in 0..<Int(count) {
            let earlier = rows[other.lowerBound + Int(found[hit])]
            // Not a picture with itself, nor two inner parts.
            if row >> 1 == earlier >> 1 || row & earlier & 1 == 1 { continue }
            list.append(row >> 1, earlier >> 1)
          }
        }
      }
    }
  }
}

/// What several threads leave behind.
private final class Results: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var lists: [PairList]

  init(count: Int) { lists = Array(repeating: PairList(), count: count) }

  func set(_ index: Int, _ list: PairList) {
    lock.lock()
    lists[index] = list
    lock.unlock()
  }
}

/// 0, 1, 2, …, each once, whichever thread asks.
private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var value = 0

  func take() -> Int {
    lock.lock()
    defer {
      value += 1
      lock.unlock()
    }
    return value
  }
}
