import Files
import Foundation
import ImageData
import Shards
import Terminal

/// How many pictures carry each tag.
///
/// Spellings that `TagMap.plain` makes the same are one tag; a picture that has it twice counts once.
struct TagCounts {
  /// The tags, the most frequent first, those of one frequency in bytewise order.
  let tags: [(name: String, images: Int)]
  /// How many pictures there are.
  let images: Int
  /// How many of them carry any tag.
  let tagged: Int

  /// Counts the tags of `pictures`, a range of them on each thread.
  /// - Throws: `Stopped`.
  init(of pictures: any ImageDataset, workers: Int) throws {
    let parts = max(1, min(workers, pictures.count / 1000))
    let count = pictures.count
    let found = try Threads.results(parts: parts, threads: workers) { part in
      try Self.count(pictures, count * part / parts..<count * (part + 1) / parts)
    }
    var counts: [String: Int] = [:]
    for part in found { counts.merge(part.counts, uniquingKeysWith: +) }
    tags = counts.map { (name: $0.key.precomposedStringWithCanonicalMapping, images: $0.value) }
      .sorted { left, right in
        left.images != right.images
          ? left.images > right.images
          : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
      }
    images = count
    tagged = found.reduce(0) { $0 + $1.tagged }
  }

  private static func count(_ pictures: any ImageDataset, _ range: Range<Int>) throws
    -> (counts: [String: Int], tagged: Int)
  {
    var plain: [String: String] = [:]
    var counts: [String: Int] = [:]
    var tagged = 0
    for index in range {
      try StopSignal.check()
      var seen: [String] = []
      for tag in pictures.tags(at: index) {
        let name = plain[tag] ?? TagMap.plain(tag)
        plain[tag] = name
        if !name.isEmpty, !seen.contains(name) { seen.append(name) }
      }
      tagged += seen.isEmpty ? 0 : 1
      for name in seen { counts[name, default: 0] += 1 }
    }
    return (counts, tagged)
  }
}
