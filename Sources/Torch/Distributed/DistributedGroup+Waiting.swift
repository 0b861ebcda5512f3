import Files
public import Foundation

extension DistributedGroup {
  /// Why a process has ended, as it leaves it to the others.
  struct End: Codable {
    var rank: Int
    var code: Int32
    var line: String
    var signal: Int32

    /// What it is to process `rank`; nil where that one has left it.
    func error(for rank: Int) -> (any Error)? {
      guard self.rank != rank else { return nil }
      return signal != 0
        ? StopRequest(signal: signal)
        : DistributedError.ended(rank: self.rank, code: code, line: line)
    }
  }

  /// Another process has been asked to stop, by a signal.
  public struct StopRequest: Error, Equatable {
    /// The signal.
    public let signal: Int32
  }

  // MARK: - Exchanges

  /// Waits until all processes are here.
  /// - Throws: `DistributedError`, `StopRequest`.
  public func barrier() throws {
    let name = nextExchange()
    if try onStore({ try store.add("\(name)/count", 1) }) == size {
      try onStore { try store.set(name, Data([1])) }
    }
    _ = try wait(for: name, of: 0)
  }

  /// What each process has given, in their order, which process 0 gathers for all.
  ///
  /// Amid a step `heedsStop` is false: a stop that comes then is agreed on in the next one, with this one saved.
  /// - Throws: `DistributedError`, `StopRequest`.
  public func gather(_ own: Data, heedsStop: Bool = true) throws -> [Data] {
    let name = nextExchange()
    guard rank == 0 else {
      try onStore { try store.set("\(name)/\(rank)", own) }
      // What was given may have let process 0 go on: a stop of this one is then agreed on later.
      return try JSON.read([Data].self, from: wait(for: name, of: 0, heedsStop: false))
    }
    let given = (1..<size).map { "\(name)/\($0)" }
    let all =
      try [own]
      + given.indices.map { index in
        try wait(for: given[index], of: index + 1, heedsStop: heedsStop)
      }
    try onStore {
      try store.set(name, JSON.line(all))
      // Who has given something here has what was gathered before.
      for key in gathered + given { try store.remove(key) }
    }
    gathered = [name]
    return all
  }

  /// Compares what each process has by name with what process 0 has.
  /// - Throws: `DistributedError.usage`, in all of them, that names a process, what it has otherwise, and `advice`;
  ///   `StopRequest`.
  public func requireSame(
    _ facts: [String: String], what: String,
    advice: String = "start all with the same command, recipe and data"
  ) throws {
    let all = try gather(JSON.line(facts)).map { try JSON.read([String: String].self, from: $0) }
    for (other, found) in all.enumerated() {
      let names = Set(all[0].keys).union(found.keys).filter { all[0][$0] != found[$0] }.sorted()
      guard !names.isEmpty else { continue }
      let differences = names.map { name in
        let (theirs, ours) = (found[name] ?? "none", all[0][name] ?? "none")
        let same = theirs.commonPrefix(with: ours).count
        // Of long values what stands around the first difference.
        func shown(_ value: String) -> String {
          let start = max(0, min(same - 20, value.count - 80))
          return (start > 0 ? "…" : "") + String(value.dropFirst(start).prefix(80))
        }
        return "\(name) (\(shown(theirs)), not \(shown(ours)))"
      }
      throw DistributedError.usage(
        "\(what): process \(other) has other work than process 0: \(Format.few(differences)); \(advice)"
      )
    }
  }

  /// What process 0 gives, to all: `value` is asked for there alone.
  /// - Throws: `DistributedError`, `StopRequest`; what `value` throws.
  public func fromFirst(_ value: () throws -> Data) throws -> Data {
    let name = nextExchange()
    guard rank > 0 else {
      let own = try value()
      try onStore { try store.set(name, own) }
      return own
    }
    return try wait(for: name, of: 0)
  }

  /// Waits for process 0 to have done `work`, which it alone does, even where a stop was asked for.
  /// - Throws: `DistributedError`; what `work` throws.
  public func afterFirst(_ name: String, _ work: () throws -> Void) throws {
    guard rank > 0 else {
      try work()
      return try onStore { try store.set("after/\(name)", Data([1])) }
    }
    _ = try wait(for: "after/\(name)", of: 0, heedsEnd: false)
  }

  /// Says that this process has done its part.
  func sayGone() { _ = try? store.set("gone/\(rank)", Data([1])) }

  private func nextExchange() -> String {
    exchanges += 1
    return "exchange/\(exchanges)"
  }

  // MARK: - Ends

  /// Tells the others, once, that this process ends and why; those who wait for it then end, too.
  /// - Returns: Whether no other has done so before.
  @discardableResult
  public func announceEnd(code: Int32, line: String, signal: Int32 = 0) -> Bool {
    let end = End(rank: rank, code: code, line: String(line.prefix(2000)), signal: signal)
    do {
      if try store.claim("end", JSON.line(end)) { return true }
      return try store.get("end").map { try JSON.read(End.self, from: $0).rank == rank } ?? true
    } catch {
      return true
    }
  }

