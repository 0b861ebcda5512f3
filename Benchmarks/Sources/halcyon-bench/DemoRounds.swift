import ArgumentParser
import Foundation
import Pipeline
import Recipes
import Terminal
import Training

/// The four stages of a recipe, from reading the data to the report, in a new folder each time.
struct DemoRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "demo")

  @Option(help: "A recipe that scale-demo wrote.")
  var recipe: String

  @Option(help: "Where runs are kept while they last.")
  var runs: String

  func run() throws {
    let recipe = try Recipe(contentsOf: recipe)
    let directory = "\(runs)/\(ProcessInfo.processInfo.processIdentifier)"

    func work() throws -> Summary {
      try? FileManager.default.removeItem(atPath: directory)
      return try Run(recipe: recipe, directory: directory, console: Console(quiet: true))
        .allStages()
    }
    let summary = try work()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let images = try [recipe.teacher.training, recipe.student.training, recipe.fineTuning.training]
      .reduce(summary.unlabelledImages) { sum, training in
        let plan = try TrainingPlan(training, imageCount: summary.labelledImages)
        return sum + plan.steps * plan.batch
      }
    try serve(amount: Double(images), warmUp: false) { _ = try work() }
  }
}
