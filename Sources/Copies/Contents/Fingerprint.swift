/// The signs of the 128 lowest frequencies of 32 × 32 grey pixels (cosine transform, without the
/// mean), in 16 bytes; bit i is that of the i-th lowest.
public struct Fingerprint: Hashable, Sendable, BitwiseCopyable {
  /// The lower 64 frequencies.
  public var low: UInt64
  /// The higher 64.
  public var high: UInt64

  /// The fingerprint with these bits.
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// What a picture has that says too little: fewer than 64 of its frequencies are as strong as two
  /// grey levels.
  public static let none = Fingerprint(low: 0, high: 0)
  /// Bits a fingerprint.
  public static let bitCount = 128

  /// Whether the picture says enough to be found again.
  public var carriesInformation: Bool { self != .none }

  /// In how many bits two fingerprints differ.
  @inline(__always)
  public func distance(to other: Self) -> Int {
    (low ^ other.low).nonzeroBitCount + (high ^ other.high).nonzeroBitCount
  }
}
