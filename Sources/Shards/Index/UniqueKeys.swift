import Files

/// Makes the keys of a shard's samples unique: a stem that comes again, not next to itself, becomes
/// `stem#2`, `stem#3`, …
///
/// WebDataset takes such members for samples of their own, so both are kept. The keys depend on the
/// archive's order alone, never on how it is read or which samples are kept. Stems are known by their
/// XXH64: two stems of one hash would cost the later one its plain name, and nothing else.
/// - Complexity: O(1) a sample on average, whatever the stems are; some 30 bytes of memory a sample, of
///   one shard at a time.
struct UniqueKeys {
  /// The number that a key's next repetition gets, by the key's hash.
  private var next: [UInt64: UInt32] = [:]

  /// The key of the next sample, which `stem` is the stem of.
  mutating func key(for stem: [UInt8]) -> [UInt8] {
    let hash = Self.hash(stem)
    guard var number = next[hash] else {
      next[hash] = 2
      return stem
    }
    // A stem may be called `a#2` by itself. A number is tried once, so hostile names cost no more.
    while true {
      let key = stem + Array("#\(number)".utf8)
      number += 1
      let keyHash = Self.hash(key)
      guard next[keyHash] == nil else { continue }
      next[keyHash] = 2
      next[hash] = number
      return key
    }
  }

  private static func hash(_ key: [UInt8]) -> UInt64 {
    key.withUnsafeBytes { XXHash64.hash($0) }
  }
}
