import Files
import Foundation
import ImageData
import Synchronization

/// Threads that index one shard after the other.
final class IndexingWorkers: @unchecked Sendable {
  /// Whether the threads are to end; what they wait for asks it, too.
  final class Stop: Sendable {
    private let flag = Atomic<Bool>(false)
    var isWanted: Bool { flag.load(ordering: .relaxed) }
    func want() { flag.store(true, ordering: .relaxed) }
  }

  private let condition = SteadyCondition()
  private let running = DispatchGroup()
  private let shards: [IndexPlan.Shard]
  private let indexing: ShardIndexing
  private var next = 0
  private var done = 0
  private var samples = 0
  private var found: [ShardIndexing.Outcome?]
  /// Shards that are not there or cannot be read; the others are gone on with.
  private var failed: [Int: ImageDataError] = [:]
  private var failuresInARow = 0
  private let mostFailuresInARow: Int
  /// What ends it all, of the first shard that has it, whichever thread was first.
  private var failure: (shard: Int, error: any Error)?
  private let stopping: Stop
  private var notes: [String] = []
  private var threads = 0

  init(_ shards: [IndexPlan.Shard], _ indexing: ShardIndexing, _ stopping: Stop) {
    self.shards = shards
    self.stopping = stopping
    self.indexing = indexing
    mostFailuresInARow = indexing.options.allowsMissing ? .max : FailedShards.mostInARow
    found = Array(repeating: nil, count: shards.count)
  }

  /// Starts `count` threads.
  func start(count: Int) {
    threads = count
    for _ in 0..<count {
      running.enter()
      let thread = Thread { [self] in
        work()
        running.leave()
      }
      thread.stackSize = 4 << 20  // JSON may nest
      thread.start()
    }
  }

  /// What is to be told since this was last asked.
  func takeNotes() -> [String] {
    condition.withLock {
      defer { notes = [] }
      return notes
    }
  }

  /// How many shards are done, and how many samples they have.
  var state: (done: Int, samples: Int) { condition.withLock { (done, samples) } }

  /// Waits at most `seconds`; whether there is still something to do.
  func isRunning(waiting seconds: Double) -> Bool {
    condition.withLock { !condition.wait(atMost: seconds) { threads == 0 } }
  }

  /// Lets the threads end after the shards that they are at, or at once where these give nothing.
  func stop() {
    stopping.want()
    running.wait()
  }

  /// The shards that are not there or cannot be read, in their order.
  var failures: FailedShards {
    running.wait()
    let all = failed.sorted { $0.key < $1.key }.map {
      FailedShards.Failure(shard: shards[$0.key], error: $0.value)
    }
    var failures = FailedShards(all, shardCount: shards.count)
    failures.isGivenUp = failuresInARow >= mostFailuresInARow && next < shards.count
    return failures
  }

  /// What came of every shard that could be read.
  /// - Throws: What no other shard would be spared: a full disk, for example.
  func outcomes() throws -> [ShardIndexing.Outcome] {
    running.wait()
    if let failure { throw failure.error }
    return found.compactMap { $0 }
  }

  private func claim() -> Int? {
    condition.withLock {
      guard !stopping.isWanted, failure == nil, failuresInARow < mostFailuresInARow,
        next < shards.count
      else { return nil }
      defer { next += 1 }
      return next
    }
  }

  private func work() {
    while let shard = claim() {
      var hasNoted = false
      let result = Result {
        try indexing.index(shards[shard]) { [self] text in
          guard !hasNoted else { return }
          hasNoted = true
          condition.withLock { notes.append("shard \(shards[shard].name): \(text)") }
        }
      }
      condition.withLock {
        switch result {
        case .success(let outcome):
          found[shard] = outcome
          done += 1
          samples += outcome.row.samples
          failuresInARow = 0
        case .failure(let error as ImageDataError) where error.isSource:
          failed[shard] = error
          failuresInARow += 1
        case .failure(let error):
          if shard < failure?.shard ?? .max { failure = (shard, error) }
        }
      }
    }
    condition.withLock {
      threads -= 1
      condition.broadcast()
    }
  }
}
