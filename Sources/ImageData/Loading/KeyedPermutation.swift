import Files

/// A shuffled 0 ..< count that is computed, not stored: a Feistel network over the next power of
/// two, walked until it lands inside (J. Black and P. Rogaway, "Ciphers with arbitrary finite
/// domains", CT-RSA 2002, doi:10.1007/3-540-45760-7_9).
///
/// - Complexity: Constant memory; fewer than two walks on average (four below count 3) of eight
///   rounds a number.
public struct KeyedPermutation: Sendable {
  /// How many numbers are permuted.
  public let count: Int
  private let key: UInt64
  private let leftBits: UInt64
  private let rightBits: UInt64
  private static let rounds: UInt64 = 8

  /// The permutation of 0 ..< `count` that `seed` and `pass` name; `count` is at least 1.
  public init(count: Int, seed: UInt64, pass: Int) {
    self.count = max(count, 1)
    key = SplitMix64.finalized(
      SplitMix64.finalized(seed &+ 0x9E37_79B9_7F4A_7C15) ^ UInt64(bitPattern: Int64(pass)))
    let bits = UInt64(max(2, Int.bitWidth - (self.count - 1).leadingZeroBitCount))
    leftBits = bits / 2
    rightBits = bits - leftBits
  }

  /// The number at `position`, which lies in 0 ..< count.
  public subscript(position: Int) -> Int {
    var value = UInt64(position)
    repeat { value = encipher(value) } while value >= UInt64(count)
    return Int(value)
  }

  private func encipher(_ value: UInt64) -> UInt64 {
    // The halves swap at every round, and their widths with them; the rounds are even in number.
    var leftBits = leftBits, rightBits = rightBits
    var left = value >> rightBits, right = value & (1 << rightBits &- 1)
    for round in 0..<Self.rounds {
      let mixed = SplitMix64.finalized(key &+ round &* 0x9E37_79B9_7F4A_7C15 ^ right)
      let next = left ^ (mixed & (1 << leftBits &- 1))
      left = right
      right = next
      swap(&leftBits, &rightBits)
    }
    return left << rightBits | right
  }
}
