import Copies
import Files
import Foundation
import ImageData
import Models
import SystemPackage
import Terminal
import Torch
import Training

extension Transfer {
  /// What is tried.
  var choices: [TransferGrid.Choice] {
    TransferGrid(request).first(request.trials ?? TransferGrid.trials)
  }

  /// Fine-tunes the whole network: the choices one after the other on what is not held out, then the best on all.
  func fineTuned() throws -> Made {
    let training = try request.training(for: frozen.input)
    let choices = choices
    var trials: [TransferResults.Trial] = []
    if choices.count > 1 {
      let (kept, heldOut) = try divided()
      tellBudget(choices.count, kept.count, heldOut.count)
      for (place, choice) in choices.enumerated() {
        trials.append(
          try trial(
            choice, training, kept, heldOut,
            title: "trial \(place + 1) of \(choices.count) (\(choice.words))"))
      }
    } else {
      console.note(
        "one setting alone, \(choices[0].words): nothing is to be chosen, and no picture is held out"
      )
    }
    let best = trials.indices.max {
      // Of equal ones the first, which is nearer to what is usual.
      (trials[$0].heldOutTop1 ?? -1, -$0) < (trials[$1].heldOutTop1 ?? -1, -$1)
    }
    if let best, trials[best].heldOutTop1 == nil {
      throw TrainingError.nonFinite(
        "transfer: none of the \(trials.count) trials came to its end; give lower rates with "
          + "--learning-rate. The first: \(trials[0].failure ?? "")")
    }
    let choice = choices[best ?? 0]
    let chosen =
      best.map { trials[$0] }
      ?? TransferResults.Trial(
        learningRate: choice.learningRate, weightDecay: choice.weightDecay,
        schedule: choice.schedule.rawValue)
    let (network, options, seconds) = try trained(choice, training)
    return Made(
      network: network, options: options, trials: trials, chosen: chosen,
      seconds: seconds + trials.reduce(0) { $0 + ($1.seconds ?? 0) })
  }

  /// The training pictures without those that are held out, and these.
  private func divided() throws -> (kept: Examples, heldOut: Examples) {
    let dataset = pictures.train.dataset
    // Of more pictures copies are not looked for, as in a run.
    let copies =
      dataset.count <= 200_000
      ? CopyGroups(
        of: try contentHashes(of: dataset, workers: runtime.workers).map { $0?.prefix ?? .none })
      : .none
    let (kept, held) = try holdOut(
      from: dataset, fraction: request.heldOut ?? TransferGrid.heldOut, seed: seed("held out"),
      copies: copies)
    guard !held.isEmpty else {
      throw PipelineError.usage(
        "\(pictures.trainName) has one picture of each class, of which none can be held out to choose settings "
          + "on; give --trials 1, which takes the usual ones")
    }
    return (
      try Examples(labelled: IndexedSubset(dataset, indices: kept)),
      try Examples(labelled: IndexedSubset(dataset, indices: held))
    )
  }

  private func tellBudget(_ count: Int, _ kept: Int, _ heldOut: Int) {
    let grid = TransferGrid(request)
    let epochs = request.epochs ?? TransferGrid.epochs
    let images =
      Double(epochs) * (Double(count) * Double(kept) + Double(pictures.train.count))
    console.note(
      "\(count) of \(grid.count) settings are tried, each in "
        + "\(Format.counted(epochs, "epoch", "epochs")) of "
        + "\(Format.counted(kept, "picture", "pictures")), and measured on the "
        + "\(Format.count(heldOut)) held out; the best is then trained on all "
        + "\(Format.count(pictures.train.count)): \(Format.count(images)) images in all (--trials, --epochs)"
    )
  }

  /// What everything random of a part of the work follows from.
  private func seed(_ part: String) -> UInt64 {
    let name = UInt64(Checksum.sha256(Data(part.utf8)).prefix(16), radix: 16) ?? 0
    return Hash.mix(UInt64(bitPattern: Int64(request.seed)), name, 0)
  }

  private func job(
    _ choice: TransferGrid.Choice, _ training: TrainingSettings, on examples: Examples,
    title: String
  ) throws -> (job: TrainingJob, options: NetworkOptions) {
    let (network, options) = try frozen.network(
      classCount: examples.classCount, seed: seed("new layer"), on: runtime.device)
    return (
      TrainingJob(
        network, on: examples, choice.settings(training), input: frozen.input,
        seed: seed("training"), title: title), options
    )
  }

