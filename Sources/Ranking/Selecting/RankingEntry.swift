/// Sixteen bytes that are sorted by their first half: what a class keeps of an image.
///
/// While images are ranked, `first` is the rank key and `second` the image's number. Once they are
/// selected, `first` is the number and `second` says which label of which class it is (`SelectionRows`).
struct RankingEntry {
  var first: UInt64
  var second: UInt64
}

/// 64 bits whose ascending order is the order of a ranking but for ties.
enum RankKey {
  /// The score descending, then the upper half of the key's hash ascending.
  ///
  /// −0 and 0 are one score. The score must not be NaN.
  @inline(__always)
  static func of(score: Float, keyHash: UInt64) -> UInt64 {
    UInt64(descending(score)) << 32 | keyHash >> 32
  }

  /// The score in a key made by `of(score:keyHash:)`.
  @inline(__always)
  static func score(of key: UInt64) -> Float { score(descending: UInt32(key >> 32)) }

  /// An integer that falls where the score rises.
  @inline(__always)
  static func descending(_ score: Float) -> UInt32 {
    positiveFlipped((score + 0).bitPattern)
  }

  /// The score that `descending(_:)` made the integer from.
  @inline(__always)
  static func score(descending bits: UInt32) -> Float {
    Float(bitPattern: positiveFlipped(bits))
  }

  /// Turns the order of the bits of positive numbers around; its own inverse. There is no branch, as
  /// scores of both signs alternate.
  @inline(__always)
  private static func positiveFlipped(_ bits: UInt32) -> UInt32 {
    let negative = UInt32(bitPattern: Int32(bitPattern: bits) >> 31)
    return bits ^ (~negative & 0x7FFF_FFFF)
  }
}
