import Files
import Foundation

/// One start of all processes, up to the end of the last.
final class LaunchRound {
  /// What comes of it.
  enum Outcome: Equatable {
    case ended(Int32)
    case restart
  }

  private let request: LaunchRequest
  private let ranks: [RankProcess]
  private let restartsLeft: Int
  private let say: (String) -> Void
  private let show: (String) -> Void
  /// The process that failed first, and how.
  private var failure: (rank: Int, ending: RankEnding)?
  /// The first signal that asked this process to stop, and how long ago.
  private var stop: (signal: Int32, watch: Stopwatch)?
  /// Whether one of them stopped before any failed: somebody has asked it to.
  private var isOneStopped = false
  /// Whether somebody has asked for a stop, which is none to start again after.
  private var isStopping: Bool { stop != nil || isOneStopped }
  /// Since when the others have been told to stop because one has ended.
  private var told: Stopwatch?
  private var isWaitTold = false
  /// The second signal, which ended all at once.
  private var force: Int32?

  init(
    _ request: LaunchRequest, ranks: [RankProcess], restartsLeft: Int,
    say: @escaping (String) -> Void, show: @escaping (String) -> Void
  ) {
    self.request = request
    self.ranks = ranks
    self.restartsLeft = restartsLeft
    self.say = say
    self.show = show
  }

  /// Waits until all have ended.
  func wait(for signals: WaitedSignals) -> Outcome {
    while !running.isEmpty {
      if case .stop(let signal) = signals.next(within: 50) { hear(signal) }
      ranks.forEach { $0.read(show) }
      let ended = ranks.filter { $0.look() }
      ended.forEach { $0.read(show) }
      consider(ended)
      hurry()
    }
    ranks.forEach { $0.read(show) }
    return outcome
  }

  private var running: [RankProcess] { ranks.filter { $0.ending == nil } }

  /// Hands a signal on; a second one, not the same that came twice, ends all.
  private func hear(_ signal: Int32) {
    if let stop {
      // Schedulers signal a process, and then its group.
      guard stop.watch.seconds > 1 else { return }
      force = signal
      running.forEach { $0.send(SIGKILL) }
      return
    }
    stop = (signal, Stopwatch())
    running.forEach { $0.send(signal) }
  }

  /// Looks at those that have just ended.
  private func consider(_ ended: [RankProcess]) {
    guard failure == nil, force == nil else { return }
    // A process that was killed brings others to fail, within the same moment.
    let failed = ended.filter { rank in
      guard let ending = rank.ending, ending.isFailure, !rank.isKilled else { return false }
      // It was told to end before it could listen.
      return
        !(rank.isTold && [.signal(SIGTERM), .signal(SIGINT), .signal(SIGHUP)].contains(ending))
    }
    let isKilled = { (rank: RankProcess) in
      if case .signal? = rank.ending { true } else { false }
    }
    let cause = failed.first(where: isKilled) ?? failed.first { $0.ending != .lost }
    if let first = cause ?? failed.first, let ending = first.ending {
      failure = (first.rank, ending)
      say("rank \(first.rank) \(ending)\(others(after: ending))")
      endOthers()
    } else if stop == nil, told == nil, let first = ended.first(where: { $0.ending == .saved }) {
      if !running.isEmpty {
        say("rank \(first.rank) \(RankEnding.saved); the others are told to stop")
      }
      isOneStopped = true
      endOthers()
    }
  }

  /// Tells those that still run to save and end.
  private func endOthers() {
    guard told == nil else { return }
    told = Stopwatch()
    running.forEach { $0.send(SIGTERM) }
  }

  /// Kills those that do not end in time, where one has failed or was stopped by itself. Where all were asked to
  /// stop they have the time that saving takes, and the user is told whom this waits for.
  private func hurry() {
    guard !running.isEmpty else { return }
    let names = running.map { "\($0.rank)" }
    let who = "rank\(names.count == 1 ? "" : "s") \(Format.few(names))"
    if let told, told.seconds > request.grace, running.contains(where: { !$0.isKilled }) {
      say(
        "\(who) did not end within \(Format.fixed(request.grace, 0)) s and \(names.count == 1 ? "is" : "are") killed"
      )
      running.forEach { $0.send(SIGKILL) }
    } else if let stop, told == nil, stop.watch.seconds > request.grace, !isWaitTold {
      isWaitTold = true
      say(
        "waits for \(who) to save and end; a second signal ends \(names.count == 1 ? "it" : "them") at once"
      )
    }
  }

  /// What a failure means for the others.
  private func others(after ending: RankEnding) -> String {
    if isStopping { return "" }
    let tells = running.isEmpty ? "" : "; the others are told to stop"
    if ending == Self.usage {
      return tells + (restartsLeft > 0 ? "; to start again would change nothing" : "")
    }
    if restartsLeft > 0 { return tells + "; then all start again" }
    return tells + (request.maxRestarts > 0 ? "; no restart is left" : "")
  }

  /// What another start would end with, too.
  private static let usage = RankEnding.exit(64)

  private var outcome: Outcome {
    if let force { return .ended(128 + force) }
    if let failure {
      return !isStopping && restartsLeft > 0 && failure.ending != Self.usage
        ? .restart : .ended(failure.ending.code)
    }
    return .ended(ranks.allSatisfy { $0.ending == .exit(0) } ? 0 : RankEnding.saved.code)
  }
}
