import Files
import Foundation
import Recipes
import Training

extension Diagnosis {
  /// Whether pre-training is past the point from which the paper's Figure 4 shows a gain.
  static func crossover(_ data: ReportData) -> Finding? {
    guard let seen = data.marker(.student)?.imagesSeen else { return nil }
    let labelled = data.summary.labelledImages
    let needed = 120 * labelled
    var finding = Finding(
      question: "Is pre-training long enough for a gain?", name: "Short pre-training",
      weight: seen < needed ? .against : .fine, answer: "", key: "student.training.images",
      evidence: .figure4)
    guard finding.weight == .against else {
      finding.answer =
        "It saw \(Format.count(seen)) images, "
        + "\(Format.count(Double(seen) / Double(max(1, labelled)))) passes over the labelled pictures; "
        + "below 120 the paper's Figure 4 shows a loss."
      return finding
    }
    finding.answer =
      "it saw \(Format.count(seen)) images, less than 120 passes over the labelled ones "
      + "(\(Format.count(needed))). Below that the paper's Figure 4 shows a loss."
    finding.advice = "raise student.training.images"
    return finding
  }

  /// How often each selected picture was seen.
  static func passes(_ data: ReportData) -> Finding? {
    let last = data.summary.rounds.last { $0.round == data.lastRound }
    guard let seen = data.marker(.student)?.imagesSeen,
      let selected = last?.selectedImages ?? data.summary.selectedImages, selected > 0
    else { return nil }
    let ofSelected = Double(seen) * (1 - data.recipe.student.mixLabelled)
    let passes = ofSelected / Double(selected)
    var finding = Finding(
      question: "How often is each selected picture seen?", name: "Selected pictures not seen",
      weight: passes < 1 ? .against : .fine,
      answer:
        "\(Format.count(ofSelected.rounded())) images seen of \(Format.count(selected)) selected "
        + "pictures are \(Format.significant(passes, 3)) passes (the paper's: 62.5 or more).",
      key: "student.training.images", evidence: .figure4)
    if finding.weight == .against {
      finding.advice =
        "some are never seen: raise student.training.images, or lower ranking.imagesPerClass"
    }
    return finding
  }

  /// Whether each training learned at its rate.
  static func learningRates(_ data: ReportData) -> [Finding] {
    data.trainings.compactMap { training in
      guard training.marker != nil, let settings = training.training, !training.rows.isEmpty
      else { return nil }
      // A loss falls to no less than its targets' entropy, which a temperature raises.
      let student = data.recipe.student
      let isFlat = training.stage == .student && student.targets != .hard && student.temperature > 1
      return learningRate(
        of: training, settings, classes: data.classNames.count, mustFall: !isFlat)
    }
  }

  private static func learningRate(
    of training: ReportData.Training, _ settings: Recipe.Training, classes: Int,
    mustFall: Bool
  ) -> Finding? {
    let stage = training.stage
    let key = "\(stage.recipeKey).training.learningRate"
    let losses = training.rows.map(\.loss)
    let finite = losses.filter(\.isFinite)
    let refused = losses.count - finite.count
    let part = max(1, finite.count / 10)
    guard let first = finite.first, !finite.isEmpty else {
      return Finding(
        question: "Did the \(stage.title) learn?", name: "No learning in \(stage.title)",
        weight: .against, answer: "no loss of it is a finite number.",
        advice: "lower \(key)", key: key)
    }
    let last = finite.suffix(part).reduce(0, +) / Double(part)
    let rate = Format.significant(settings.learningRate, 3)
    var answer =
      "its loss went from \(Format.significant(first, 3)) to \(Format.significant(last, 3)) at a highest rate "
      + "of \(rate) with batches of \(Format.count(settings.batch))"
    let linear = 0.1 / 256 * Double(settings.batch)
    // Fine-tuning starts from what is learnt, and other optimisers have rates of another size.
    let isPaced = settings.optimizer == "sgd" && stage != .fineTuning && !settings.freezeBackbone
    if isPaced {
      answer += "; the paper's 0.1 × batch / 256 would be \(Format.significant(linear, 2))"
    }
    answer += "."
    if refused > 0 {
      answer +=
        " \(Format.counted(refused, "logged loss", "logged losses")) of "
        + "\(Format.count(losses.count)) \(refused == 1 ? "is" : "are") no finite number."
    }
    var finding = Finding(
      question: "Did the \(stage.title) learn at its rate?", name: "No learning in \(stage.title)",
      weight: .fine, answer: answer, key: key)
    // What begins at the right answer has nothing to go down to.
    let isFresh = mustFall && stage != .fineTuning && first > 0.5 * log(Double(max(2, classes)))
    if isFresh, last > 0.95 * first {
      finding.weight = .against
      let isHigh = isPaced && settings.learningRate > 4 * linear
      finding.advice =
        "the loss hardly fell: \(isHigh ? "lower" : "raise") \(key)"
        + (isHigh ? "" : ", or train longer")
    }
    return finding
  }
}
