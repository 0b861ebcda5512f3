import Copies
import Files
import ImageData
import Models
import Recipes
import SystemPackage
import Terminal
import Torch
import Training

extension FindLabelErrors {
  /// What a finished part leaves, last.
  struct PartRecord: Codable {
    var seconds: Double
    var sha256: String
  }

  /// The logits of every picture of D, from teachers that had not learned it; not numbers where it cannot be read.
  func logits(_ repetition: Int) throws -> [Float] {
    let labels = (0..<labelled.count).map { Int(labelled.classes(at: $0).first ?? 0) }
    let seed = Hash.mix(run.seed(.teacher), UInt64(repetition), 0x1abe1)
    let contents = try contentHashes(of: labelled.dataset, workers: run.workers)
    let folds = LabelFolds(
      labels, classCount: classCount, count: options.folds, seed: seed,
      copies: CopyGroups(of: contents.map { $0?.prefix ?? .none }))
    var all = [Float](repeating: .nan, count: labelled.count * classCount)
    for fold in 0..<options.folds {
      try StopSignal.check()
      let (kept, heldOut) = folds.split(fold)
      guard !heldOut.isEmpty else { continue }
      let rows = try logits(repetition, fold, kept, heldOut, seed: seed)
      for (row, picture) in heldOut.enumerated() {
        all.replaceSubrange(
          picture * classCount..<(picture + 1) * classCount,
          with: rows[row * classCount..<(row + 1) * classCount])
      }
    }
    return all
  }

  /// The logits of one part, made or read.
  private func logits(
    _ repetition: Int, _ fold: Int, _ kept: [Int], _ heldOut: [Int], seed: UInt64
  ) throws -> [Float] {
    let path = part(repetition, fold)
    if let done = try JSON.read(PartRecord.self, at: path + ".json"),
      try Checksum.sha256(file: path + ".npy") == done.sha256
    {
      var rows: [Float] = []
      try NumPyMatrix(path: path + ".npy").forEachRow { _, row in rows += row.map { Float($0) } }
      return rows
    }
    let start = Stopwatch()
    let title =
      "teacher \(repetition * options.folds + fold + 1) of \(options.folds * options.repeats)"
    let rows =
      try run.recipe.teacher.kind == .linear
      ? FrozenTeacher.linearLogits(of: heldOut, learning: kept, in: run)
      : trainedLogits(
        path, title, kept, heldOut, seed: Hash.mix(seed, UInt64(fold), 1))
    let writer = try NumPyWriter(path: path + ".npy", columns: classCount)
    try rows.withUnsafeBytes { try writer.append($0) }
    try writer.finish()
    let record = PartRecord(
      seconds: start.seconds, sha256: try Checksum.sha256(file: path + ".npy"))
    try DurableFile.write(JSON.pretty(record), to: path + ".json")
    if FilePath(text: path).exists { try FilePath(text: path).remove() }
    return rows
  }

  /// Trains a teacher on the pictures `kept` and asks it about the others.
  private func trainedLogits(
    _ path: String, _ title: String, _ kept: [Int], _ heldOut: [Int], seed: UInt64
  ) throws -> [Float] {
    let options = run.options(of: .teacher)
    let network = try run.firstNetwork(of: .teacher, options, seed: seed)
    let learned = try Examples(labelled: IndexedSubset(labelled.dataset, indices: kept))
    var job = TrainingJob(
      network, on: learned, settings, input: run.recipe.input, seed: seed, title: title)
    job.stepGuard = run.stepGuard
    try FilePath(text: path).makeFolder()
    var records = TrainingRecords()
    records.metricsPath = "\(path)/metrics.csv"
    records.checkpoints = CheckpointFolder(
      path: "\(path)/checkpoints", everySteps: run.recipe.checkpoints.everySteps,
      keep: run.recipe.checkpoints.keep)
    records.badSamplesPath = "\(path)/bad-samples.csv"
    records.unreadableLimit = run.unreadableLimit(of: learned.dataset, in: .teacher)
    records.console = run.console
    _ = try run.fittingMemory(.teacher, job, options) {
      try Training.train(job, run.evaluationRuntime, records)
    }
    let asked = try Examples(labelled: IndexedSubset(labelled.dataset, indices: heldOut))
    var rows = [Float](repeating: .nan, count: heldOut.count * classCount)
    let result = try evaluate(
      network, on: asked, input: run.recipe.input, run.evaluationRuntime, progress: nil,
      observing: { batch, logits in
        let values = try logits.array(of: Float.self)
        for row in 0..<batch.count where batch.reasons[row] == nil {
          let place = batch.indices[row] * classCount
          rows.replaceSubrange(
            place..<place + classCount, with: values[row * classCount..<(row + 1) * classCount])
        }
      })
    run.console.note(
      "\(title): \(result.top1.map { "\(Format.fixed($0, 1)) %" } ?? "none") of the labels held out from it come first"
    )
    return rows
  }
}
