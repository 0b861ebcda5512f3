import Files
import Foundation
import Recipes
import Terminal
import TestSupport
import Torch
import Training

@testable import Pipeline

/// Faults in the steps of every training of a run, to see that they are survived.
struct FaultySteps: StepGuard {
  /// The loss of these steps is not a number.
  var losses: Set<Int> = []
  /// A gradient of these steps is not a number, though the loss is.
  var gradients: Set<Int> = []
  /// In these steps the process is asked to stop.
  var stops: Set<Int> = []

  func refusal(
    of sums: LossSums, _ optimizer: any Optimizer, step: Int
  ) throws -> String? {
    if losses.contains(step) { try sums.loss.fill(.nan) }
    if gradients.contains(step) {
      try optimizer.parameters.first?.tensor.gradient()?.fill(.nan)
    }
    if stops.contains(step) { StopSignal.request(SIGTERM) }
    return try FiniteSteps().refusal(of: sums, optimizer, step: step)
  }
}

extension TinyRun {
  /// Does in this process what the command does for `verb`, with these faults.
  func run(
    _ verb: String = "run", _ name: String, _ settings: [String] = [], faults: FaultySteps
  ) throws -> Command.Outcome {
    StopSignal.withdraw()
    defer { StopSignal.withdraw() }
    var text = ""
    let console = Console(isTerminal: false) { text += $0 }
    var code: Int32 = 0
    do {
      let reading = try RecipeReading(contentsOf: "\(folder.path)/tiny.yaml", overrides: settings)
      let run = try Run(
        reading, directory: directory(name), stepGuard: faults, console: console)
      switch verb {
      case "pretrain-teacher": try PretrainTeacher.perform(in: run)
      case "train-teacher": try TrainTeacher.perform(in: run)
      default: try run.allStages()
      }
    } catch {
      text += PipelineError.lines(about: error).map { "halcyon: \($0)\n" }.joined()
      code = PipelineError.exitCode(of: error)
    }
    return Command.Outcome(code: code, output: "", errors: text)
  }
}
