import Files
import ImageData
import Ranking
import Recipes
import Shards
import Terminal
import Torch
import Training

/// The scores that a run's own teacher gives.
final class TeacherScores: ScoreSource {
  let kind: ShardRecord
  private let run: Run
  private let teacher: ModelFolder
  private let calibration: Calibration?
  private let badSamples: BadSamples
  private var inference: Inference?
  private var top: TopClasses

  /// The scores of the teacher that `run` has finished.
  /// - Throws: `PipelineError`; one that says so when there is no teacher yet, or it has other classes.
  init(of run: Run) throws {
    self.run = run
    teacher = try run.model(of: .teacher)
    try requireSameClasses(
      teacher.classNames, "the teacher's classes", run.data.classNames, "the labelled set's")
    let isInt8 = run.scoringPrecision == .int8
    if isInt8, let error = PipelineError(ofInt8On: run.device) { throw error }
    calibration = isInt8 ? try Calibration(of: teacher, in: run) : nil
    kind = try ShardRecord(of: run, teacher: teacher, calibration)
    // How many may be unreadable is judged over all shards, when they are selected from: a share of
    // what this process happens to score would depend on who scores what.
    badSamples = BadSamples(of: run.data.unlabelled, limit: .none, seesEachOnce: true)
    top = TopClasses(classes: kind.classes, count: kind.classesPerSample)
  }

  func prepare(for shards: [Int]) throws {
    guard inference == nil else { return }
    inference = try Inference(
      teacher.load(on: run.device), input: run.recipe.input, run.scoringRuntime(calibration))
  }

  func forEachBatch(
    ofShard shard: Int, copying: CacheFormat?, _ body: (ScoredBatch) throws -> Void
  ) throws {
    let pictures = run.data.unlabelled
    try inference?.forEachBatch(
      of: pictures, range: pictures.range(ofShard: shard), notesContents: true,
      copying: copying, badSamples: badSamples
    ) { batch, logits in
      let values = try logits.array(of: Float.self)
      let width = kind.classes
      try body(
        ScoredBatch(
          indices: batch.indices, contents: batch.contents, copies: batch.copies,
          unreadable: batch.reasons
        ) { row in
          try values.withUnsafeBufferPointer {
            try self.top.rank(UnsafeBufferPointer(rebasing: $0[row * width..<(row + 1) * width]))
          }
          return .classes(self.top.classes, self.top.scores)
        })
    }
  }

  /// Tells which pictures lack their file's end.
  func finish() {
    if let line = inference?.withoutEnd.line(in: run.data.unlabelled.name) {
      run.console.note(line)
    }
  }
}
