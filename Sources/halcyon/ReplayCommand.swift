import ArgumentParser
import Pipeline

/// `halcyon replay`: a step that was not taken, computed again.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Compute a step again that a training refused.",
    discussion: """
      The first step of a stage whose loss or gradients are not finite numbers is kept in the stage's refused/: \
      its pictures, what they should have become, and the weights before it. This computes it again, on the CPU, and \
      says the loss of each part of the batch and the first weight whose gradient is not finite. Exit code 70 where \
      something is not.
      """)

  @Argument(help: "The capture: RUN/STAGE/refused/step-….safetensors.", completion: .file())
  var capture: String

  @Flag(help: "Print it as JSON.")
  var json = false

  func run() throws {
    let replayed = try ReplayedStep(contentsOf: capture)
    if json {
      try printJSON(replayed)
    } else {
      try printWrapped(replayed.lines)
    }
    if !replayed.isFinite { throw ExitCode(70) }
  }
}
