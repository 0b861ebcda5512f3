import ArgumentParser
import Foundation
import Pipeline
import Recipes
import Training

/// Writes a recipe with a fraction of another's work, with every value written out: what both
/// sides of `demo` read.
///
/// Budgets and K shrink, the pictures are for the caller to shrink; labels and batches stay. The
/// baselines are left out.
struct ScaleDemo: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "scale-demo")

  @Option(help: "The recipe.")
  var recipe: String

  @Option(help: "What its budgets and K are divided by.")
  var by: Int

  @Option(help: "The folder of the smaller data set.")
  var data: String

  @Option(help: "Where the smaller recipe is written.")
  var out: String

  func run() throws {
    var scaled = try Recipe(contentsOf: recipe)
    let labelled = scaled.data.labelledCount ?? 0
    for training in [
      \Recipe.teacher.training, \Recipe.student.training, \Recipe.fineTuning.training,
    ] {
      let full = scaled[keyPath: training]
      guard let images = full.images ?? full.epochs.map({ $0 * labelled }), images > 0 else {
        throw ValidationError("\(recipe): a training without images or epochs cannot be scaled")
      }
      scaled[keyPath: training].images = max(full.batch, images / by)
      scaled[keyPath: training].epochs = nil
      scaled[keyPath: training].warmUpImages = full.warmUpImages.map { $0 / by }
    }
    scaled.ranking.imagesPerClass = max(1, scaled.ranking.imagesPerClass / by)
    scaled.baseline.enabled = false
    scaled.data.labelled = data
    scaled.data.test = data
    try scaled.write(to: out)
  }
}
