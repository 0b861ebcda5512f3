import Files

/// Chooses with how many threads a work goes on, by timing some numbers of them for a few rounds each, and
/// again where the work has become slow.
///
/// A round is whatever its owner times: a step of a training, some batches of a scoring. The first round of a
/// number is not counted, since it fills pools and caches.
///
/// ```swift
/// var timing = ThreadTiming([1, 2])
/// let slowdown = timing.note(amount: 64, seconds: work(on: timing.threads))
/// ```
package struct ThreadTiming {
  /// That the speed had fallen, and what was made of it.
  package struct Slowdown: Equatable {
    /// What was measured before, and what it had fallen to, in units of the work a second.
    package let was, fell: Double
    /// The numbers of threads before and from now on.
    package let before, threads: Int
    /// What is measured now.
    package let speed: Double
    /// How many numbers of threads were timed.
    package let candidates: Int
  }

  /// The numbers of threads, in rising order.
  package let candidates: [Int]
  /// How many the next round is to use.
  package private(set) var threads: Int
  /// What was measured with them; nil as long as nothing was.
  package private(set) var speed: Double?

  /// The speed of each candidate that was timed, of the timing that is under way, from the most threads down: a short
  /// work is then done by all. Nil while there is none.
  private var trial: [Double]?
  private var fallen: (was: Double, fell: Double, before: Int)?
  private var sum = Sum()
  /// Whether the last speed that was taken was too low.
  private var wasSlow = false

  /// Rounds and seconds that a number is timed for, and that a speed is taken from afterwards: at least
  /// both. Two such speeds in a row must be low.
  private static let timed = (rounds: 3, seconds: 0.1)
  /// Seconds after which a number was timed long enough whatever its rounds: with fewer threads others idle.
  private static let timedAtMost = 0.5
  private static let watched = (rounds: 5, seconds: 2.0)
  /// The part of the speed that was measured at which it is measured again.
  private static let slow = 1.0 / 3
  /// More threads must be so many times as fast as fewer.
  private static let worthwhile = 1.03

  private struct Sum {
    var rounds = 0
    var amount = 0.0
    var seconds = 0.0
    var speed: Double { amount / max(1e-9, seconds) }

    func reaches(_ least: (rounds: Int, seconds: Double)) -> Bool {
      rounds >= least.rounds && seconds >= least.seconds
    }
  }

  /// Chooses among `candidates`, which are 1 where there are none.
  package init(_ candidates: [Int]) {
    self.candidates = candidates.isEmpty ? [1] : candidates.sorted()
    threads = self.candidates.last ?? 1
    trial = []
    sum.rounds = -1
  }

  /// 1, half and all of `most` threads.
  package init(upTo most: Int) {
    self.init(Set([1, most / 2, most]).filter { $0 > 0 }.sorted())
  }

  /// Notes that a round did so much in so many seconds.
  /// - Returns: That the work had become slow, where the numbers of threads were timed again for that: once,
  ///   with what came out.
  package mutating func note(amount: Int, seconds: Double) -> Slowdown? {
    sum.rounds += 1
    guard sum.rounds > 0 else { return nil }
    sum.amount += Double(amount)
    sum.seconds += seconds
    guard let trial else { return watch() }
    guard sum.reaches(Self.timed) || sum.seconds >= Self.timedAtMost else { return nil }
    let speeds = trial + [sum.speed]
    sum = Sum()
    guard speeds.count == candidates.count else {
      self.trial = speeds
      threads = candidates[candidates.count - 1 - speeds.count]
      sum.rounds = -1
      return nil
    }
    return settle(speeds.reversed())
  }

  /// Goes on with the fastest.
  private mutating func settle(_ speeds: [Double]) -> Slowdown? {
    var best = 0
    for index in speeds.indices where speeds[index] > Self.worthwhile * speeds[best] {
      best = index
    }
    (threads, trial) = (candidates[best], nil)
    speed = speeds[best]
    guard let fallen else { return nil }
    self.fallen = nil
    return Slowdown(
      was: fallen.was, fell: fallen.fell, before: fallen.before, threads: threads,
      speed: speeds[best], candidates: candidates.count)
  }

  /// Begins again where the speed has fallen.
  private mutating func watch() -> Slowdown? {
    guard sum.reaches(Self.watched) else { return nil }
    let now = sum.speed
    sum = Sum()
    let isSlow = speed.map { now < Self.slow * $0 } ?? false
    // One round that hangs is no lasting change.
    guard let was = speed, isSlow, wasSlow else {
      wasSlow = isSlow
      return nil
    }
    wasSlow = false
    fallen = (was, now, threads)
    (threads, trial) = (candidates.last ?? 1, [])
    sum.rounds = -1
    return nil
  }
}

extension ThreadTiming.Slowdown {
  /// What there is to say of it, with speeds in `unit` a second, where `sharing` threads share each
  /// operation and `runtime` names the setting; nil where nothing can be done.
  func line(unit: String, sharing: Int, _ runtime: Runtime) -> String? {
    let speeds = "from \(Format.count(was)) to \(Format.count(fell)) \(unit)/s"
    guard candidates > 1 else {
      return sharing > 1
        ? "the speed has fallen \(speeds): something else takes the cores that \(sharing) threads share; "
          + "\(runtime.threadsKey) computes with one" : nil
    }
    let chosen =
      before == threads ? "\(threads), as before," : "\(threads) instead of \(before) from now on,"
    return
      "the speed had fallen \(speeds), so the threads were timed again: \(chosen) \(Format.count(speed)) "
      + "\(unit)/s"
  }
}
