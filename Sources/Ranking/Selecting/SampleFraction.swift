import Files

/// A random part of a data set that needs no index: the samples whose hashed key falls below a limit.
///
/// A smaller fraction with the same seed is a part of a larger one.
public struct SampleFraction: Equatable, Sendable {
  /// The share of the samples that is kept, in 0...1.
  public let fraction: Double
  /// Which part of that size.
  public let seed: UInt64
  private let salt: UInt64
  private let limit: UInt64

  /// Every sample.
  public static let all = SampleFraction(unchecked: 1, seed: 0)

  /// Keeps the share `fraction` of the samples.
  /// - Throws: `RankingError` when it is not above 0 and at most 1.
  public init(_ fraction: Double, seed: UInt64) throws {
    guard fraction > 0, fraction <= 1 else {
      throw RankingError.invalidArgument(
        "a fraction of \(fraction) of the images is not above 0 and at most 1")
    }
    self.init(unchecked: fraction, seed: seed)
  }

  private init(unchecked fraction: Double, seed: UInt64) {
    self.fraction = fraction
    self.seed = seed
    salt = SplitMix64.finalized(seed &+ 0x9E37_79B9_7F4A_7C15)
    limit = fraction < 1 ? UInt64(fraction * 0x1p64) : .max
  }

  /// Whether every sample is kept.
  public var isWhole: Bool { fraction == 1 }

  /// Whether the sample with this `KeyHash` is kept: finalised(hash ^ salt) < fraction · 2^64, where
  /// the salt is the finalised sum of the seed and 2^64/φ.
  @inline(__always)
  public func contains(keyHash: UInt64) -> Bool {
    isWhole || SplitMix64.finalized(keyHash ^ salt) < limit
  }
}
