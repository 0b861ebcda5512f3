import Foundation
import Models

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
