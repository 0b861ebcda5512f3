import Files

/// Chooses with how many threads a work goes on, by timing some numbers of them for a few rounds each, and
/// again where the work has become slow, where it has become fast on fewer threads than there are, and now and then
/// as long as it goes on with fewer since it was slow: whoever took the cores may have left.
///
/// A round is whatever its owner times: a step of a training, some batches of a scoring. The first round of a
/// number is not counted, since it fills pools and caches.
///
/// ```swift
/// var timing = ThreadTiming([1, 2])
/// let change = timing.note(amount: 64, seconds: work(on: timing.threads))
/// ```
package struct ThreadTiming {
  /// Why the numbers of threads were timed again.
  package enum Reason: Equatable {
    /// The speed had fallen.
    case fell
    /// The speed had risen.
    case rose
    /// It was time to look whether more threads are worth something again.
    case due
  }

  /// That the numbers of threads were timed again, and what was made of it.
  package struct Change: Equatable {
    /// Why.
    package let reason: Reason
    /// What was measured before, and what it had become, in units of the work a second.
    package let was, became: Double
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
  private var change: (reason: Reason, was: Double, became: Double, before: Int)?
  private var sum = Sum()
  /// What the last speed that was taken would be a reason for.
  private var suspicion: Reason?
  /// Where the work goes on with fewer threads than there are since it was slow: for how many seconds it has, and after
  /// how many more threads are timed.
  private var slowed: (seconds: Double, pause: Double)?

  /// Rounds and seconds that a number is timed for, and that a speed is taken from afterwards: at least
  /// both. Two such speeds in a row must be low, or high.
  private static let timed = (rounds: 3, seconds: 0.1)
  /// Seconds after which a number was timed long enough whatever its rounds: with fewer threads others idle.
  private static let timedAtMost = 0.5
  private static let watched = (rounds: 5, seconds: 2.0)
  /// The part of the speed that was measured at which it is measured again.
  private static let slow = 1.0 / 3
  /// The same where it is higher: who shared a core with another one has half more at least.
  private static let fast = 1.5
  /// Seconds after which they are timed against more for the first time; then twice as many each time that they stay
  /// the fastest, up to the most.
  private static let pause = 300.0, longestPause = 1200.0
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
  /// - Returns: That the numbers of threads were timed again: once, with what came out. Where the work has not become
  ///   slow, only that another number was chosen.
  package mutating func note(amount: Int, seconds: Double) -> Change? {
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
  private mutating func settle(_ speeds: [Double]) -> Change? {
    var best = 0
    for index in speeds.indices where speeds[index] > Self.worthwhile * speeds[best] {
      best = index
    }
    (threads, trial) = (candidates[best], nil)
    speed = speeds[best]
    guard let change else { return nil }
    self.change = nil
    if threads == candidates.last {
      slowed = nil
    } else if change.reason == .fell || threads != change.before {
      slowed = (0, Self.pause)
    } else if let slowed {
      self.slowed = (0, min(2 * slowed.pause, Self.longestPause))
    }
    guard change.reason == .fell || threads != change.before else { return nil }
    return Change(
      reason: change.reason, was: change.was, became: change.became, before: change.before,
      threads: threads, speed: speeds[best], candidates: candidates.count)
  }

  /// Begins again where there is a reason.
  private mutating func watch() -> Change? {
    guard sum.reaches(Self.watched), let was = speed else { return nil }
    let now = sum.speed
    slowed?.seconds += sum.seconds
    sum = Sum()
    guard let reason = reason(was, now) else { return nil }
    suspicion = nil
    guard reason == .fell || threads != candidates.last else {
      // Nothing is faster; a later fall is one from here.
      speed = now
      return nil
    }
    change = (reason, was, now, threads)
    (threads, trial) = (candidates.last ?? 1, [])
    sum.rounds = -1
    return nil
  }

  /// Why the numbers of threads should be timed again when the speed has become `now`; one round that hangs is no
  /// lasting change.
  private mutating func reason(_ was: Double, _ now: Double) -> Reason? {
    let seen: Reason? = now < Self.slow * was ? .fell : now > Self.fast * was ? .rose : nil
    defer { suspicion = seen }
    if let seen, seen == suspicion { return seen }
    // A first fall may be one: it is looked at again before it becomes what others are measured by.
    guard seen != .fell, let slowed, slowed.seconds >= slowed.pause else { return nil }
    return .due
  }
}

extension ThreadTiming.Change {
  /// What there is to say of it, with speeds in `unit` a second, where `sharing` threads share each
  /// operation and `runtime` names the setting; nil where nothing can be done.
  func line(unit: String, sharing: Int, _ runtime: Runtime) -> String? {
    let speeds = "from \(Format.count(was)) to \(Format.count(became)) \(unit)/s"
    guard candidates > 1 else {
      return sharing > 1
        ? "the speed has fallen \(speeds): something else takes the cores that \(sharing) threads share; "
          + "\(runtime.threadsKey) computes with one" : nil
    }
    let start =
      switch reason {
      case .fell: "the speed had fallen \(speeds), so the threads were timed again"
      case .rose: "the speed had risen \(speeds), so the threads were timed again"
      case .due: "the threads were timed again, since something else may have left their cores"
      }
    let chosen =
      before == threads ? "\(threads), as before," : "\(threads) instead of \(before) from now on,"
    return "\(start): \(chosen) \(Format.count(speed)) \(unit)/s"
  }
}