  // MARK: - Trials

  /// One choice, trained and measured, unless that was done.
  private func trial(
    _ choice: TransferGrid.Choice, _ training: TrainingSettings, _ kept: Examples,
    _ heldOut: Examples, title: String
  ) throws -> TransferResults.Trial {
    let place = "\(folder.path)/trials/\(choice.name)"
    let path = "\(place)/trial.json"
    if let done = try JSON.read(TransferResults.Trial.self, at: path) {
      console.note("\(title): \(done.words), as found earlier")
      return done
    }
    var trial = TransferResults.Trial(
      learningRate: choice.learningRate, weightDecay: choice.weightDecay,
      schedule: choice.schedule.rawValue)
    let (job, _) = try job(choice, training, on: kept, title: title)
    do {
      trial.seconds = try train(job, runtime, records(in: place, log: choice.name)).seconds
      let clock = Stopwatch()
      let result = try evaluate(job.network, on: heldOut, input: frozen.input, runtime)
      trial.heldOutTop1 = result.top1
      trial.seconds = (trial.seconds ?? 0) + clock.seconds
      if trial.heldOutTop1 == nil {
        throw PipelineError.data(
          "transfer: \(result.unreadableLine ?? "nothing was measured on what is held out")")
      }
    } catch TrainingError.nonFinite(let reason) {
      // Too high a rate is a result of a sweep, not its end.
      trial.failure = reason
    }
    try RunDirectory.makeFolder(place)
    try DurableFile.write(JSON.pretty(trial), to: path)
    try? FilePath(text: "\(place)/checkpoints").remove()
    try log.append(
      "trial", stage: choice.name,
      ["held_out_top1": trial.heldOutTop1.map { .number($0) } ?? .null])
    console.note("\(title): \(trial.words)")
    return trial
  }

  private func records(in folder: String, log name: String) -> TrainingRecords {
    var records = TrainingRecords()
    records.metricsPath = "\(folder)/metrics.csv"
    records.checkpoints = CheckpointFolder(path: "\(folder)/checkpoints")
    records.badSamplesPath = "\(folder)/bad-samples.csv"
    records.console = console
    records.log = (log, name)
    return records
  }

  // MARK: - On all pictures

  /// The marker of the network that was trained on all pictures.
  private struct Done: Codable {
    var choice: String
    var seconds: Double
    /// The SHA-256 of its weights.
    var model: String
  }

  private func trained(
    _ choice: TransferGrid.Choice, _ training: TrainingSettings
  ) throws -> (any Network, NetworkOptions, Double) {
    let place = "\(folder.path)/final"
    let path = "\(place)/done.json"
    let weights = ModelFolder.weightsPath(in: folder.path)
    if let done = try JSON.read(Done.self, at: path) {
      if done.choice == choice.name, (try? Checksum.sha256(file: weights)) == done.model {
        console.note("trained on all pictures with \(choice.words) already")
        let model = try ModelFolder(contentsOf: folder.path)
        return (try model.load(on: runtime.device), model.options, done.seconds)
      }
      // Another choice was the best then.
      try FilePath(text: place).remove()
    }
    let (job, options) = try job(
      choice, training, on: pictures.train, title: "all pictures (\(choice.words))")
    var records = records(in: "\(place)/\(choice.name)", log: "final")
    records.capturesPath = "\(folder.path)/refused"
    let seconds = try train(job, runtime, records).seconds
    try ModelFolder(
      path: folder.path, options: options, classNames: pictures.train.dataset.classes,
      input: frozen.input, cropMode: frozen.cropMode
    ).write(job.network)
    try DurableFile.write(
      JSON.pretty(
        Done(choice: choice.name, seconds: seconds, model: Checksum.sha256(file: weights))),
      to: path)
    try? FilePath(text: "\(place)/\(choice.name)/checkpoints").remove()
    return (job.network, options, seconds)
  }
}

extension TransferGrid.Choice {
  /// What it is, in words.
  var words: String {
    "rate \(Format.significant(learningRate, 3)), weight decay \(Format.significant(weightDecay, 3)), "
      + schedule.rawValue
  }
}

extension TransferResults.Trial {
  /// What it came to, in words.
  fileprivate var words: String {
    heldOutTop1.map { "held-out top-1 \(Format.fixed($0, 2)) %" } ?? "diverged"
  }
}
