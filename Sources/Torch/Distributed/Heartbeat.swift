import Files
import Foundation
import Synchronization

/// Shows the others that this process lives, however long it computes: a number in the store that a thread of its own
/// counts up. The same thread looks how the others are, for work in which nobody waits for another one.
final class Heartbeat: @unchecked Sendable {
  /// Seconds between two beats.
  let period: Double
  private let rank: Int
  private let others: [Int]
  private let store: RendezvousStore
  private let timeout: Double
  private let condition = SteadyCondition()
  private var isStopped = false
  private let lost = Mutex<(any Error)?>(nil)

  /// Of process `rank` of `size`, in a connection to the store that nobody else uses.
  init(of rank: Int, among size: Int, in store: RendezvousStore, period: Double, timeout: Double) {
    self.rank = rank
    self.store = store
    self.period = period
    self.timeout = timeout
    // All lean on process 0, which looks at all.
    others = rank == 0 ? Array(1..<size) : [0]
  }

  /// Why this process should not go on; nil while nothing is known to be wrong.
  var found: (any Error)? { lost.withLock { $0 } }

  /// Begins to beat.
  func start() {
    let thread = Thread { [self] in
      var beats = 0
      var pulses: [Int: (beat: Data?, since: Stopwatch)] = [:]
      while !waitOrStop() {
        beats += 1
        do {
          try store.set("alive/\(rank)", Data("\(beats)".utf8))
          let error = try look(&pulses)
          if let error { lost.withLock { $0 = error } }
        } catch {
          // While others leave the store may be gone before this process has heard that all is done.
          if !stopsSoon() { lost.withLock { $0 = DistributedGroup.storeIsGone(error) } }
          return
        }
      }
    }
    thread.stackSize = 1 << 20
    thread.start()
  }

  private func look(_ pulses: inout [Int: (beat: Data?, since: Stopwatch)]) throws -> (any Error)? {
    if let data = try store.get("end"),
      let end = try? JSON.read(DistributedGroup.End.self, from: data)
    {
      return end.error(for: rank)
    }
    for other in others {
      let beat = try store.get("alive/\(other)")
      if let last = pulses[other], last.beat == beat {
        guard last.since.seconds > timeout, try store.get("gone/\(other)") == nil else { continue }
        return DistributedGroup.noLife(of: other, timeout)
      }
      pulses[other] = (beat, Stopwatch())
    }
    return nil
  }

  func stop() {
    condition.withLock {
      isStopped = true
      condition.broadcast()
    }
  }

  private func waitOrStop() -> Bool {
    condition.withLock { condition.wait(atMost: period) { isStopped } }
  }

  private func stopsSoon() -> Bool { waitOrStop() }
}
