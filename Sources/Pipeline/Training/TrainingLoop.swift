import Files
import Foundation
import ImageData
import Models
import Torch

/// One network to train: for which stage, on what, and how.
struct TrainingJob {
  let stage: Stage
  let network: any Network
  let examples: Examples
  let validation: Examples?
  let training: Recipe.Training
  /// Everything random in this training follows from it.
  let seed: UInt64
}

/// What a finished training reports.
struct TrainingResult {
  let imagesSeen: Int
  let seconds: Double
}

/// How many steps in a row may have a loss or gradients that are not finite.
let badStepLimit = 3

extension Run {
  /// Trains a network: the one loop of teacher, student, fine-tuning and baseline.
  ///
  /// Goes on from the newest checkpoint of the same stage, and gives the same weights whether or
  /// not it was interrupted.
  /// - Throws: `PipelineError.stopped` after saving when a signal asked for it, `.nonFinite` after
  ///   three bad steps in a row, `.data` when too many pictures cannot be read.
  func train(_ job: TrainingJob) throws -> TrainingResult {
    let plan = try TrainingPlan(job.training, imageCount: job.examples.count)
    let network = job.network
    let trained = network.weights.parameters.filter {
      !job.training.freezeBackbone || $0.name.hasPrefix(type(of: network).lastLayer)
    }
    for (name, tensor) in network.weights.parameters {
      try tensor.setRequiresGradient(trained.contains { $0.name == name })
    }
    let optimizer = try SGD(
      trained, momentum: job.training.momentum, weightDecay: job.training.weightDecay,
      nesterov: job.training.nesterov)
    let checkpoints = CheckpointFolder(
      path: directory.checkpointsFolder(of: job.stage), stageHash: recipe.stageHash(job.stage),
      inputs: inputs.inputs(of: job.stage, in: directory), keep: recipe.checkpoints.keep)
    var state = try checkpoints.load(network, optimizer, console) ?? Checkpoint()
    var savedStep = state.step
    // A checkpoint with sums was saved before its step's row, which is then written anew.
    let hasRow = state.sums.images == 0
    let metrics = try MetricsTable(
      path: directory.metricsPath(of: job.stage),
      trimmedToStep: hasRow ? state.step : state.step - 1)
    try log.trim(job.stage, toStep: state.step, keepingRow: hasRow)
    try log.append("start", stage: job.stage, step: state.step, ["steps": .integer(plan.steps)])

    let order: any SampleOrder =
      job.training.order == .classBalanced
      ? ClassBalancedOrder(job.examples, seed: job.seed)
      : ShuffledOrder(count: job.examples.count, seed: job.seed)
    let targets = Targets(examples: job.examples, loss: job.training.loss, seed: job.seed)
    let toPictures = try PictureTensor(recipe.input, device: device)
    let badSamples = badSamples(of: job.examples.dataset, in: job.stage)
    let loader = try BatchLoader(
      dataset: job.examples.dataset, order: order,
      positions: state.step * plan.batch..<plan.steps * plan.batch, batchSize: plan.microBatch,
      preset: .train(recipe.trainPreset(job.training.augmentation)), seed: job.seed,
      workers: workers, onUnreadable: .substitute, maxPixels: recipe.data.maxPixels,
      badSamples: badSamples, givesWay: device == .cpu)
    defer { loader.stop() }

    let statistics = network.weights.buffers.map(\.tensor)
    let statisticsBefore = try statistics.map { try $0.copied() }
    // A pass in bfloat16 would round batch statistics and normalisation of a frozen network.
    let pass = Pass(job.training.freezeBackbone ? .evaluation : .training, precision: precision)
    let rowInterval = max(1, plan.steps / 200)
    let validationInterval = recipe.evaluation.everyImages.map { max(1, $0 / plan.batch) }
    let progress = console.progress(job.stage.title, total: plan.steps, from: state.step)
    let start = Stopwatch(ran: state.seconds)
    var rowStart = Stopwatch()
    var rowImages = 0

    func save() throws {
      guard state.step != savedStep else { return }
      state.seconds = start.seconds
      try checkpoints.save(state, network, optimizer)
      savedStep = state.step
      try log.append("checkpoint", stage: job.stage, step: state.step)
    }
    /// Saves before a stop in `body` goes on its way.
    func stoppable<Value>(_ body: () throws -> Value) throws -> Value {
      do {
        return try body()
      } catch PipelineError.stopped(let signal) {
        try save()
        throw PipelineError.stopped(signal: signal)
      }
    }

    while true {
      let isLast = state.step == plan.steps
      if state.sums.images > 0, state.step % rowInterval == 0 || isLast {
        var measured: Evaluation?
        if let validation = job.validation,
          isLast || crosses(validationInterval, state.step, within: rowInterval)
        {
          measured = try stoppable { try evaluate(network, on: validation) }
        }
        let images = Double(state.sums.images)
        let row = MetricsTable.Row(
          step: state.step, images: state.step * plan.batch, loss: state.sums.loss / images,
          top1: 100 * Double(state.sums.correct) / images,
          learningRate: plan.schedule.rate(atStep: state.step - 1),
          imagesPerSecond: Double(rowImages) / max(1e-9, rowStart.seconds),
          validationTop1: measured?.top1, validationImages: measured?.count)
        try metrics.append(row)
        try log.append(
          "step", stage: job.stage, step: row.step,
          ["images": .integer(row.images), "loss": .number(row.loss)])
        state.sums = .init()
        rowStart = Stopwatch()
        rowImages = 0
      }
      // The weights of a bad step are good ones, but its checkpoint must not push a better one out.
      let isDue = state.step % recipe.checkpoints.everySteps == 0 && state.badSteps == 0
      if isLast { try requireFinite(network, job.stage) }
      if isDue || isLast { try save() }
      try stoppable(StopSignal.check)
      if isLast { break }

      let rate = plan.schedule.rate(atStep: state.step)
      try Tensor.copyAll(from: statistics, to: statisticsBefore)
      var stepLoss = 0.0
      var correct = 0
      for _ in 0..<job.training.accumulate {
        guard let batch = try loader.next() else {
          throw PipelineError.data("\(job.stage.title): the pictures ended at step \(state.step)")
        }
        let logits = try network(toPictures(batch), pass)
        let rows = try targets.rows(for: batch, order: order, device: device)
        let loss = try targets.loss(logits, rows).scaled(by: 1 / Double(job.training.accumulate))
        try loss.backward()
        stepLoss += try loss.item()
        correct += try targets.correct(logits.detached(), for: batch)
      }

      state.step += 1
      if injectedFaults.contains(.nonFiniteLoss(step: state.step)) { stepLoss = .nan }
      if injectedFaults.contains(.nonFiniteGradient(step: state.step)) {
        try trained.first?.tensor.gradient()?.fill(.nan)
      }
      if injectedFaults.contains(.stop(step: state.step)) { raise(SIGTERM) }
      if stepLoss.isFinite, try optimizer.gradientsAreFinite() {
        try optimizer.step(learningRate: rate)
        state.badSteps = 0
        state.sums.loss += stepLoss * Double(plan.batch)
        state.sums.correct += correct
        state.sums.images += plan.batch
      } else {
        try Tensor.copyAll(from: statisticsBefore, to: statistics)
        state.badSteps += 1
        try log.append("non-finite step", stage: job.stage, step: state.step)
        guard state.badSteps < badStepLimit else {
          throw PipelineError.nonFinite(
            """
            \(job.stage.title): the loss or a gradient was not a finite number in \(badStepLimit) steps \
            in a row, the last of them step \(state.step); lower its learningRate \
            (now \(rate)) or use precision: float32; \
            \(savedStep > 0 ? "the checkpoint of step \(savedStep) is kept" : "nothing was saved yet")
            """)
        }
      }
      try optimizer.clearGradients()
      rowImages += plan.batch
      progress.update(
        state.step, speed: Double(rowImages) / max(1e-9, rowStart.seconds),
        loss: stepLoss, accuracy: Double(correct) / Double(plan.batch), learningRate: rate)
    }
    progress.finish()
    try tell(badSamples, job)
    if let line = loader.withoutEnd.line(in: job.examples.dataset.name) { console.note(line) }
    return TrainingResult(
      imagesSeen: plan.steps * plan.batch, seconds: start.seconds)
  }

  /// Lists the pictures that others stood in for, and says how many they were.
  private func tell(_ badSamples: BadSamples, _ job: TrainingJob) throws {
    guard badSamples.count > 0 else { return }
    try badSamples.write()
    console.say(
      "\(job.stage.title): \(Format.count(badSamples.count)) of "
        + "\(Format.counted(job.examples.count, "picture", "pictures")) could not be read, and others "
        + "stood in for them: \(badSamplesPath(of: job.stage))")
  }

  /// - Throws: `PipelineError.nonFinite` when a training ends with weights that are not numbers: a
  ///   step may overflow them with a loss and gradients that are. Its last checkpoint is kept.
  private func requireFinite(_ network: any Network, _ stage: Stage) throws {
    guard let broken = try network.weights.firstNotFinite() else { return }
    throw PipelineError.nonFinite(
      "\(stage.title): \(broken) is not finite at the end of the training; "
        + "lower its learningRate")
  }

  /// Whether a multiple of `interval` lies in the `within` steps up to `step`.
  private func crosses(_ interval: Int?, _ step: Int, within: Int) -> Bool {
    guard let interval else { return false }
    return step / interval != (step - within) / interval
  }
}
