import Files
import Models
import Pages
import Recipes
import Training

/// How it was made: the recipe's essentials, what it ran on and how long it took.
struct MakingSection {
  private let data: ReportData

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    """
    <section class="long" aria-labelledby="making">
    <h2 id="making">How it was made</h2>
    <p>Semi-supervised training with a teacher and a student, after Yalniz, Jégou, Chen, Paluri and \
    Mahajan, “Billion-scale semi-supervised learning for image classification”, arXiv:1905.00546. \
    The run's recipe.yaml holds every setting.</p>
    \(warnings)
    \(pairs)
    \(trainings)
    </section>
    """
  }

  private var thinned: String {
    data.recipe.data.unlabelledImbalance.map {
      ", of its classes unequal parts (\(Format.significant($0, 4)) to 1)"
    } ?? ""
  }

  private var pairs: HTML {
    let recipe = data.recipe, summary = data.summary
    var rows: [(String, String)] = [
      ("Labelled pictures D", "\(Format.count(summary.labelledImages)) of \(recipe.data.labelled)"),
      (
        "Unlabelled pictures U",
        Format.count(summary.unlabelledImages)
          + (recipe.data.unlabelledIsRest
            ? ", the rest of D's set\(thinned)" : " of \(recipe.data.unlabelled)")
      ),
      (
        "Tagged pictures W",
        data.tags.map {
          "\(Format.count($0.known - $0.copies)) of \(recipe.data.tagged ?? "")"
        } ?? recipe.data.tagged ?? "none"
      ),
      ("Validation pictures", validation),
      ("Test pictures", recipe.data.test.map { $0 + split(recipe.data.testSplit) } ?? "none"),
      (
        "Input",
        "\(recipe.input.size) × \(recipe.input.size), \(recipe.input.channels == 1 ? "grey" : "colour")"
      ),
      ("K, images per class", Format.count(recipe.ranking.imagesPerClass)),
      ("P, labels per image", Format.count(recipe.ranking.labelsPerImage)),
      ("Lowest score", recipe.ranking.minimumScore.map { Format.significant($0, 4) } ?? "none"),
      ("Seed", String(summary.seed)),
      ("Device", summary.device),
      ("Precision", summary.precision),
      ("Compute threads, at most", String(summary.threads)),
      ("libtorch", summary.libtorch),
      (
        "Peak memory",
        summary.peakMiB.map { "\(Format.count(Int($0.rounded()))) MiB" } ?? "not known"
      ),
    ]
    if let precision = data.ranking?.inputs?.precision, precision != summary.precision {
      rows.append(("Scored in", precision))
    }
    if let cache = data.cache {
      rows.append(("Pictures for the student", "the copies in \(cache.folder)"))
    }
    if let source = data.source { rows.append(("Scores", source.words)) }
    if let teacher = data.frozenTeacher { rows.append(("Teacher", teacher.result)) }
    if let ranking = data.ranking {
      rows.append(
        (
          "Scoring and selection",
          "\(ResultSection.seconds(ranking.seconds)) s for "
            + Format.counted(ranking.imagesSeen, "picture", "pictures")
        ))
    }
    let pairs = rows.map { name, value -> HTML in
      "<div><dt>\(name)</dt><dd>\(value)</dd></div>"
    }
    return "<dl class=\"pairs\">\(pairs)</dl>"
  }

  private var warnings: HTML {
    let lines = data.warnings + data.notes
    guard !lines.isEmpty else { return .none }
    let items = lines.map { line -> HTML in "<p>\(line)</p>" }
    return "<div class=\"warnings\" role=\"note\" aria-label=\"Warnings\">\(items)</div>"
  }

  private var validation: String {
    let paths = data.recipe.data
    if let path = paths.validation { return path + split(paths.validationSplit) }
    guard paths.validationFraction > 0 else { return "none" }
    return "\(Format.significant(100 * paths.validationFraction, 3)) % held out of D"
  }

  private func split(_ name: String?) -> String { name.map { " (split \($0))" } ?? "" }

  private var trainings: HTML {
    let rows = data.trainings.map { training -> HTML in
      let settings = training.training
      let images = training.marker.map { Format.count($0.imagesSeen) }
      // The long baseline sees what the others saw, which nobody knows before they have.
      let planned =
        training.stage.facts.training?.isAsLongAsPipeline == true
        ? "–"
        : settings?.images.map { Format.count($0) }
          ?? settings?.epochs.map { Format.counted($0, "epoch", "epochs") } ?? "–"
      let seconds = training.marker.map { ResultSection.seconds($0.seconds) } ?? "–"
      return """
        <tr><th scope="row" class="text">\(training.stage.facts.result)</th>\
        <td class="text" data-label="model">\(training.model)</td>\
        <td data-label="images">\(images ?? planned)</td>\
        <td data-label="batch">\(settings.map { Format.count($0.batch) } ?? "–")</td>\
        <td data-label="learning rate">\
        \(settings.map { Format.significant($0.learningRate, 4) } ?? "–")</td>\
        <td class="text" data-label="schedule">\(settings.map(schedule) ?? "none: it is frozen")</td>\
        <td data-label="weight decay">\
        \(settings.map { Format.significant($0.weightDecay, 3) } ?? "–")</td>\
        <td data-label="seconds">\(seconds)</td></tr>
        """
    }
    return """
      <table class="tracks many">
      <caption>The trainings.</caption>
      <thead><tr><th scope="col" class="text">Training</th><th scope="col" class="text">model</th>\
      <th scope="col">images</th><th scope="col">batch</th><th scope="col">learning rate</th>\
      <th scope="col" class="text">schedule</th><th scope="col">weight decay</th>\
      <th scope="col">seconds</th></tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      \(options)
      """
  }

  /// What trainings have of today's options; nothing where none has any.
  private var options: HTML {
    let lines = data.trainings.compactMap { training -> String? in
      let options = data.recipe.options(of: training.stage)
      guard !options.isEmpty else { return nil }
      return "\(training.stage.facts.result): \(options.joined(separator: ", "))"
    }
    return lines.isEmpty
      ? "" : "<p>Options besides the paper's settings. \(lines.joined(separator: "; ")).</p>"
  }

  private func schedule(_ training: Recipe.Training) -> String {
    switch training.schedule {
    case .halving: "halved \(Format.counted(training.halvings, "time", "times"))"
    case .steps:
      "× \(Format.significant(training.dropFactor, 3)) after epochs "
        + training.drops.map(String.init).joined(separator: ", ")
    case .cosine: "half a cosine"
    case .constant: "constant"
    }
  }
}
