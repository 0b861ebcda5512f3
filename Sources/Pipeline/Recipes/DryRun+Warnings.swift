import Models

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
        "\(found) test pictures are among the unlabelled ones; they will be left out and listed")
    }
    if recipe.data.test == nil {
      warnings.append("no data.test: the run will end without accuracies on unseen pictures")
    }

    // Table 1's six recommendations.
    if recipe.teacher.startFrom == nil, teacher.multiplyAdds < student.multiplyAdds {
      warnings.append(
        "the teacher is smaller than the student: in the paper's Table 3 a weak teacher costs gain")
    }
    if let steps = trainings.first(where: { $0.stage == Stage.fineTuning.title })?.steps, steps < 10
    {
      warnings.append("fine-tuning takes \(steps) steps: it is what the paper's Table 2 gains by")
    }
    if counts.unlabelled < 10 * counts.labelled {
      warnings.append(
        "there are only \(Format.fixed(Double(counts.unlabelled) / Double(counts.labelled), 1)) "
          + "unlabelled pictures for each labelled one: the size of U is the key (Figure 3)")
    }
    if images < counts.labelled * 200, images >= crossover {
      warnings.append("more pre-training iterations would help (Figure 4)")
    }
    return warnings
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
