import Files
import Foundation
import ImageData
import Models
public import Recipes
import Shards
import Training
import SystemPackage

/// `README.md` of a run directory: what the model is, how accurate it is, how it was made and what its limits are.
public struct ModelCard: Sendable {
  private let summary: Summary
  private let recipe: Recipe
  /// What the teacher is, where the recipe alone does not say it.
  private let teacherResult: String?

  /// The card of the model that `recipe` made, with the results of `summary`; `teacher` says what a teacher
  /// is that was not trained.
  public init(summary: Summary, recipe: Recipe, teacher: String? = nil) {
    self.summary = summary
    self.recipe = recipe
    teacherResult = teacher
  }

  /// Writes the card to `path`, durably.
  /// - Throws: `FileError` naming `path`.
  public func write(to path: String) throws { try DurableFile.write(markdown, to: path) }

  /// The card's text.
  public var markdown: String {
    [head, results, unreadable, training, classes, use, limits].compactMap { $0 }.joined(
      separator: "\n\n") + "\n"
  }

  private var head: String {
    """
    # \(recipe.name)

    A \(recipe.student.model) that tells \(Format.counted(summary.classes, "class", "classes")) \
    apart, made by semi-supervised training (Yalniz et al., *Billion-scale semi-supervised learning \
    for image classification*, arXiv:1905.00546): \(teacher) ranked \
    \(Format.count(summary.unlabelledImages)) unlabelled ones, \(student).
    """
  }

  private var student: String {
    guard summary.rounds.count < 2 else {
      return
        "\(studentOfRound); in \(summary.rounds.count) rounds, the student of each of which was the next one's teacher"
    }
    return studentOfRound
  }

  private var studentOfRound: String {
    let byItself = "with its own sure guesses as labels (FixMatch, arXiv:2001.07685)"
    let first =
      recipe.learnsSelected(.student)
      ? "the student learned from the best of them"
      : "but the student learned from the labelled ones as the teacher sees each view of them"
    return switch recipe.student.consistency.use {
    case .none: "\(first), then from the labelled ones"
    case .after: "\(first), then from the labelled ones and, \(byItself), all unlabelled ones"
    case .instead:
      "but the student learned from the labelled ones and, \(byItself), all unlabelled ones, then from the labelled ones"
    }
  }

  private var teacher: String {
    let labelled = "\(Format.count(summary.labelledImages)) labelled pictures"
    return switch recipe.teacher.kind {
    case .trained: "a teacher trained on \(tags)\(task)\(labelled)\(start)"
    case .linear, .knn: "\(recipe.teacherInWords), made from \(labelled),"
    case .given: "beside \(labelled), \(recipe.teacherInWords)"
    }
  }

  /// V, which the teacher learned before D.
  private var task: String {
    recipe.teacher.fineTuneOn.labelled.map {
      "the labelled pictures of \(FilePath(text: $0).name) and then on "
    } ?? ""
  }

  /// The weights that the teacher began with.
  private var start: String {
    recipe.teacher.startFrom.map { ", from the weights in \(FilePath(text: $0).name)," } ?? ""
  }

  /// What the teacher learned before the labelled pictures.
  private var tags: String {
    guard let images = summary.taggedImages, let classes = summary.tagClasses else { return "" }
    return
      "the tags of \(Format.count(images)) pictures (\(Format.count(classes)) classes) and then on "
  }

  private var results: String {
    let rows = (Stage.pipeline.reversed() + Stage.comparisons).compactMap { stage in
      stage.facts.accuracy.map { ($0.name(recipe), summary[stage]) }
    }
    let measured = rows.filter { $0.1.top1 != nil }
    guard !measured.isEmpty else {
      return recipe.data.test == nil
        ? "## Results\n\nNot measured: the recipe names no test pictures (`data.test`)."
        : "## Results\n\nNot measured yet."
    }
    var lines = ["## Results", "", "| model | top-1 % | top-5 % |", "|---|---|---|"]
    lines += measured.map { "| \($0) | \(Self.percent($1.top1)) | \(Self.percent($1.top5)) |" }
    if let gain = summary.gain {
      let sign = gain < 0 ? "" : "+"
      lines += [
        "",
        "Gain over training on the labelled pictures alone: \(sign)\(Self.percent(gain)) points.",
      ]
    }
    let part = summary.measuredPart.map { ", on \($0)" } ?? ""
    if let test = recipe.data.test {
      let split = recipe.data.testSplit.map { " (split \($0))" } ?? ""
      lines += ["", "Measured on `\(test)`\(split)\(part)."]
    } else {
      lines += ["", "Measured on the validation pictures\(part): the recipe names no `data.test`."]
    }
    if let absent = summary.absentLine { lines += ["", "There is \(absent)."] }
    return lines.joined(separator: "\n")
  }

