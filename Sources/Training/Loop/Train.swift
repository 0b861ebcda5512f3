import Files
import ImageData
import Models
import Torch

/// Trains a network: the one loop of teacher, student, fine-tuning and baseline.
///
/// ```swift
/// var settings = TrainingSettings()
/// (settings.images, settings.epochs, settings.batch) = (nil, 10, 64)
/// let job = TrainingJob(network, on: try Examples(labelled: dataset), settings, input: input)
/// try train(job, Runtime(), TrainingRecords(folder: "birds", for: job))
/// ```
/// With records that have a folder for checkpoints it goes on from the newest one of the same training,
/// and gives the same weights whether or not it was interrupted.
/// - Throws: `Stopped` after saving when a signal asked for it, `TrainingError.nonFinite` after three bad
///   steps in a row, `ImageDataError` when too many pictures cannot be read, `TrainingError` when the
///   settings or the examples cannot be used.
@discardableResult
public func train(
  _ job: TrainingJob, _ runtime: Runtime, _ records: TrainingRecords = TrainingRecords()
) throws -> TrainingResult {
  let plan = try TrainingPlan(job.settings, imageCount: job.examples.count)
  let optimizer = try Optimizers.make(job.settings, for: job.trainedParameters())
  let journal = try TrainingJournal(of: job, plan, optimizer, runtime, records)
  let loader = try job.loader(plan, from: journal.step, runtime, journal.badSamples)
  defer { loader.stop() }
  let targets = job.targets(on: runtime.device)
  let pictures = try PictureTensor(job.input, device: runtime.device)
  let statistics = try BatchStatistics(of: job.network)
  let pass = job.pass(runtime.precision)

  while try journal.goesOn() {
    try statistics.remember()
    var sums = try LossSums(on: runtime.device)
    for _ in 0..<plan.accumulate {
      let batch = try journal.batch(from: loader)
      let logits = try job.network(pictures(batch), pass)
      let rows = try targets.rows(for: batch)
      let loss = try targets.loss(logits, rows)
      try loss.scaled(by: 1 / Double(plan.accumulate)).backward()
      try sums.add(loss, hits: targets.hits(logits, rows), images: batch.count)
    }
    try optimizer.averageGradients(over: runtime.group)

    if try job.stepGuard.accepts(sums, optimizer, step: journal.step + 1) {
      try optimizer.step(learningRate: plan.schedule.rate(atStep: journal.step))
      try journal.record(sums)
    } else {
      try statistics.restore()
      try journal.recordBadStep(sums)
    }
    try optimizer.clearGradients()
  }
  return try journal.finish(loader)
}
