import ImageData
import Models
import Torch

/// Trains a network: the one loop of teacher, student, fine-tuning and baseline.
///
/// ```swift
/// var settings = TrainingSettings()
/// (settings.images, settings.epochs, settings.batch) = (nil, 10, 64)
/// let job = TrainingJob(network, on: try Examples(labelled: dataset), settings, input: input)
/// try train(job, Runtime(), TrainingRecords(folder: "birds"))
/// ```
/// With records that have a folder for checkpoints it goes on from the newest one of the same training,
/// and gives the same weights whether or not it was interrupted. The network is trained where it is: on
/// the device of `runtime`. Signals stop it where the program called `StopSignal.listen()`.
/// - Throws: `Stopped` after saving when a signal asked for it; `TrainingError.nonFinite` after three
///   refused steps in a row, `.usage` when the settings cannot be followed or the checkpoints are another
///   training's, `.data` when there is nothing to train on; `ImageDataError` when too many pictures cannot
///   be read; `FileError` when something cannot be written; `TorchError`.
@discardableResult
public func train(
  _ job: TrainingJob, _ runtime: Runtime, _ records: TrainingRecords = TrainingRecords()
) throws -> TrainingResult {
  let plan = try TrainingPlan(job.settings, imageCount: job.examples.count)
  try job.requireSingleProcess(runtime)
  let optimizer = try job.optimizer()
  let average = try job.weightAverage()
  let journal = try TrainingJournal(of: job, plan, optimizer, average, runtime, records)
  let order = job.order
  let loader = try job.loader(plan, order, from: journal.step, runtime, journal.badSamples)
  defer { loader.stop() }
  let targets = Targets(
    job.examples, loss: job.settings.loss, order: order, seed: job.seed, device: runtime.device)
  let pictures = try ImageTensor(job.input, device: runtime.device)
  let statistics = try BatchStatistics(of: job.network)
  let replicas = try Replicas(of: job, plan, runtime, records)
  let threads = Libtorch.threads
  try Libtorch.setThreads(replicas.poolSize)
  defer { try? Libtorch.setThreads(threads) }

  while journal.step < plan.steps {
    try statistics.remember()
    let sums = try LossSums(on: runtime.device)
    for round in 0..<plan.accumulate {
      let batches = try (0..<replicas.count).map { _ in try journal.batch(from: loader) }
      let parts = try batches.map { _ in try LossSums(on: runtime.device) }
      try replicas.perform(images: plan.batch / plan.accumulate) { replica, network in
        let batch = batches[replica]
        let part = round * replicas.count + replica
        let pass = job.pass(runtime.precision, step: journal.step, part: part)
        let logits = try network(pictures(batch), pass)
        let rows = try targets.rows(for: batch)
        let loss = try targets.loss(logits, rows)
        try loss.scaled(by: 1 / Double(plan.accumulate * replicas.count)).backward()
        try parts[replica].add(loss, hits: targets.hits(logits, rows), images: batch.count)
      }
      for part in parts { try sums.add(part) }
    }
    try optimizer.averageGradients(over: runtime.group)

    let refusal = try job.stepGuard.refusal(of: sums, optimizer, step: journal.step + 1)
    if refusal == nil {
      try optimizer.step(learningRate: plan.schedule.rate(atStep: journal.step))
      try average?.update()
    } else {
      try statistics.restore()
    }
    try optimizer.clearGradients()
    try journal.record(sums, refused: refusal)
  }
  return try journal.finish(loader, threads: replicas.threadsInResult)
}