  private var unreadable: String? {
    var lines = summary.unreadableImages.map { "- \($0.set): \($0.line)." }
    if let line = summary.cutShards?.line { lines.append("- unlabelled: \(line).") }
    guard !lines.isEmpty else { return nil }
    return "## Pictures that cannot be read\n\n" + lines.joined(separator: "\n")
  }

  private var training: String {
    let selected =
      summary.selectedImages.map { ", \(Format.counted($0, "picture", "pictures")) in all" } ?? ""
    let purity =
      summary.selectionPurity.map { " \(Self.percent($0)) % of the selected labels are right." }
      ?? ""
    let scored =
      recipe.ranking.precision == .int8 && summary.scoresFrom == nil
      ? " The teacher scored in int8." : ""
    let origin = summary.scoresFrom.map { " The scores are \($0)." } ?? ""
    let seconds =
      summary.seconds.values.reduce(0, +) + summary.rounds.dropFirst().reduce(0) { $0 + $1.seconds }
    return """
      ## Training

      \(teacherResult.map { "The teacher is \($0). " } ?? "")Each unlabelled picture was ranked in its \(Self.best(recipe.ranking.labelsPerImage, "class", "classes")) and \
      each class kept its \(Format.count(recipe.ranking.imagesPerClass)) best\(selected).\(scored)\(purity)\(origin) \
      Pre-training: \(Self.budget(recipe.student.training))\(options(of: .student)); fine-tuning: \
      \(Self.budget(recipe.fineTuning.training))\(options(of: .fineTuning)). Seed \(summary.seed), \(summary.device), \
      \(summary.precision), \(summary.threads > 1 ? "up to " : "")\(Format.counted(summary.threads, "thread", "threads")), libtorch \(summary.libtorch), \
      \(Format.counted(Int(seconds.rounded()), "second", "seconds")) in all. `recipe.yaml` holds every setting.
      """
  }

  private var classes: String {
    let names = (summary.imagesPerClass ?? [:]).keys.sorted()
    guard !names.isEmpty else { return "## Classes\n\n\(summary.classes), named in `config.json`." }
    let shown = names.prefix(50).map { "`\($0)`" }.joined(separator: ", ")
    let more = names.count > 50 ? " and \(names.count - 50) more, all in `config.json`" : ""
    return "## Classes\n\n\(shown)\(more)."
  }

  private var use: String {
    let place = place
    return """
      ## Use

      `halcyon predict \(place) PICTURE…` prints the best classes of pictures; the commands here are for this folder.

      \(model.uses(at: place))

      Input: \(model.inputInWords)
      """
  }

  /// Where the student is, in the run's directory.
  private var place: String {
    let folder = Stage.fineTuning.folder
    guard let last = summary.rounds.last?.round, last > 1 else { return folder }
    return "\(RunDirectory.roundFolder(last))/\(folder)"
  }

  /// The student, as it lies in the run's directory.
  private var model: ModelFolder {
    let options = NetworkOptions(
      model: recipe.student.model, classCount: summary.classes,
      inputChannels: recipe.input.channels, stem: recipe.student.stem, width: recipe.student.width)
    return ModelFolder(
      path: place, options: options, classNames: [], input: recipe.input)
  }

  private var limits: String {
    """
    ## Limits

    The model knows these classes only and gives one of them to any picture. Its labels come in part \
    from its teacher, so it repeats the teacher's mistakes and whatever the unlabelled pictures \
    over- or under-represent. The figures above hold for pictures like the ones they were measured \
    on. The licences of the pictures apply to what is made from them.
    """
  }

  private static func best(_ count: Int, _ one: String, _ several: String) -> String {
    count == 1 ? "best \(one)" : "\(Format.count(count)) best \(several)"
  }

  private static func percent(_ value: Double?) -> String {
    value.map { String(format: "%.2f", $0) } ?? "–"
  }

  private func options(of stage: Stage) -> String {
    let options = recipe.options(of: stage)
    return options.isEmpty ? "" : " (\(options.joined(separator: ", ")))"
  }

  private static func budget(_ training: Recipe.Training) -> String {
    let length =
      training.images.map { "\(Format.count($0)) images" }
      ?? training.epochs.map { Format.counted($0, "epoch", "epochs") } ?? ""
    return "\(length), batch \(Format.count(training.batch)), "
      + "learning rate \(Format.significant(training.learningRate, 4))"
  }
}
