import Files
import ImageData
import Models
import SystemPackage
import Terminal
import Torch

/// The book-keeping of one training: its position, rows, log and checkpoints, and whether it was asked to
/// stop.
final class TrainingJournal {
  private let job: TrainingJob
  private let plan: TrainingPlan
  private let optimizer: any Optimizer
  private let average: WeightAverage?
  private let curriculum: Curriculum?
  private let agreement: StepAgreement
  private let runtime: Runtime
  /// The size of libtorch's pool, which a step may use a part of.
  private let threads = Libtorch.threads
  private let records: TrainingRecords
  private let checkpoints: CheckpointFolder?
  private let metrics: MetricsTable?
  private let progress: ProgressBar
  /// How many steps a row of the table is about.
  private let rowInterval: Int
  private let validationInterval: Int?
  private var state: Checkpoint
  private var savedStep: Int
  /// Since the last row, and since the last time progress was shown.
  private var rowSums, shownSums: LossSums
  private let clock: Stopwatch
  private var rowClock = Stopwatch()
  private var rowImages = 0
  /// Of the last row.
  private var pseudoLabels: PseudoLabels.Counts?

  /// How many steps in a row may be refused.
  private static let mostRefused = 3

  /// Steps done.
  var step: Int { state.step }
  /// The pictures that cannot be read.
  let badSamples: BadSamples

  /// Goes on from the newest checkpoint of `job`, if any: its weights, their average and its optimiser's state are
  /// then loaded, and rows and events after it removed, but for those that are due.
  init(
    of job: TrainingJob, _ plan: TrainingPlan, _ optimizer: any Optimizer,
    _ average: WeightAverage?, _ curriculum: Curriculum?, _ agreement: StepAgreement,
    _ runtime: Runtime, _ records: TrainingRecords
  ) throws {
    self.job = job
    self.plan = plan
    self.optimizer = optimizer
    self.average = average
    self.curriculum = curriculum
    let others = (average?.state ?? []) + (curriculum?.state ?? [])
    self.agreement = agreement
    self.runtime = runtime
    // Process 0 keeps them; the others hear of it where the training stands.
    let records = runtime.isFirst ? records : records.ofMember()
    self.records = records
    var checkpoints = records.checkpoints
    if checkpoints?.owner == nil { checkpoints?.owner = try job.owner(runtime) }
    self.checkpoints = checkpoints
    var state =
      try checkpoints?.load(job.network, optimizer, others, records.console) ?? Checkpoint()
    if let group = runtime.distributed {
      try group.requireSame(job.facts(runtime), what: job.title)
      state = try Self.share(state, job.network, optimizer, others, over: group)
    }
    try curriculum?.restore()
    self.state = state
    savedStep = state.step
    // A checkpoint with sums was saved before its step's row, which is then written anew.
    let hasRow = state.sums.images == 0
    let lastRow = hasRow ? state.step : state.step - 1
    metrics = try records.metricsPath.map {
      try FilePath(text: $0).folder.makeFolder()
      return try MetricsTable(path: $0, trimmedToStep: lastRow)
    }
    if let log = records.log {
      try log.file.trim(log.name, toStep: state.step, keepingRow: hasRow)
    }
    badSamples = BadSamples(
      of: job.examples.dataset, limit: records.unreadableLimit, path: records.badSamplesPath)
    rowInterval = max(1, plan.steps / 200)
    validationInterval = job.measuredEvery.map { max(1, $0 / plan.batch) }
    rowSums = try LossSums(state.sums, on: runtime.device)
    shownSums = try LossSums(on: runtime.device)
    clock = Stopwatch(ran: state.seconds)
    progress = records.console.progress(job.title, total: plan.steps, from: state.step)
    try note("start", ["steps": .integer(plan.steps)])
    try write()
  }

  /// The next pictures.
  func part(from loader: PartLoader) throws -> PartPictures {
    guard let batch = try loader.next() else {
      throw TrainingError.data("\(job.title): the pictures ended at step \(state.step)")
    }
    return batch
  }

  /// Notes a step that was taken, or why it was not; then writes the row and the checkpoint that are due.
  /// - Throws: `TrainingError.nonFinite` when `mostRefused` steps in a row were not taken, `Stopped` after
  ///   saving, where a signal asked for it.
  func record(_ sums: LossSums, refused reason: String? = nil) throws {
    state.step += 1
    if let reason {
      state.badSteps += 1
      try note("refused step", ["reason": .text(reason)])
      try requireSteps(reason)
    } else {
      state.badSteps = 0
      try rowSums.add(sums)
      try shownSums.add(sums)
    }
    try show()
    try write()
  }

