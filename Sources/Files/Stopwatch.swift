/// How long something takes, by a clock that nobody sets: the day's time may jump while it runs.
///
/// ```swift
/// let watch = Stopwatch()
/// work()
/// print(watch.seconds)
/// ```
package struct Stopwatch: Sendable {
  private let start: ContinuousClock.Instant

  /// Starts, as if so many seconds had passed already.
  package init(ran seconds: Double = 0) {
    start = ContinuousClock.now - .seconds(seconds)
  }

  /// The seconds since then.
  package var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
}
