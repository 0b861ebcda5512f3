import Files
import Foundation
import ImageData
import Terminal

/// Shards that are worked through one after the other, alone or beside other workers.
struct ShardQueue {
  /// What the work is called where something is said of it: "scores".
  let title: String
  let console: Console
  /// A shard's name.
  let name: (Int) -> String
  /// Leases that workers take of the shards they work on; nil where each has its own.
  var claims: ShardClaims?
  /// Whether a shard is done, by whomever.
  let isDone: (Int) throws -> Bool

  /// Does `work` for each of `shards`; with leases it waits for other workers' shards, and takes over
  /// what dead ones left.
  /// - Throws: `PipelineError.io` in the end, naming the first of those that could not be read; what
  ///   `work` throws otherwise.
  func perform(
    _ shards: [Int], _ work: (Int, ShardClaims.Lease?) throws -> Void, finally: () throws -> Void
  ) throws {
    var missing = shards
    var failures: [(shard: String, reason: String)] = []
    var told = Stopwatch(ran: 3600)
    while !missing.isEmpty {
      var waiting: [Int] = []
      for shard in missing {
        try StopSignal.check()
        let lease = try claims?.lease(of: name(shard))
        if claims != nil {
          guard lease != nil else {
            waiting.append(shard)
            continue
          }
          // The worker that had it may have finished since this one looked.
          if try isDone(shard) { continue }
        }
        do {
          try work(shard, lease)
        } catch let error as ImageDataError where error.isSource {
          // The other shards do not depend on this one's disk, pipe or server.
          console.note("\(title): \(error)")
          failures.append((name(shard), "\(error)"))
        }
      }
      if let first = waiting.first, let claims {
        if told.seconds > 60 {
          told = Stopwatch()
          try tell(waitingFor: waiting.count, first: name(first), claims)
        }
        try pause(seconds: 1)
      }
      missing = try waiting.filter { try !isDone($0) }
    }
    try finally()
    try StopSignal.check()
    guard let first = failures.first else { return }
    let count = Format.counted(failures.count, "shard", "shards")
    throw PipelineError.io(
      "\(count) could not be read, the first \(first.shard): \(first.reason); "
        + "the others are done, run the same command again for the rest")
  }

  /// Says which shards are this process's where the work is shared.
  func tell(_ share: WorkShare, mine: Int, of all: Int) {
    console.note(
      "\(title): \(share.title)"
        + (share.reason.map { ", because \($0)" } ?? "")
        + ": \(mine) of \(Format.counted(all, "shard", "shards"))"
        + (share.reason == nil || share.count == 1
          ? "" : "; for all of them give --shard-index 0 --num-shards 1"))
  }

  /// Says whom this process waits for.
  private func tell(waitingFor count: Int, first: String, _ claims: ShardClaims) throws {
    guard let holder = try claims.holder(of: first) else { return }
    console.note(
      "\(title): waits for \(Format.counted(count, "shard", "shards")) of other workers: \(first) is "
        + "\(holder.name)'s, last seen \(Int(holder.silence)) s ago; it is taken over after "
        + "\(Int(claims.patience)) s without a sign of life")
  }

  private func pause(seconds: Int) throws {
    for _ in 0..<seconds * 10 {
      try StopSignal.check()
      usleep(100_000)
    }
  }
}