  /// Keeps the first step of the training that is refused, its pictures and the weights before it.
  /// - Throws: `FileError`, `ImageDataError`, `TorchError`.
  func capture(_ capture: @autoclosure () throws -> StepCapture) throws {
    guard let folder = records.capturesPath, try StepCapture.files(in: folder).isEmpty else {
      return
    }
    let path = try capture().write(to: folder)
    records.console.note(
      "\(job.title): step \(state.step + 1) was refused; what it saw is in \(path)")
  }

  /// - Throws: `TrainingError.nonFinite` after too many refused steps in a row.
  private func requireSteps(_ reason: String) throws {
    guard state.badSteps >= Self.mostRefused else { return }
    throw TrainingError.nonFinite(
      """
      \(job.title): \(reason) in \(Self.mostRefused) steps in a row, the last of them step \
      \(state.step); lower its learningRate (now \(plan.schedule.rate(atStep: state.step - 1)))\
      \(runtime.precision == .float32 ? "" : " or use \(runtime.precisionKey)"); \
      \(savedStep > 0 ? "the checkpoint of step \(savedStep) is kept" : "nothing was saved yet")
      """)
  }

  private func show() throws {
    rowImages += plan.batch
    guard progress.isDue, shownSums.images > 0 else { return }
    let (loss, hits) = try shownSums.read()
    let images = Double(shownSums.images)
    progress.update(
      state.step, speed: Double(rowImages) / max(1e-9, rowClock.seconds), loss: loss / images,
      accuracy: Double(hits) / images, learningRate: plan.schedule.rate(atStep: state.step - 1))
    shownSums = try LossSums(on: runtime.device)
  }

  // MARK: - At the end

  /// Says which pictures could not be read, and what the training took; where there is an average of the
  /// weights, the network is that from now on.
  func finish(_ loader: PartLoader, threads: Int?) throws -> TrainingResult {
    try average?.moveIn()
    try agreement.compare()
    progress.finish()
    badSamples.add(loader.unreadable)
    if let line = pseudoLabels?.line { records.console.note("\(job.title): \(line)") }
    if let group = runtime.distributed {
      for (rank, found) in try group.gather(JSON.line(badSamples.entries)).enumerated()
      where rank != group.rank {
        badSamples.add(try JSON.read([BadSamples.Entry].self, from: found))
      }
      try badSamples.requireFew()
    }
    if let (bytes, waited) = agreement.exchange {
      try note(
        "processes",
        [
          "count": .integer(runtime.group.size), "gradient_bytes_a_step": .integer(bytes),
          "seconds_waited": .number(waited),
        ])
    }
    if badSamples.count > 0 {
      try badSamples.write()
      let first = badSamples.entries.first.map { "the first \($0.key) (\($0.reason))" } ?? ""
      records.console.say(
        "\(job.title): \(Format.count(badSamples.count)) of "
          + "\(Format.counted(job.pictureCount, "picture", "pictures")) could not be read, and "
          + "others stood in for them: \(records.badSamplesPath ?? first)")
    }
    for line in loader.linesOfMissingEnds { records.console.note(line) }
    return TrainingResult(
      imagesSeen: plan.steps * plan.batch, seconds: clock.seconds, unreadable: badSamples.count,
      threads: threads)
  }

  /// - Throws: `TrainingError.nonFinite` when a training ends with weights that are not numbers: a step
  ///   may overflow them with a loss and gradients that are. Its last checkpoint is kept.
  private func requireFinite() throws {
    guard let broken = try job.network.weights.firstNotFinite() else { return }
    throw TrainingError.nonFinite(
      "\(job.title): \(broken) is not finite at the end of the training; lower its learningRate")
  }

  // MARK: - What is written

  /// Writes the row and the checkpoint that are due.
  private func write() throws {
    let isLast = state.step == plan.steps
    do {
      if rowSums.images > 0, state.step % rowInterval == 0 || isLast {
        try writeRow(measuring: isLast || crossesValidation)
      }
      if isLast { try requireFinite() }
      // The weights of a bad step are good ones, but its checkpoint must not push a better one out.
      let isDue = checkpoints.map { state.step % $0.everySteps == 0 } ?? false
      if isDue && state.badSteps == 0 || isLast { try save() }
      try agreement.checkStop()
    } catch let stopped as Stopped {
      try stop(stopped.signal)
    } catch let request as DistributedGroup.StopRequest {
      try stop(request.signal)
    }
  }

