import Files
import Foundation
import ImageData
import Models
import Ranking
import Recipes
import Shards
import SystemPackage
import Training

extension ReportData {
  /// Reads what a report shows from the run's directory; a file that is missing leaves a gap.
  /// - Parameters:
  ///   - run: The run.
  ///   - summary: What it came to.
  ///   - markers: The stages that are finished.
  ///   - selection: What was selected, when that stage is finished.
  init(
    of run: Run, _ summary: Summary, _ markers: [Stage: StageMarker], selection: Selection?
  ) {
    let recipe = run.recipe
    let rounds = run.finishedRounds
    let markers = Self.shown(markers, rounds)
    let measured: MeasuredSet? =
      run.data.test != nil ? .test : run.data.validation != nil ? .validation : nil
    self.init(
      recipe: recipe, summary: summary, classNames: run.data.classNames, measuredOn: measured)
    self.markers = markers.last
    (lastRound, otherRounds) = (rounds.last?.number ?? 1, markers.others)
    let isFrozen = recipe.teacher.kind.isOnFeatures
    if isFrozen, self.markers[.teacher] != nil {
      frozenTeacher = .read(in: run.directory.folder(of: .teacher))
    }
    let trained = Stage.comparisonsFirst.filter {
      $0.facts.training != nil && recipe.includes($0)
    }
    trainings = trained.map { stage in
      Training(
        stage: stage, model: run.options(of: stage).model, training: recipe.training(of: stage),
        marker: self.markers[stage],
        rows: (try? MetricsTable.rows(of: place(of: stage, in: run).metricsPath(of: stage))) ?? [],
        evaluation: self.markers[stage] == nil
          ? nil : place(of: stage, in: run).evaluation(of: stage, on: measured))
    }
    if recipe.includes(.pretraining) {
      let path = "\(run.directory.folder(of: .pretraining))/tags.json"
      tags = try? JSON.read(TagStatistics.self, at: path)
    }
    source = ScoreProvenance(of: run.directory)
    cache = try? CacheNote(in: run.directory)
    agreement = TeacherAgreement(of: run.directory)
    missing = Stage.allCases.filter { recipe.includes($0) && self.markers[$0] == nil }
    if let selection {
      self.selection = Selected(
        images: selection.images.count, imagesPerClass: selection.imagesPerClass,
        labelsPerImage: selection.classesPerSample, statistics: run.statistics(of: selection))
      inspection = try? Inspection(
        of: selection, listedIn: run.directory.folder(of: .ranking), in: run)
      pictures = ImageGrid(of: selection, in: run, self)
      let (heldOut, unknown) = run.heldOutScores(for: selection)
      purityUnknown = unknown
      if let heldOut { estimatePurity(of: selection, by: heldOut) }
    }
    validationImages = run.data.validation?.count
    planWarnings = run.planWarnings(summary)
    gatherPredictions(of: run)
    caveats = Self.caveats(run, self)
    warnings = Self.warnings(run, self)
    notes = Self.notes(run, self)
  }

  /// How many of the selected labels are right, and of the last half of the ranks against those before.
  private mutating func estimatePurity(of selection: Selection, by heldOut: HeldOutScores) {
    purity = PurityEstimate(heldOut, selected: selection.scoresByClass())
    let half = selection.imagesPerClass / 2
    guard half > 0,
      let early = PurityEstimate(heldOut, selected: selection.scoresByClass(at: 1...half)),
      let late = PurityEstimate(
        heldOut, selected: selection.scoresByClass(at: half + 1...selection.imagesPerClass))
    else { return }
    purityByRanks = (early.all, late.all)
  }

  /// The markers that a report shows, and the pipeline's in `rounds` that it only counts.
  private static func shown(
    _ first: [Stage: StageMarker], _ rounds: [Run.FinishedRound]
  ) -> (last: [Stage: StageMarker], others: [StageMarker]) {
    var (shown, others) = (first, [StageMarker]())
    for round in rounds {
      for stage in Stage.pipeline {
        let marker = round.markers[stage]
        // The round before has the student that this one begins with.
        others += [stage.makesStudent ? shown[stage] : marker].compactMap { $0 }
        if stage.makesStudent { shown[stage] = marker }
      }
    }
    return (shown, others)
  }

  /// Where the result of a stage is that the report shows.
  private func place(of stage: Stage, in run: Run) -> RunDirectory {
    stage.makesStudent ? run.directory.round(lastRound) : run.directory
  }

  /// What the networks said of each measured picture, the student's surest mistakes, and dubious labels of D.
  private mutating func gatherPredictions(of run: Run) {
    let errors = run.labelErrors
    labelErrors = errors.flatMap { $0.isOfThisRun ? $0.found : nil }
    labelErrorsAreOthers = errors?.isOfThisRun == false
    dubious = Mistake.all(
      labelErrors?.most ?? [], names: classNames, of: run.data.labelled.dataset,
      maxPixels: run.recipe.data.maxPixels)
    guard let set = measuredOn else { return }
    for stage in [Stage.baseline, .teacher, .student, .fineTuning] where markers[stage] != nil {
      predictions[stage] = MeasuredPredictions(
        at: place(of: stage, in: run).predictionsPath(of: stage, on: set.rawValue),
        names: classNames,
        mistakes: stage == .fineTuning ? Mistake.most : 0)
    }
    if let student = predictions[.fineTuning], let pictures = run.data.test ?? run.data.validation {
      mistakes = Mistake.all(
        student.surestMistakes, of: pictures.dataset, maxPixels: run.recipe.data.maxPixels)
    }
  }

