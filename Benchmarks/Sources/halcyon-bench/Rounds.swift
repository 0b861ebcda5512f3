import Foundation
import Models
import Terminal

/// The protocol of `peers/rounds.py`: prints {"ready": true}, then answers every line of standard
/// input with one measured round, {"value": `amount` per second}.
///
/// The first line also says how many operations one image's forward pass is, when a network works.
///
/// - Parameters:
///   - amount: How much one round does: images, or operations.
///   - warmUp: Whether one round comes before the first that is measured.
///   - cost: What one image costs the network, if there is one.
///   - work: One round.
func serve(
  amount: Double, warmUp: Bool = true, cost: NetworkCost? = nil, _ work: () throws -> Void
) rethrows {
  let clock = ContinuousClock()
  try serve(warmUp: warmUp, cost: cost) { amount / (try clock.measure(work) / .seconds(1)) }
}

/// The same for work that measures itself: `round` returns how much a second it did.
func serve(
  warmUp: Bool = true, cost: NetworkCost? = nil, round: () throws -> Double
) rethrows {
  if warmUp { _ = try round() }
  say(#"{"ready": true, "operations": \#(2 * (cost?.multiplyAdds ?? 0))}"#)
  while readLine() != nil { say(#"{"value": \#(try round())}"#) }
}

private func say(_ line: String) {
  FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

/// The same for work that goes on from step to step, such as a training: a round is so many of its steps. Where
/// standard input ends, the work is asked to stop as by a signal.
final class StepRounds {
  private let steps: Int
  private let amount: Double
  private let cost: NetworkCost
  private let clock = ContinuousClock()
  private var began: ContinuousClock.Instant?
  private var left: Int

  /// Rounds of `steps` steps, each of `amount`; `warmUp` steps come before the first that is measured, or a step more
  /// than a round.
  init(of steps: Int, amount: Int, after warmUp: Int? = nil, cost: NetworkCost) {
    self.steps = steps
    self.amount = Double(amount)
    self.cost = cost
    left = warmUp ?? steps + 1
  }

  /// To be called after each step.
  func next() {
    left -= 1
    guard left == 0 else { return }
    if let began {
      let seconds = began.duration(to: clock.now) / .seconds(1)
      say(#"{"value": \#(Double(steps) * amount / seconds)}"#)
    } else {
      say(#"{"ready": true, "operations": \#(2 * cost.multiplyAdds)}"#)
    }
    guard readLine() != nil else { return StopSignal.request() }
    left = steps
    began = clock.now
  }
}
