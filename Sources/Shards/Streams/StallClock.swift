/// How long a server has given next to nothing to someone who waits for it. Time in which nobody reads
/// is not the server's.
struct StallClock {
  /// A second with fewer bytes is lost.
  static let leastBytesPerSecond = 1000
  private static let second = 1_000_000_000

  private var waited = 0
  private var bytes = 0
  /// Nanoseconds lost in a row.
  private var lost = 0

  /// Takes into account that a reader waited for so long and got so many bytes.
  mutating func add(nanoseconds: Int, bytes count: Int) {
    waited += nanoseconds
    bytes += count
    guard waited >= Self.second else { return }
    // Whole numbers of any size: milliseconds are exact enough.
    let isSlow = bytes < Self.leastBytesPerSecond * (waited / 1_000_000) / 1000
    lost = isSlow ? lost + waited : 0
    (waited, bytes) = (0, 0)
  }

  /// Whether so many seconds were lost in a row.
  func isStalled(for seconds: Int) -> Bool { lost >= seconds * Self.second }
}
