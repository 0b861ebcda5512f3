import Files
import Foundation
import Models
import SystemPackage

extension DryRun {
  /// What experience and the paper's Table 1 say against this recipe.
  static func warnings(
    _ recipe: Recipe, _ counts: DataCounts, _ teacher: NetworkCost, _ student: NetworkCost,
    _ trainings: [Training]
  ) -> [String] {
    var warnings: [String] = []
    let classes = counts.classes
    let perImage = min(recipe.ranking.labelsPerImage, classes)
    let wanted = recipe.ranking.imagesPerClass
    let images = trainings.first { $0.stage == Stage.student.title }?.images ?? 0

    // What cannot work out.
    let candidates = counts.unlabelled * perImage / max(classes, 1)
    if candidates < wanted {
      warnings.append(
        "K = \(Format.count(wanted)) cannot be filled: \(Format.count(counts.unlabelled)) pictures "
          + "with P = \(perImage) of \(classes) classes give about \(Format.count(candidates)) "
          + "candidates a class")
    } else if wanted * classes > counts.unlabelled {
      warnings.append(
        "K × classes = \(Format.count(wanted * classes)) is more than the "
          + "\(Format.count(counts.unlabelled)) unlabelled pictures: nearly all of them will be "
          + "selected, the wrong ones too; lower ranking.imagesPerClass")
    }
    let crossover = 120 * counts.labelled
    if images < crossover {
      warnings.append(
        "pre-training sees \(Format.count(images)) images, less than 120 passes over the labelled "
          + "ones (\(Format.count(crossover))): the paper's Figure 4 shows a loss there")
    }
    if let found = counts.testPicturesInUnlabelled, found > 0 {
      warnings.append(
        "\(Format.counted(found, "test picture is", "test pictures are")) among the unlabelled ones; "
          + "\(found == 1 ? "it" : "they") will be left out and listed")
    }
    if recipe.data.test == nil {
      warnings.append("no data.test: the run will end without accuracies on unseen pictures")
    }

    return warnings + departures(recipe, counts, teacher, student, trainings)
  }

  /// Where the recipe departs from the six recommendations of the paper's Table 1.
  private static func departures(
    _ recipe: Recipe, _ counts: DataCounts, _ teacher: NetworkCost, _ student: NetworkCost,
    _ trainings: [Training]
  ) -> [String] {
    var departures: [String] = []
    func depart(_ number: Int, _ recommendation: String, _ reason: String) {
      departures.append("recommendation \(number) of 6, \(recommendation): \(reason)")
    }
    let pretraining = trainings.first { $0.stage == Stage.student.title }
    let fineTuning = trainings.first { $0.stage == Stage.fineTuning.title }
    if teacher.multiplyAdds < student.multiplyAdds {
      depart(
        1, "a stronger teacher than the student",
        "\(recipe.teacher.model) is smaller than \(recipe.student.model); a weak teacher costs gain "
          + "(Table 3)")
    } else if teacher.multiplyAdds == student.multiplyAdds {
      depart(
        1, "a stronger teacher than the student",
        "the two are alike; such self-training gains less (Table 4)")
    }
    if let steps = fineTuning?.steps, steps < 10 || recipe.fineTuning.training.freezeBackbone {
      depart(
        2, "fine-tune on the true labels",
        recipe.fineTuning.training.freezeBackbone
          ? "only the last layer is fine-tuned" : "it takes \(steps) steps")
    }
    if counts.unlabelled < 10 * counts.labelled {
      let ratio = Double(counts.unlabelled) / Double(counts.labelled)
      depart(
        3, "a large set of unlabelled pictures",
        "there are only \(Format.fixed(ratio, 1)) for each labelled one (Figure 3)")
    }
    // Figure 4: the gain is still steep below 0.5 billion images, 390 passes over ImageNet.
    if let images = pretraining?.images, images < 390 * counts.labelled {
      depart(
        4, "many pre-training iterations",
        "\(Format.count(images)) images are less than 390 passes over the labelled ones (Figure 4)")
    }
    if recipe.ranking.minimumScore != nil {
      depart(
        5, "as many pictures of each class",
        "ranking.minimumScore leaves some classes with fewer than K (Table 5)")
    } else if counts.unlabelled < recipe.ranking.imagesPerClass * counts.classes {
      depart(
        5, "as many pictures of each class",
        "K × classes is more than there are unlabelled pictures, so rare classes end with fewer "
          + "than K (Table 5)")
    }
    if let path = recipe.teacher.startFrom, !path.contains("${"),
      !FilePath(text: path).exists
    {
      departures.append("teacher.startFrom: there is no \(path)")
    }
    if recipe.teacher.startFrom == nil {
      depart(
        6, "a weakly supervised teacher",
        "it starts from nothing; teacher.startFrom takes weights that saw more pictures (Table 6)")
    }
    return departures
  }

  /// The dry run for people.
  public var lines: [String] {
    var lines = [
      "classes \(Format.count(classes))   labelled \(Format.count(labelledImages))   "
        + "unlabelled \(Format.count(unlabelledImages))   selected at most "
        + Format.count(selectedAtMost),
      "device \(device), \(precision), \(Format.count(machineGmacPerSecond)) GMAC/s measured",
      "",
    ]
    for training in trainings {
      lines += [
        "\(training.stage): \(training.model), \(Format.count(training.parameters)) parameters, "
          + "\(Format.significant(training.gmac, 4)) GMAC",
        "  \(Format.count(training.images)) images, \(Format.count(training.steps)) steps, "
          + "\(Format.fixed(training.passes, 1)) passes over \(Format.count(training.pictures))",
        "  memory \(Format.bytes(training.memoryBytes)), at this machine's full speed "
          + Self.time(training.seconds),
        "  learning rate: "
          + training.learningRate.map {
            "\(Format.significant($0.rate, 4)) at step \(Format.count($0.step))"
          }.joined(separator: ", "),
      ]
    }
    lines += [
      "scoring: \(Format.count(unlabelledImages)) pictures, " + Self.time(scoringSeconds),
      "disk \(Format.bytes(diskBytes))",
    ]
    return lines + (warnings.isEmpty ? [] : [""]) + warnings.map { "warning: \($0)" }
  }

  private static func time(_ seconds: Double) -> String {
    seconds >= 2 * 86_400
      ? "\(Format.count(seconds / 86_400)) days" : Format.duration(max(seconds, 1))
  }
}