  /// What `agree` gives, in which processes agree on a step. Where one of them has stopped after the last step, this one
  /// stops there, too: `undo` what the step has begun.
  func agreeing<Result>(_ agree: () throws -> Result, undo: () throws -> Void) throws -> Result {
    do {
      return try agree()
    } catch let request as DistributedGroup.StopRequest {
      try undo()
      try stop(request.signal)
    }
  }

  /// Ends with everything saved; the others of a group wait until it is.
  private func stop(_ signal: Int32) throws -> Never {
    let group = runtime.distributed
    if let group {
      // Others may wait for this one's part of a measurement, even where a stop was agreed on before.
      group.announceEnd(code: 75, line: "\(Stopped(signal: signal))", signal: signal)
      try group.afterFirst("stop") { try save() }
    } else {
      try save()
    }
    throw Stopped(signal: signal, isSaved: checkpoints != nil || !runtime.isFirst)
  }

  /// Gives all processes the state of process 0.
  private static func share(
    _ state: Checkpoint, _ network: any Network, _ optimizer: any Optimizer,
    _ others: [ParameterStore.Named], over group: DistributedGroup
  ) throws -> Checkpoint {
    let tensors = network.weights.state + optimizer.state + others
    let shared = try group.fromFirst { try JSON.line(state) }
    try group.broadcast(tensors.map(\.tensor))
    return try JSON.read(Checkpoint.self, from: shared)
  }

  private func writeRow(measuring measures: Bool) throws {
    var measured: Evaluation?
    if let validation = job.validation, measures {
      func measure() throws -> Evaluation {
        try Libtorch.withThreads(threads) {
          try evaluate(job.network, on: validation, input: job.input, runtime)
        }
      }
      measured = try average?.whileInPlace(measure) ?? measure()
    }
    let (loss, hits) = try rowSums.read()
    let images = Double(rowSums.images)
    let row = MetricsTable.Row(
      step: state.step, images: state.step * plan.batch, loss: loss / images,
      top1: 100 * Double(hits) / images,
      learningRate: plan.schedule.rate(atStep: state.step - 1),
      imagesPerSecond: Double(rowImages) / max(1e-9, rowClock.seconds),
      validationTop1: measured?.top1, validationImages: measured?.count)
    try metrics?.append(row)
    pseudoLabels = try rowSums.pseudoLabels?.read()
    var fields: [String: EventLog.Value] = [
      "images": .integer(row.images), "loss": .number(row.loss),
    ]
    fields.merge(pseudoLabels?.fields ?? [:]) { $1 }
    try note("step", fields)
    rowSums = try LossSums(on: runtime.device)
    rowClock = Stopwatch()
    rowImages = 0
  }

  private func save() throws {
    guard let checkpoints, state.step != savedStep else { return }
    let (loss, hits) = try rowSums.read()
    state.sums = .init(
      loss: loss, correct: hits, images: rowSums.images,
      pseudoLabels: try rowSums.pseudoLabels?.read())
    state.seconds = clock.seconds
    try curriculum?.keep()
    try checkpoints.save(
      state, job.network, optimizer, (average?.state ?? []) + (curriculum?.state ?? []))
    savedStep = state.step
    try note("checkpoint")
  }

  private func note(_ event: String, _ fields: [String: EventLog.Value] = [:]) throws {
    try records.log?.file.append(event, stage: records.log?.name, step: state.step, fields)
  }

  /// Whether the network is to be measured somewhere in the steps of this row.
  private var crossesValidation: Bool {
    guard let validationInterval else { return false }
    return state.step / validationInterval != (state.step - rowInterval) / validationInterval
  }
}

extension PseudoLabels.Counts {
  /// What the log says of them.
  fileprivate var fields: [String: EventLog.Value] {
    ["mask_rate": maskRate, "pseudo_label_accuracy": accuracy].compactMapValues {
      $0.map { EventLog.Value.number($0) }
    }
  }

  /// The same in words; nil where there were no views.
  fileprivate var line: String? {
    guard let maskRate else { return nil }
    return "at the end \(Format.fixed(maskRate, 1)) % of the unlabelled pictures got a pseudo-label"
      + (accuracy.map { ", of which \(Format.fixed($0, 1)) % were right" } ?? "")
  }
}
