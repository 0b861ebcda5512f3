import Files
import Models
import Recipes
import Torch
import Training

/// What the stages of a recipe take, in seconds.
struct StageTimes: Equatable {
  /// Of the stages that train a network.
  private(set) var training: [Stage: Double] = [:]
  let scoring: Double

  var trainings: Double { Stage.allCases.reduce(0) { $0 + (training[$1] ?? 0) } }
  var all: Double { trainings + scoring }

  /// "teacher 1:10, scoring 0:20, …", the comparisons last.
  var description: String {
    let stages = (Stage.pipeline + Stage.comparisons).compactMap { stage in
      stage == .ranking ? ("scoring", scoring) : training[stage].map { (stage.title, $0) }
    }
    return stages.filter { $0.1 > 0 }.map { "\($0.0) \(Format.duration($0.1))" }
      .joined(separator: ", ")
  }

  /// Those of `recipe`.
  init(_ recipe: Recipe, _ counts: DataCounts, teacher: NetworkSpeed, student: NetworkSpeed) {
    scoring = Double(counts.unlabelled) * teacher.scoring
    for (stage, facts) in recipe.fittedTrainings {
      let settings = recipe[keyPath: facts.settings]
      let images = settings.images ?? (settings.epochs ?? 0) * counts.labelled
      training[stage] = Double(images) * (stage.isOfTeacher ? teacher : student).training
    }
  }
}

extension Recipe {
  /// The trainings whose budgets are fitted, the comparisons last: those on D and on what is selected, with
  /// a length of their own.
  var fittedTrainings: [(stage: Stage, facts: Stage.TrainingFacts)] {
    (Stage.pipeline + Stage.comparisons).compactMap { stage in
      guard includes(stage), stage.facts.learns != .own, let training = stage.facts.training,
        training.isTrained(self), !training.isAsLongAsPipeline
      else { return nil }
      return (stage, training)
    }
  }
}

extension InitRecipe {
  /// Fits the budgets of the trainings to `seconds` for all stages together, on this machine, which is
  /// measured.
  /// - Returns: What it comes to, and what speaks against it, a line each.
  /// - Throws: `TorchError`.
  mutating func fit(seconds: Double) throws -> [String] {
    let device = try Run.device(recipe.device)
    let precision = Run.precision(recipe.precision, on: device)
    func speed(_ stage: Stage) throws -> NetworkSpeed {
      let options = recipe.options(of: stage, classCount: counts.classes)
      return try NetworkSpeed(options, recipe.input, device, precision)
    }
    let teacher = try speed(.teacher)
    let isAlike =
      recipe.options(of: .student, classCount: 2) == recipe.options(of: .teacher, classCount: 2)
    return try fit(
      seconds: seconds, teacher: teacher, student: isAlike ? teacher : speed(.student))
  }

  /// Fits the budgets to `seconds`, of which a part is left for what is not counted.
  mutating func fit(
    seconds: Double, teacher: NetworkSpeed, student: NetworkSpeed
  ) throws -> [String] {
    let counts = counts
    let before = StageTimes(recipe, counts, teacher: teacher, student: student)
    let room = Self.usable * seconds - before.scoring
    // More than that is of no use: what is there is learnt.
    let factor = min(Self.mostFactor, max(0, room) / max(before.trainings, 1e-9))
    refit { recipe in
      recipe.fittedTrainings.flatMap { stage, facts in
        Self.scale(
          &recipe[keyPath: facts.settings], "\(facts.group).training", by: factor,
          atLeast: stage.facts.learns == .selected ? 100 : 50)
      }
    }
    try recipe.validate()
    let after = StageTimes(recipe, counts, teacher: teacher, student: student)
    let time = Format.duration(seconds)
    var lines = ["some \(Format.duration(after.all)) of the \(time): \(after.description)"]
    if after.all > seconds {
      lines.append(
        "less is no training: it takes longer than the \(time); "
          + (recipe.teacher.startFrom == nil
            ? "" : "set teacher.kind: linear, which trains no network for the teacher, ")
          + "name fewer pictures in data.unlabelled, or take smaller weights")
    } else if before.scoring > seconds / 2 {
      lines.append(
        "scoring takes more than half of the \(time), and the trainings are short; name fewer pictures "
          + "in data.unlabelled")
    } else if factor == Self.mostFactor {
      lines.append("the \(time) would allow more, which would gain little")
    }
    return lines
  }

  /// The rest is for reading pictures, selecting and measuring.
  private static let usable = 0.8
  private static let mostFactor = 4.0

  /// With 30,000 images they gained nothing on CIFAR-10 with 500 labels, with 64,000 they did on Fashion-MNIST.
  private static let fewForStrongViews = 50_000

  private static func scale(
    _ training: inout Recipe.Training, _ key: String, by factor: Double, atLeast steps: Int
  ) -> [Note] {
    guard let images = training.images else { return scaleEpochs(&training, key, by: factor) }
    let wanted = max(steps * training.batch, Int(Double(images) * factor))
    training.images = wanted / training.batch * training.batch
    var notes = [
      Note(
        key: "\(key).images",
        reason: wanted == steps * training.batch
          ? "the least that is a training: \(steps) steps"
          : "what the time allows: \(Format.significant(factor, 2)) times what it would be otherwise"
      )
    ]
    if wanted < fewForStrongViews, training.augmentation.autoAugment != .none {
      training.augmentation.autoAugment = .none
      let reason = "strong views want longer trainings"
      notes.append(Note(key: "\(key).augmentation.autoAugment", reason: reason))
    }
    if let warmUp = training.warmUpImages {
      training.warmUpImages = Int(Double(warmUp) * Double(wanted) / Double(images))
      notes.append(Note(key: "\(key).warmUpImages", reason: "in proportion"))
    }
    return notes
  }

  private static func scaleEpochs(
    _ training: inout Recipe.Training, _ key: String, by factor: Double
  ) -> [Note] {
    guard let epochs = training.epochs, factor < 1 else { return [] }
    let wanted = max(1, Int(Double(epochs) * factor))
    training.epochs = wanted
    training.drops = wanted >= 3 ? [wanted / 3, 2 * wanted / 3] : []
    return [
      Note(key: "\(key).epochs", reason: "what the time allows"),
      Note(key: "\(key).drops", reason: "after each third"),
    ]
  }
}
