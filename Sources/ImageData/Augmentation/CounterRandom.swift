import Foundation

/// Random numbers that are a function of a key and a counter: the same for a sample whatever thread
/// draws them, and whatever was drawn before.
///
/// Philox4x32-10 of J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011
/// (doi:10.1145/2063384.2063405). The key is the seed; the counter holds the pass, the sample and
/// how many numbers were drawn.
public struct CounterRandom: Sendable {
  private let key: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var block = SIMD4<UInt32>()
  private var used = 4

  /// The numbers of one sample in one pass.
  public init(seed: UInt64, pass: Int, sample: Int) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = SIMD4(
      0, UInt32(truncatingIfNeeded: pass), UInt32(truncatingIfNeeded: sample),
      UInt32(truncatingIfNeeded: sample >> 32))
  }

  /// The next 32 random bits.
  public mutating func next() -> UInt32 {
    if used == 4 {
      block = Self.philox(counter: counter, key: key)
      counter[0] &+= 1
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  /// A number of `range`, uniformly.
  public mutating func uniform(in range: ClosedRange<Double> = 0...1) -> Double {
    let high = UInt64(next()), low = UInt64(next())
    let unit = Double((high << 32 | low) >> 11) * 0x1p-53
    return range.lowerBound + unit * (range.upperBound - range.lowerBound)
  }

  /// A number of `range`, uniformly in its logarithm.
  public mutating func logUniform(in range: ClosedRange<Double>) -> Double {
    exp(uniform(in: log(range.lowerBound)...log(range.upperBound)))
  }

  /// One of 0 ..< `bound`; the bias is below `bound` / 2^64.
  public mutating func integer(below bound: Int) -> Int {
    let high = UInt64(next()), low = UInt64(next())
    return Int((high << 32 | low).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// True with the given probability.
  public mutating func happens(_ probability: Double) -> Bool {
    uniform() < probability
  }

  /// The ten rounds.
  static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var c = counter, k = key
    for _ in 0..<10 {
      let first = UInt64(c[0]) * 0xD251_1F53, second = UInt64(c[2]) * 0xCD9E_8D57
      c = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ c[1] ^ k[0], UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ c[3] ^ k[1], UInt32(truncatingIfNeeded: first))
      k = SIMD2(k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85)
    }
    return c
  }
}