  /// How another process has ended, where one has said it.
  /// - Throws: `TorchError` when the store is gone.
  func end(in round: String = "", within seconds: Double? = nil) throws -> (any Error)? {
    let data = try store.get("\(round)end", within: seconds)
    return data.flatMap { try? JSON.read(End.self, from: $0) }?.error(for: rank)
  }

  /// Says why this process ends before all have come.
  func endEarly(_ round: String, because error: any Error) {
    if case DistributedError.ended = error { return }
    let end = End(
      rank: rank, code: (error as? any ExitCoded)?.exitCode ?? 70, line: "\(error)", signal: 0)
    _ = try? store.claim("\(round)/end", JSON.line(end))
  }

  /// Throws `DistributedError` or `StopRequest` where another process has ended or gives no sign of life, as the heartbeat
  /// has last seen it: for work in which nobody waits for the others.
  public var othersAreThere: @Sendable () throws -> Void {
    { [heartbeat] in if let found = heartbeat.found { throw found } }
  }

  /// Waits for so many seconds for another process to say that it has ended.
  func end(awaited seconds: Double, within limit: Double? = nil) throws -> (any Error)? {
    let clock = Stopwatch()
    while true {
      if let end = try end(within: limit) { return end }
      guard clock.seconds < seconds else { return nil }
      usleep(20_000)
    }
  }

  // MARK: - Waiting

  /// The value of `key`, which the process `source` will set.
  private func wait(
    for key: String, of source: Int, heedsEnd: Bool = true, heedsStop: Bool = true
  ) throws -> Data {
    var pause: UInt32 = 1_000
    var looked = Stopwatch()
    while true {
      if let value = try onStore({ try store.get(key) }) { return value }
      if heedsEnd {
        if heedsStop { try interruption() }
        if let end = try onStore({ try end() }) { throw end }
      }
      if looked.seconds > heartbeat.period {
        looked = Stopwatch()
        try requireLife(of: rank == 0 ? Array(1..<size) : [0, source])
      }
      usleep(pause)
      pause = min(pause * 3 / 2, 200_000)
    }
  }

  /// - Throws: `DistributedError.lost` where one of `ranks` has given no sign of life for too long.
  private func requireLife(of ranks: [Int]) throws {
    for other in Set(ranks) where other != rank {
      let beat = try onStore { try store.get("alive/\(other)") }
      guard let last = pulses[other], last.beat == beat else {
        pulses[other] = (beat, Stopwatch())
        continue
      }
      guard last.since.seconds > timeout else { continue }
      throw Self.noLife(of: other, timeout)
    }
  }

  /// What `body` does with the store; where that is gone, so is who keeps it.
  func onStore<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as TorchError {
      throw Self.storeIsGone(error)
    }
  }

  static func storeIsGone(_ error: any Error) -> DistributedError {
    let reason = (error as? TorchError)?.message ?? "\(error)"
    return .lost(
      "the store of the processes is gone (process 0, or the launcher that keeps it, has ended or is cut "
        + "off): \(reason.prefix(160)); " + advice)
  }

  static func noLife(of other: Int, _ timeout: Double) -> DistributedError {
    .lost(
      "process \(other) has given no sign of life for \(timeout.inSeconds): it is stopped, killed or "
        + "cut off; " + advice)
  }

  static let advice = "run the same command again to go on from the last checkpoint"

  /// Does `work`, in which processes exchange tensors; where that fails, says who is gone.
  /// - Throws: `DistributedError`, `StopRequest`, or what was wrong with the tensors.
  package func sayingWhoIsLost<Result>(_ what: String, _ work: () throws -> Result) throws -> Result
  {
    do {
      return try work()
    } catch let error as TorchError where error.kind == .invalid {
      // Who ends by itself says so; who is killed or stopped falls silent.
      let silent: [Int]
      do {
        // Time enough was lost.
        let limit = 10.0
        let before = try (0..<size).map { try store.get("alive/\($0)", within: limit) }
        if let end = try end(awaited: 2.5 * heartbeat.period, within: limit) { throw end }
        silent = try (0..<size).filter {
          try $0 != rank && store.get("alive/\($0)", within: limit) == before[$0]
        }
      } catch let gone as TorchError {
        throw Self.storeIsGone(gone)
      }
      let isLate =
        error.message.range(of: "timed? ?out", options: [.regularExpression, .caseInsensitive])
        != nil
      let late =
        "\(what) did not come together in \(timeout.inSeconds), though every process is alive: one is "
        + "slow, or waits for pictures"
      let gone = silent.map(String.init).joined(separator: ", ")
      throw DistributedError.lost(
        (silent.isEmpty
          ? (isLate ? late : "\(what) failed: \(error.message.prefix(200))")
          : "lost process\(silent.count > 1 ? "es" : "") \(gone) in \(what): killed, stopped or cut off")
          + "; " + Self.advice)
    }
  }
}

extension Double {
  /// "30 s".
  var inSeconds: String { self == rounded() && self < 1e9 ? "\(Int(self)) s" : "\(self) s" }
}
