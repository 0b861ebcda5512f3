import Copies
import Files
import Foundation
import ImageData
import Models
import Recipes
import SystemPackage
import Terminal
import Torch
import Training

/// Looks for wrong labels in D: teachers of the recipe learn all but a part of D and are asked about that part, until
/// each picture was asked about, and `ConfidentLearning` compares their answers with the labels.
public struct FindLabelErrors {
  /// How it is done.
  public struct Options: Sendable {
    /// In how many parts D is held out, one after the other.
    public var folds = 5
    /// How often, each time in other parts and from other first weights: the answers' mean is surer.
    public var repeats = 3
    /// Images that each teacher sees; nil for a tenth of the recipe's: who trains long learns wrong labels by heart,
    /// and 5 folds, 3 times, then take half as long again as the recipe's teacher.
    public var images: Int?
    /// How many of the most dubious labels are listed.
    public var listed = 24

    /// The defaults.
    public init() {}
  }

  let run: Run
  let options: Options
  private let folder: String

  /// Looks for them and writes what is found into the run's directory; run again to go on after a stop.
  /// - Throws: `PipelineError`, `TrainingError`, `TorchError`, `FileError`; `Stopped` after saving.
  public static func perform(in run: Run, _ options: Options) throws -> LabelErrors {
    try FindLabelErrors(run: run, options: options).perform()
  }

  private init(run: Run, options: Options) {
    (self.run, self.options) = (run, options)
    folder = run.labelErrorsFolder
  }

  var labelled: Examples { run.data.labelled }
  var classCount: Int { run.data.classNames.count }
  var parts: String { "\(folder)/parts" }

  private func perform() throws -> LabelErrors {
    try check()
    let watch = Stopwatch()
    try FilePath(text: parts).makeFolder()
    let madeOf = try claim()
    // Each fold notes its own seconds, so that what was done before counts.
    let kind = run.recipe.teacher.kind
    var rows = LabelErrorRows(
      classNames: run.data.classNames, ranked: run.recipe.ranking.labelsPerImage)
    var sums = [Double](repeating: 0, count: labelled.count * classCount)
    var unreadable = Set<Int>()
    var first: [Float] = []
    if kind == .knn {
      first = try FrozenTeacher.leaveOneOut(in: run)
      add(first, to: &sums, &unreadable)
    } else {
      announce()
      for repetition in 0..<options.repeats {
        let logits = try self.logits(repetition)
        if repetition == 0 { first = logits }
        add(logits, to: &sums, &unreadable)
      }
    }
    let repeats = kind == .knn ? 1 : options.repeats
    for picture in 0..<labelled.count where !unreadable.contains(picture) {
      rows.pictures.append(picture)
      rows.keys.append(labelled.dataset.key(at: picture))
      rows.labels.append(Int(labelled.classes(at: picture).first ?? 0))
      let range = picture * classCount..<(picture + 1) * classCount
      rows.probabilities += sums[range].map { Float($0 / Double(repeats)) }
      rows.logits += first[range]
    }
    guard !rows.labels.isEmpty else {
      throw PipelineError.data("label-errors: no picture of D can be read")
    }
    let learning = ConfidentLearning(
      labels: rows.labels, probabilities: rows.probabilities, classCount: classCount)
    let names = rows.classNames
    let right = zip(rows.labels, learning.predicted).count { $0 == $1 }
    var found = LabelErrors(
      pictures: rows.labels.count, unreadable: unreadable.count,
      issues: learning.isIssue.count { $0 },
      outOfFoldTop1: 100 * Double(right) / Double(rows.labels.count),
      teacher: run.recipe.teacherInWords, folds: kind == .knn ? nil : options.folds,
      repeats: repeats, seconds: try secondsBefore() ?? watch.seconds,
      most: learning.ranked.filter { learning.isIssue[$0] }.prefix(options.listed).map { row in
        LabelErrors.Issue(
          index: rows.pictures[row], key: rows.keys[row],
          givenLabel: names[rows.labels[row]],
          predictedLabel: names[learning.predicted[row]], labelQuality: learning.quality[row])
      }, folder: folder, images: plan(settings, shareOf: options.folds)?.totalImages,
      recipeImages: plan(run.recipe.teacher.training)?.totalImages, madeOf: madeOf)
    if run.data.isValidationHeldOut { found.validationPictures = run.data.validation?.count }
    try LabelErrorFiles.write(found, rows, learning, to: folder)
    return found
  }

  /// - Throws: `PipelineError` where it cannot be done.
  private func check() throws {
    guard run.recipe.includes(.teacher) else {
      throw PipelineError.usage(
        "teacher.kind is given: there is no teacher that could be trained without a part of D; "
          + "--set teacher.kind=knn or linear asks a frozen network")
    }
    let fewest = labelled.countPerClass.min() ?? 0
    guard fewest > 1 || run.recipe.teacher.kind == .knn else {
      let name = zip(run.data.classNames, labelled.countPerClass).first { $0.1 < 2 }?.0 ?? ""
      throw PipelineError.data(
        "\(name) has one labelled picture: a teacher that does not learn it does not know its class; give every "
          + "class two or more")
    }
    let needed = 24.0 * Double(labelled.count) * Double(classCount)
    guard needed < 0.9 * Memory.limit else {
      throw PipelineError.memory(
        "label-errors: the probabilities of \(Format.count(labelled.count)) pictures and "
          + "\(Format.count(classCount)) classes take some \(Format.bytes(needed)) of "
          + "\(Format.bytes(Memory.limit)); data.labelledCount takes fewer pictures")
    }
  }

