/// What a picture shows, in 32 bytes: copies that were encoded again, resized or cropped by a few
/// per cent differ in few bits, other pictures in about half of them.
///
/// Two fingerprints: of the whole picture squeezed to 32 × 32 grey pixels, and of what is left
/// without 3 % on each side. Their bits are the signs of the lowest frequencies, because contrast,
/// brightness, resolution and compression leave those alone, and a crop moves them by little:
/// cutting 5 % off one end shifts a wave of k half periods by at most 0.05 π k. The second
/// fingerprint meets the crop half-way: a copy is as near to the original's inner part as to the
/// whole. Block means and gradients lose more bits to a crop; 64 bits are too few to tell copies
/// from a billion others; chroma is left out, as many collections hold grey pictures; the teacher's
/// features would call two photographs of one kind alike, which a training set wants to keep.
///
/// How many pairs of unlike pictures come within `nearDistance` bits: were all bits fair coins,
/// P(at most 24 of 128 differ) = Σ C(128, k) / 2¹²⁸ = 2.3 · 10⁻¹³ a comparison, 7 · 10⁻¹³ for the
/// three of a pair. 50,000 pictures (1.2 · 10⁹ pairs) would have 10⁻³ false pairs, and a billion
/// pictures looked up among a million known ones (10¹⁵ pairs) 700. Bits of real pictures are not
/// quite fair (light comes from above), and generated scenes, which share their composition, have
/// more. Of 50,000 scenes with 1,000 altered copies (benchmark `duplicates`, all three alterations
/// at once):
///
/// | bits | copies found | others flagged | a pair |
/// |---|---|---|---|
/// | 16 | 93.9 % | none | |
/// | 20 | 98.7 % | none | < 10⁻⁹ |
/// | 22 | 99.6 % | 0.002 % | 10⁻⁹ |
/// | 24 | 99.9 % | 0.022 % | 10⁻⁸ |
/// | 26 | 100 % | 0.08 % | 3 · 10⁻⁸ |
/// | 28 | 99.9 % | 0.28 % | 10⁻⁷ |
///
/// Among a selection's candidates 24 is the better end of this. Where more than some 10¹⁴ pairs are
/// compared (a billion pictures, more than 100,000 known ones), 20 flags ten times fewer.
///
/// A picture that says too little (`Fingerprint.none`: flat colours, smooth gradients) is near
/// nothing, and found as an exact copy only.
///
/// Source: the kind is that of Zauner, "Implementation and benchmarking of perceptual image hash
/// functions" (2010), with twice the bits, a fixed threshold at zero and the inner part. The
/// arithmetic is in whole numbers, so that the bits are the same on every machine.
/// - Complexity: O(pixels) at the speed of memory once the picture is decoded.
public struct PerceptualHash: Hashable, Sendable, BitwiseCopyable {
  /// The fingerprint of the whole picture.
  public var whole: Fingerprint
  /// The fingerprint without 3 % on each side.
  public var inner: Fingerprint

  /// The hash of these fingerprints.
  public init(whole: Fingerprint, inner: Fingerprint) {
    self.whole = whole
    self.inner = inner
  }

  /// What a picture has that cannot be read or says too little.
  public static let none = PerceptualHash(whole: .none, inner: .none)
  /// Copies differ in at most so many bits.
  public static let nearDistance = 24

  /// Whether the picture says enough to be found again.
  public var carriesInformation: Bool { whole.carriesInformation || inner.carriesInformation }

  /// In how many bits two hashes differ: the least of whole and whole, whole and inner, inner and
  /// whole. `Fingerprint.bitCount` where one says too little.
  public func distance(to other: Self) -> Int {
    func bits(_ left: Fingerprint, _ right: Fingerprint) -> Int {
      left.carriesInformation && right.carriesInformation
        ? left.distance(to: right) : Fingerprint.bitCount
    }
    return min(
      bits(whole, other.whole), bits(whole, other.inner), bits(inner, other.whole))
  }
}

extension [PerceptualHash] {
  /// The fingerprints one after another: entry 2 i is the whole of picture i, entry 2 i + 1 its
  /// inner part. Two inner parts are never compared: they would say no more than the wholes do.
  var entries: [Fingerprint] {
    var entries: [Fingerprint] = []
    entries.reserveCapacity(2 * count)
    for hash in self {
      entries.append(hash.whole)
      entries.append(hash.inner)
    }
    return entries
  }
}
