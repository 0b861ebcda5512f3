/// How long something takes, by a clock that nobody sets: the day's time may jump while it runs.
///
/// It stands still while the machine sleeps, as the work does. A process that was asleep as long as this one is then
/// not taken for one that has been silent.
///
/// ```swift
/// let watch = Stopwatch()
/// work()
/// print(watch.seconds)
/// ```
package struct Stopwatch: Sendable {
  private let start: SuspendingClock.Instant

  /// Starts, as if so many seconds had passed already.
  package init(ran seconds: Double = 0) {
    start = SuspendingClock.now - .seconds(seconds)
  }

  /// The seconds since then.
  package var seconds: Double { (SuspendingClock.now - start) / .seconds(1) }
}