  /// Makes sure that the parts that are there were made by this recipe of these pictures, and forgets all that is
  /// there where it is to be made again.
  /// - Returns: What is made of which.
  /// - Throws: `PipelineError.usage` where they were not, `FileError`.
  private func claim() throws -> [String: String] {
    var now = try run.labelErrorFacts()
    now["folds"] = "\(options.folds)"
    now["images"] = options.images.map(String.init) ?? "a tenth of the recipe's"
    let path = "\(folder)/made-of.json"
    if run.isRedoing {
      // The summary first: it says that the others are whole.
      for file in [LabelErrorFiles.summary, LabelErrorFiles.ranked] {
        let path = FilePath(text: "\(folder)/\(file)")
        if path.exists { try path.remove() }
      }
      try FilePath(text: parts).remove()
      try FilePath(text: parts).makeFolder()
    } else if let before = try JSON.read([String: String].self, at: path), before != now {
      let changed = now.keys.sorted().filter { before[$0] != now[$0] }
      throw PipelineError.usage(
        "\(folder) was made with \(changed.map { $0 == "teacher" ? "another teacher or other pictures" : "other --\($0)" }.joined(separator: " and ")); "
          + "--redo makes it again")
    }
    try DurableFile.write(JSON.pretty(now), to: path)
    return now
  }

  private func add(_ logits: [Float], to sums: inout [Double], _ unreadable: inout Set<Int>) {
    for picture in 0..<labelled.count {
      let row = logits[picture * classCount..<(picture + 1) * classCount].map(Double.init)
      guard let most = row.max(), row.allSatisfy({ !$0.isNaN }) else {
        unreadable.insert(picture)
        continue
      }
      let odds = row.map { exp($0 - most) }
      let sum = odds.reduce(0, +)
      for (label, value) in odds.enumerated() {
        sums[picture * classCount + label] += value / sum
      }
    }
  }

  // MARK: - Parts

  var settings: Recipe.Training {
    var settings = run.recipe.teacher.training
    if let images = options.images {
      (settings.images, settings.epochs) = (images, nil)
    } else {
      settings.images = settings.images.map { max(settings.batch, $0 / 10) }
      settings.epochs = settings.epochs.map { max(1, $0 / 10) }
      settings.warmUpImages = settings.warmUpImages.map { $0 / 10 }
      settings.drops = settings.drops.map { $0 / 10 }.filter { $0 > 0 }
    }
    return settings
  }

  func part(_ repetition: Int, _ fold: Int) -> String {
    "\(parts)/\(repetition)-\(fold)"
  }

  /// Says what is to be done and how long it may take.
  private func announce() {
    let all = options.folds * options.repeats
    let done = (0..<options.repeats).reduce(0) { sum, repetition in
      sum + (0..<options.folds).count { FilePath(text: part(repetition, $0) + ".json").exists }
    }
    guard done < all else { return }
    var line =
      "label-errors: \(Format.counted(all, "teacher", "teachers")), each without "
      + "1/\(options.folds) of D"
    if done > 0 { line += "; \(Format.count(done)) of them are done" }
    if run.recipe.teacher.kind == .trained, let seconds = plannedSeconds() {
      line +=
        "; some \(Format.duration(seconds)) each at this machine's speed, "
        + "\(Format.duration(seconds * Double(all - done))) in all"
    }
    run.console.say(line)
  }

  /// What a teacher takes, as a dry run works it out.
  private func plannedSeconds() -> Double? {
    guard let speed = try? machineSpeed(run.device, run.precision),
      let cost = try? ModelCatalog.cost(run.options(of: .teacher), size: run.recipe.input.size),
      let plan = self.plan(settings, shareOf: options.folds)
    else { return nil }
    return 3 * cost.gmac * Double(plan.totalImages) / speed
  }

  /// The training of a teacher on D, or on D without one of so many parts; nil where a teacher is not trained.
  private func plan(_ settings: Recipe.Training, shareOf parts: Int? = nil) -> TrainingPlan? {
    guard run.recipe.teacher.kind == .trained else { return nil }
    return try? TrainingPlan(
      settings,
      imageCount: parts.map { labelled.count * ($0 - 1) / $0 } ?? labelled.count)
  }

  /// What all parts together took, of a training of each.
  private func secondsBefore() throws -> Double? {
    guard run.recipe.teacher.kind != .knn else { return nil }
    var seconds = 0.0
    for repetition in 0..<options.repeats {
      for fold in 0..<options.folds {
        let done = try JSON.read(
          PartRecord.self, at: part(repetition, fold) + ".json")
        seconds += done?.seconds ?? 0
      }
    }
    return seconds
  }
}