  private static func caveats(_ run: Run, _ data: ReportData) -> [String] {
    var caveats: [String] = []
    if let absence = run.data.unlabelled.absence {
      caveats.append(
        "The unlabelled pictures are missing below, and their true classes with them: "
          + "\(absence).")
    }
    if let absence = run.data.labelled.dataset.absence {
      caveats.append("The labelled pictures are no longer there: \(absence).")
    }
    if let part = data.summary.measuredPart {
      caveats.append("The accuracies are of \(part).")
    }
    if let absent = data.summary.absentLine { caveats.append("There is \(absent).") }
    if data.measuredOn == .validation {
      caveats.append(
        "The accuracies are those of the validation pictures, which were also measured during "
          + "training: give data.test for figures on pictures that nothing was tuned on.")
    }
    return caveats
  }

  /// What was left out because it has to be, and what an earlier version did not note.
  private static func notes(_ run: Run, _ data: ReportData) -> [String] {
    var notes: [String] = []
    let excluded =
      data.ranking == nil ? 0 : run.directory.shardRecords.reduce(0) { $0 + $1.excluded }
    if excluded > 0 {
      notes.append(
        "\(Format.counted(excluded, "unlabelled picture was", "unlabelled pictures were")) left out "
          + "because D or the test pictures hold them: \(Stage.ranking.folder)/excluded.csv.")
    }
    if let tags = data.tags, tags.copies > 0 {
      notes.append(
        "\(Format.counted(tags.copies, "tagged picture was", "tagged pictures were")) left out "
          + "because D or the test pictures hold them: \(Stage.pretraining.folder)/excluded.csv.")
    }
    let unkept = [Stage.baseline, .fineTuning].filter {
      data.evaluation($0) != nil && data.predictions[$0] == nil
    }
    if !unkept.isEmpty {
      notes.append(
        "\(unkept.map(\.facts.result).joined(separator: " and ")): the answers to each picture "
          + "(predictions-\(data.measuredOn?.rawValue ?? "test").csv) are not there, as an earlier version measured "
          + "it: the gain's interval is of independent measurements, and what is taken for what is not shown."
      )
    }
    return notes
  }

  /// What is missing of what the run was given, or could not be read.
  private static func warnings(_ run: Run, _ data: ReportData) -> [String] {
    var warnings: [String] = []
    let without =
      data.selection == nil ? [] : ScoredShards.missing(in: run.directory.folder(of: .ranking))
    if !without.isEmpty {
      warnings.append(
        "\(Format.counted(without.count, "shard", "shards")) of U had no scores and took no part in the "
          + "selection: \(Format.few(without)).")
    }
    let records = data.ranking == nil ? [] : run.directory.shardRecords
    let unscored = records.reduce(0) { $0 + ($1.withoutScores ?? 0) }
    if unscored > 0 {
      warnings.append(
        "Of \(Format.counted(unscored, "unlabelled picture", "unlabelled pictures")) no scores were "
          + "given: \(Stage.ranking.folder)/unscored.csv.")
    }
    for set in data.summary.unreadableImages {
      let list =
        set.set == "unlabelled"
        ? "\(Stage.ranking.folder)/bad-samples.csv"
        : "\(FilePath(text: run.directory.knownFolder).name)/unreadable.csv"
      warnings.append("\(set.set.capitalized) pictures: \(set.line). All are in \(list).")
    }
    if let line = data.summary.cutShards?.line { warnings.append("Unlabelled pictures: \(line).") }
    for training in data.trainings {
      let list = "\(run.directory.path)/\(data.folder(of: training.stage))/bad-samples.csv"
      let count = AppendedFile.lineCount(of: list) - 1
      if count > 0 {
        warnings.append(
          "\(training.stage.facts.result): "
            + "\(Format.counted(count, "picture", "pictures")) could not be read, and others stood in "
            + "for them: \(data.folder(of: training.stage))/bad-samples.csv.")
      }
      if let evaluation = training.evaluation, let line = evaluation.unreadableLine,
        evaluation.count != data.summary.measuredImages
      {
        warnings.append(
          "\(training.stage.facts.result): \(data.measuredOn?.rawValue ?? ""): \(line).")
      }
    }
    return warnings
  }
}

extension RunDirectory {
  /// The per-class accuracies that a stage left; nil where they are missing or broken.
  fileprivate func evaluation(of stage: Stage, on set: ReportData.MeasuredSet?) -> Evaluation? {
    guard let set else { return nil }
    return try? JSON.read(Evaluation.self, at: evaluationPath(of: stage, on: set.rawValue))
  }
}
