import ArgumentParser
import Pipeline

/// `halcyon doctor`: what is and is not there.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what this machine has and lacks.")

  @Flag(help: "Print JSON and nothing else.")
  var json = false

  func run() throws {
    let facts = Doctor.facts()
    if json {
      let pairs = facts.map { ($0.name, $0.value) }
      return try printJSON(Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
    }
    for line in table(facts.map { [$0.isFine ? "✓" : "✗", $0.name, $0.value] }, rightAligned: []) {
      try printLine(line)
    }
  }
}
