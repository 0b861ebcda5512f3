import Foundation

/// Reads numbers of bytes as people write them.
public enum ByteText {
  /// The bytes that "110KB", "1.5 GB" or "2GiB" says, or of a speed the bytes a second that "10Gb/s", "25Gbit/s"
  /// or "1.25GB/s" says; nil where it says none. A small b is bits, a large one bytes.
  public static func bytes(_ text: String, aSecond: Bool) -> Double? {
    let pattern = #/([0-9]+(?:\.[0-9]+)?)\s*([kKMGT]?)(i?)(bit|b|B)(/s|ps)?/#
    guard let found = text.wholeMatch(of: pattern), let number = Double(found.1),
      (found.5 != nil) == aSecond
    else { return nil }
    let powers: [Substring: Double] = ["k": 1, "K": 1, "M": 2, "G": 3, "T": 4]
    let unit = pow(found.3.isEmpty ? 1000 : 1024, powers[found.2] ?? 0)
    let bytes = number * unit / (found.4 == "B" ? 1 : 8)
    return bytes > 0 && bytes.isFinite ? bytes : nil
  }
}
