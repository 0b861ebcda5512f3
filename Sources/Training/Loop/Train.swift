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
/// The processes of `runtime.group` train one network: each computes its parts of every batch (`PartShare`),
/// all end with the same weights, and process 0 alone keeps records, which the others get from it.
/// - Throws: `Stopped` after saving when a signal asked for it; `TrainingError.nonFinite` after three
///   refused steps in a row, `.usage` when the settings cannot be followed or the checkpoints are another
///   training's, `.data` when there is nothing to train on; `ImageDataError` when too many pictures cannot
///   be read; `FileError` when something cannot be written; `TorchError`.
@discardableResult
public func train(
  _ job: TrainingJob, _ runtime: Runtime, _ records: TrainingRecords = TrainingRecords()
) throws -> TrainingResult {
  let plan = try TrainingPlan(job.settings, imageCount: job.imagesPerPass)
  try job.requireGroup(runtime)
  let share = try PartShare(
    of: plan, rank: runtime.group.rank, size: runtime.group.size, passes: job.passesPerPart)
  let optimizer = try job.optimizer()
  let average = try job.weightAverage()
  let curriculum = try job.curriculum(on: runtime.device)
  let statistics = try BatchStatistics(of: job.network)
  let agreement = try StepAgreement(of: job, share, optimizer, statistics, runtime)
  let journal = try TrainingJournal(
    of: job, plan, optimizer, average, curriculum, agreement, runtime, records)
  let order = job.order
  let loader = try job.loader(
    plan, share, order, from: journal.step, runtime, journal.badSamples)
  defer { loader.stop() }
  let targets = job.targets(order, on: runtime.device)
  let replicas = try Replicas(of: job, plan, share, runtime, records)
  let inputs = try job.partInputs(targets, curriculum, replicas: replicas.count, runtime)
  let threads = Libtorch.threads
  try Libtorch.setThreads(replicas.poolSize)
  defer { try? Libtorch.setThreads(threads) }

  while journal.step < plan.steps {
    try statistics.remember()
    var sums = try LossSums(on: runtime.device)
    for round in share.rounds {
      let pictures = try (0..<replicas.count).map { _ in try journal.part(from: loader) }
      let parts = try pictures.map { _ in try LossSums(on: runtime.device) }
      try replicas.perform(images: pictures.reduce(0) { $0 + $1.count }, round: round) {
        replica, network in
        let part = share.part(round: round, replica: replica)
        let pass = job.pass(runtime, step: journal.step, part: part)
        let input = try inputs(pictures[replica], part, network, pass, replica: replica)
        let logits = try network(input.images, pass)
        let loss = try targets.loss(logits, input.rows)
        try replicas.announceLast(round, to: agreement)
        try agreement.backward(from: loss.scaled(by: 1 / Double(share.partCount)))
        try parts[replica].add(
          loss, hits: targets.hits(logits, input.rows), images: input.labelled,
          pseudoLabels: input.pseudoLabels)
      }
      for part in parts { try sums.add(part) }
    }
    sums = try journal.agreeing {
      try agreement.reach(sums, replicas.statistics)
    } undo: {
      try statistics.restore()
    }

    let refusal = try agreement.refusal(
      job.stepGuard.refusal(of: sums, optimizer, step: journal.step + 1))
    if refusal == nil {
      try optimizer.step(learningRate: plan.schedule.rate(atStep: journal.step))
      try average?.update()
    } else {
      try statistics.restore()
      if try agreement.captures() {
        try journal.capture(
          StepCapture(
            of: job, plan, share, order, inputs, step: journal.step, runtime,
            because: refusal ?? ""))
      }
    }
    try curriculum?.advance(taking: refusal == nil, over: runtime.distributed)
    try optimizer.clearGradients()
    try journal.record(sums, refused: refusal)
  }
  return try journal.finish(loader, threads: replicas.threadsInResult)
}
