import Files

/// A random order of the images of each class that depends on their keys alone.
///
/// With f = `SplitMix64.finalized`, the upper half of a rank key is that of
/// f(f(hash ^ f(seed)) + class · 2^64/φ), the lower half the score, which decides between two images
/// in 2^32.
struct RandomOrder {
  private let salt: UInt64

  init(seed: UInt64) { salt = SplitMix64.finalized(seed) }

  func key(keyHash: UInt64, class label: Int, score: Float) -> UInt64 {
    let image = SplitMix64.finalized(keyHash ^ salt)
    let draw = SplitMix64.finalized(image &+ UInt64(label) &* 0x9E37_79B9_7F4A_7C15)
    return draw & 0xFFFF_FFFF_0000_0000 | UInt64(RankKey.descending(score))
  }

  /// The score in a rank key of this order.
  static func score(of key: UInt64) -> Float {
    RankKey.score(descending: UInt32(truncatingIfNeeded: key))
  }
}
