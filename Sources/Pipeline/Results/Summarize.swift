import Files
import Foundation
import ImageData
import Ranking
import Recipes
import Shards
import Torch
import Training

/// What a run came to: `summary.json`, `report.html`, the model card and the manifest.
public enum Summarize {
  /// Writes them from what the run directory holds, stages that are not done left out.
  /// - Throws: `PipelineError`.
  @discardableResult
  public static func perform(in run: Run) throws -> Summary {
    var markers: [Stage: StageMarker] = [:]
    for stage in Stage.allCases where run.recipe.includes(stage) {
      let folder = run.directory.folder(of: stage)
      if case .done(let marker, _) = try StageMarker.state(of: stage, in: folder, for: run.recipe) {
        markers[stage] = marker
      }
    }
    let set = run.data.test == nil ? "validation" : "test"
    func accuracy(_ stage: Stage) -> Summary.Accuracy {
      let values = markers[stage]?.accuracies ?? [:]
      return .init(top1: values["\(set)_top1"], top5: values["\(set)_top5"])
    }
    var summary = Summary(
      classes: run.data.classNames.count,
      labelledImages: run.data.labelled.count - run.unreadableTrained,
      unlabelledImages: run.data.unlabelled.count, seed: run.recipe.seed,
      device: run.device.kind.rawValue, precision: run.precision.rawValue,
      threads: Libtorch.threads,
      libtorch: Libtorch.version)
    summary.cutShards = run.data.unlabelled.cutShards
    summary.scoresFrom = ScoreProvenance(of: run.directory)?.words
    for stage in Stage.allCases where stage.isMeasured { summary[stage] = accuracy(stage) }
    if markers[.pretraining] != nil {
      let path = "\(run.directory.folder(of: .pretraining))/tags.json"
      let tags = try? JSON.read(TagStatistics.self, at: path)
      (summary.taggedImages, summary.tagClasses) = (
        tags.map { $0.known - $0.copies }, tags?.classes
      )
    }
    for (stage, marker) in markers { summary.seconds[stage.rawValue] = marker.seconds }
    let earlier = try? Summary(contentsOf: run.directory.summaryPath)
    run.noteUnreadable(in: &summary)
    // Where nothing was measured, that is no number of pictures.
    if !markers.values.contains(where: { $0.accuracies["\(set)_top1"] != nil }) {
      summary.measuredImages = nil
    } else if let measured = (run.data.test ?? run.data.validation)?.dataset,
      measured.absence != nil, measured.count == 0
    {
      summary.measuredImages = earlier?.measuredImages
    }
    let selection =
      markers[.ranking] == nil ? nil : try Selection(path: run.directory.selectionPath)
    if let selection {
      let statistics = run.statistics(of: selection)
      summary.selectedImages = selection.images.count
      summary.imagesPerClass = Dictionary(
        zip(run.data.classNames, statistics.classes.map(\.count)), uniquingKeysWith: +)
      summary.selectionPurity = statistics.purity.map { 100 * $0 }
    }
    if run.data.unlabelled.absence != nil, let earlier {
      summary.unlabelledImages = earlier.unlabelledImages
      summary.selectionPurity = earlier.selectionPurity
      summary.cutShards = earlier.cutShards
    }
    if run.data.labelled.dataset.absence != nil, run.data.labelled.count == 0, let earlier {
      summary.labelledImages = earlier.labelledImages
    }
    // What computed is said of the results, not of the machine that reports on them.
    if let made = Stage.pipeline.filter(\.isMeasured).reversed()
      .lazy.compactMap({ markers[$0]?.inputs }).first
    {
      summary.device = made.device ?? earlier?.device ?? summary.device
      summary.precision = made.precision ?? earlier?.precision ?? summary.precision
      summary.libtorch = made.libtorch ?? earlier?.libtorch ?? summary.libtorch
    }
    // The most that any process of this run had resident.
    summary.peakMiB = Summary.peakMiBOfThisProcess().map { max($0, earlier?.peakMiB ?? 0) }
    if run.recipe.rounds > 1 {
      let later = run.finishedRounds
      summary.rounds =
        [Summary.Round(1, summary)] + later.map { Summary.Round($0.number, $0.summary) }
      if let last = later.last?.summary {
        for stage in Stage.allCases where stage.makesStudent { summary[stage] = last[stage] }
      }
    }
    var data = ReportData(of: run, summary, markers, selection: selection)
    summary.purityEstimate = data.purity.map {
      Summary.Estimate(
        value: 100 * $0.all.share, low: 100 * $0.all.low, high: 100 * $0.all.high,
        images: $0.images)
    }
    if !summary.rounds.isEmpty { summary.rounds[0].purityEstimate = summary.purityEstimate }
    data.summary = summary
    try summary.write(to: run.directory.summaryPath)
    try DurableFile.write(Report(data).html, to: run.directory.reportPath)
    let frozen =
      run.recipe.teacher.kind.isOnFeatures && markers[.teacher] != nil
      ? FrozenTeacherRecord.read(in: run.directory.folder(of: .teacher)) : nil
    try ModelCard(summary: summary, recipe: run.recipe, teacher: frozen?.result)
      .write(to: run.directory.modelCardPath)
    try Manifest(of: run.directory).write(to: run.directory)
    return summary
  }
}

extension Run {
  /// What could not be read and what was therefore measured.
  fileprivate func noteUnreadable(in summary: inout Summary) {
    let ocean = unreadableOfOcean()
    let sets = known.unreadable.sets + [ocean].compactMap { $0 }
    summary.unreadable = Dictionary(sets.map { ($0.set, $0.count) }) { first, _ in first }
    if ocean == nil { summary.unreadable.updateValue(nil, forKey: "unlabelled") }
    summary.unreadableImages = sets.filter { $0.count > 0 }
    summary.absentClasses = Dictionary(data.absentClasses.map { ($0.set, $0.classes) }) { $1 }
    summary.measuredOn = data.test != nil ? "test" : data.validation != nil ? "validation" : nil
    summary.measuredImages = summary.measuredOn.flatMap { set in
      (data.test ?? data.validation).map { $0.count - unreadableCount(of: set) }
    }
  }

  /// What could not be read of U where it was scored; nil before that.
  private func unreadableOfOcean() -> UnreadableImages? {
    let records = directory.shardRecords
    guard !records.isEmpty else { return nil }
    let count = records.reduce(0) { $0 + $1.unreadable }
    let list = "\(directory.folder(of: .ranking))/bad-samples.csv"
    return UnreadableImages(
      set: "unlabelled", count: count, of: records.reduce(0) { $0 + $1.count },
      first: count > 0 ? BadSamples.first(count, listedIn: list) : [])
  }
}
