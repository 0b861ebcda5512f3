import Files
import Foundation
import Recipes
import Training

extension Run {
  /// What a dry run of this recipe warns of: worked out anew from the pictures that `summary` counts, and what the
  /// run said of its pictures when it was last begun or gone on with.
  func planWarnings(_ summary: Summary) -> [Preflight.Warning] {
    var counts = DataCounts(
      labelled: summary.labelledImages, unlabelled: summary.unlabelledImages,
      classes: summary.classes)
    counts.learned = data.learned.mapValues(DataCounts.Learned.init)
    var preflight = Preflight()
    preflight.warnOfIdleKeys(of: recipe)
    // A plan whose schedule does not come out was refused before anything was computed; the speed is not asked.
    if counts.labelled > 0, counts.unlabelled > 0,
      let plan = try? RunPlan(recipe, counts, precision: precision, gmacPerSecond: 1)
    {
      for planned in plan.trainings {
        guard let settings = recipe.training(of: planned.stage),
          planned.stage.facts.training?.isAsLongAsPipeline != true,
          let schedule = try? TrainingPlan(settings, imageCount: planned.pictures)
        else { continue }
        preflight.warn(
          of: schedule, settings, key: "\(planned.stage.recipeKey).training")
      }
      plan.warn(&preflight)
    }
    let known = Set(preflight.warnings.map(\.message))
    for message in Self.warnings(in: directory.logPath) where !known.contains(message) {
      preflight.warn(message, key: "data")
    }
    return preflight.warnings
  }

  /// The warnings that the log at `path` has since the run was last begun or gone on with; none where an earlier version
  /// wrote it, which did not note when that was and warned of a plan there, too.
  private static func warnings(in path: String) -> [String] {
    struct Event: Decodable {
      var event: String
      var message: String?
    }
    var (found, isOpened) = ([String](), false)
    for line in (try? AppendedFile.lines(of: path).whole) ?? [] {
      // Most lines are steps.
      guard line.contains("\"warning\"") || line.contains("\"opened\""),
        let event = try? JSON.read(Event.self, from: Data(line.utf8))
      else { continue }
      if event.event == "opened" { (found, isOpened) = ([], true) }
      if event.event == "warning", let message = event.message { found.append(message) }
    }
    return isOpened ? found : []
  }
}
