import Files
import Foundation
import ImageData
import Ranking
import Torch

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
      classes: run.data.classNames.count, labelledImages: run.data.labelled.count,
      unlabelledImages: run.data.unlabelled.count, seed: run.recipe.seed,
      device: run.device.rawValue, precision: run.precision.rawValue, threads: Libtorch.threads,
      libtorch: Libtorch.version)
    summary.supervised = accuracy(.baseline)
    summary.supervisedLong = accuracy(.baselineLong)
    summary.teacher = accuracy(.teacher)
    summary.pretrained = accuracy(.student)
    summary.student = accuracy(.fineTuning)
    for (stage, marker) in markers { summary.seconds[stage.rawValue] = marker.seconds }
    let earlier = try? Summary(contentsOf: run.directory.summaryPath)
    let selection =
      markers[.ranking] == nil ? nil : try Selection(path: run.directory.selectionPath)
    if let selection {
      let statistics = run.statistics(of: selection)
      summary.selectedImages = selection.images.count
      summary.imagesPerClass = Dictionary(
        zip(run.data.classNames, statistics.classes.map(\.count)), uniquingKeysWith: +)
      summary.selectionPurity = statistics.purity.map { 100 * $0 }
    }
    if run.data.unlabelled is MissingPictures, let earlier {
      summary.unlabelledImages = earlier.unlabelledImages
      summary.selectionPurity = earlier.selectionPurity
    }
    // The most that any process of this run had resident.
    summary.peakMiB = Summary.peakMiBOfThisProcess().map { max($0, earlier?.peakMiB ?? 0) }
    try summary.write(to: run.directory.summaryPath)
    let report = Report(ReportData(of: run, summary, markers, selection: selection))
    try DurableFile.write(report.html, to: run.directory.reportPath)
    try ModelCard(summary: summary, recipe: run.recipe).write(to: run.directory.modelCardPath)
    try Manifest(of: run.directory).write(to: run.directory)
    return summary
  }
}
