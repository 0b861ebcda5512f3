import CImage

/// A fingerprint of what a picture shows, in 16 bytes: copies that were encoded again, resized or
/// cropped by a few per cent differ in few bits, other pictures in about half of them.
///
/// Bit i is the sign of the i-th lowest frequency (cosine transform, without the mean) of the whole
/// picture squeezed to 32 × 32 grey pixels. Signs of low frequencies, because contrast, brightness,
/// resolution and compression leave them alone, and a crop moves them by little: cutting 5 % off one
/// end shifts a wave of k half periods by at most 0.05 π k. Block means and gradients lose more bits
/// to a crop, and 64 bits are too few to tell copies from a billion others. Chroma is left out: half
/// of all collections hold grey pictures.
///
/// How many pairs of unlike pictures come within `nearDistance` bits: were all bits fair coins,
/// P(at most 24 of 128 differ) = Σ C(128, k) / 2¹²⁸ = 2.3 · 10⁻¹³ a pair, so that 50,000 pictures
/// (1.2 · 10⁹ pairs) would have 3 · 10⁻⁴ of them, and a billion pictures looked up among a million known
/// ones (10¹⁵ pairs) 230. Bits of real pictures are not quite fair (light comes from above), and
/// generated scenes, which share their composition, have about one in 10⁹: `Benchmarks` measures it.
///
/// A picture that says too little has no fingerprint, and none is near it: fewer than 64 of its 128
/// frequencies are as strong as 2 grey levels. Flat colours and smooth gradients are such; they are
/// found as exact copies only.
///
/// Source: the kind is that of Zauner, "Implementation and benchmarking of perceptual image hash
/// functions" (2010), with twice the bits and a fixed threshold at zero. The arithmetic is in whole
/// numbers, so that the bits are the same on every machine.
/// - Complexity: O(pixels) at the speed of memory once the picture is decoded.
public struct PerceptualHash: Hashable, Sendable, BitwiseCopyable {
  /// The lower 64 frequencies.
  public var low: UInt64
  /// The higher 64.
  public var high: UInt64

  /// The hash with these bits.
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// What a picture that says too little has.
  public static let none = PerceptualHash(low: 0, high: 0)
  /// Bits a hash.
  public static let bitCount = 128
  /// Copies differ in at most so many bits.
  public static let nearDistance = 24
  static let side = 32

  /// Whether the picture says enough to be found again.
  public var carriesInformation: Bool { self != .none }

  /// In how many bits two hashes differ.
  public func distance(to other: Self) -> Int {
    (low ^ other.low).nonzeroBitCount + (high ^ other.high).nonzeroBitCount
  }

  /// The hash of 32 × 32 grey pixels.
  init(grey: UnsafePointer<UInt8>) {
    var words: (UInt64, UInt64) = (0, 0)
    withUnsafeMutableBytes(of: &words) { raw in
      if let out = raw.bindMemory(to: UInt64.self).baseAddress { cimage_fingerprint(grey, out) }
    }
    self.init(low: words.0, high: words.1)
  }
}
