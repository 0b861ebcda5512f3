import Copies
import Files
import Foundation
import ImageData
import Models
import Recipes
import Shards
import SystemPackage
public import Terminal
import Torch
import Training

/// Lets a trained network learn other classes: `full`, all of it, or `fc`, a linear layer on its features.
///
/// Settings are chosen on training pictures that are held out; with the best of them it is trained on all training
/// pictures, and only then are the test pictures read, once. What is there already stands: features, finished trials
/// and a begun training.
///
/// ```swift
/// var request = TransferRequest("runs/birds/4-fine-tuned", to: "CUB_200_2011", mode: .full, out: "cub")
/// request.trials = 20
/// let results = try transfer(request)
/// ```
/// - Returns: The results, as they are in `results.json`.
/// - Throws: `PipelineError`, `TrainingError`, `ImageDataError` saying what is wrong; `Stopped` with everything saved.
public func transfer(
  _ request: TransferRequest, console: Console = Console()
) throws -> TransferResults {
  try request.check()
  return try Transfer(request, console).perform()
}

/// One transfer: its pictures, its network, its folder.
final class Transfer {
  let request: TransferRequest
  let console: Console
  let folder: TransferFolder
  let pictures: TransferPictures
  let frozen: FrozenNetwork
  let runtime: Runtime
  let log: EventLog
  /// The model that it starts from.
  let source: String
  private let record: TransferRecord

  init(_ request: TransferRequest, _ console: Console) throws {
    (self.request, self.console) = (request, console)
    folder = try TransferFolder(request.out)
    let folder = folder
    source = try Self.source(request.model, console)
    guard FilePath(text: source).absolute.text != FilePath(text: request.out).absolute.text else {
      throw PipelineError.usage(
        "\(request.out) is the model that is to learn other classes; give --out another folder")
    }
    let device = try Run.device(request.compute.device)
    try Libtorch.setThreads(Threads.cores)
    Libtorch.keepMemory()
    frozen = try FrozenNetwork(
      source, model: request.network, inputSize: request.inputSize, on: device)
    frozen.notes.forEach(console.say)
    var runtime = Runtime(
      device: device, precision: Run.precision(request.compute.precision, on: device),
      batch: request.compute.batch)
    (runtime.batchKey, runtime.precisionKey) = ("--batch", "--precision float32")
    runtime.cropMode = frozen.cropMode
    self.runtime = runtime
    pictures = try TransferPictures(
      request,
      Indexing(
        folder: folder.path, workers: Threads.cores, console: console, prepare: folder.take),
      console)
    // All that can be refused by looking comes before anything is written.
    record = try TransferRecord(request, pictures, frozen, runtime)
    try folder.take()
    try folder.settle(record, redoing: request.redoes, console)
    log = try EventLog(path: "\(folder.path)/log.jsonl")
  }

  /// The model at `path`; of a run directory its best one.
  private static func source(_ path: String, _ console: Console) throws -> String {
    guard FilePath(text: path).isFolder, !FilePath(text: "\(path)/config.json").exists else {
      return path
    }
    guard let best = Stage.models(in: path).last else { return path }
    console.note("\(path) is a run; \(best) is taken")
    return best
  }

  /// A model that was made, how it was chosen, and what it took.
  struct Made {
    var network: any Network
    var options: NetworkOptions
    var trials: [TransferResults.Trial]
    var chosen: TransferResults.Trial
    var seconds: Double
  }

  func perform() throws -> TransferResults {
    if let earlier = try JSON.read(
      TransferResults.self, at: TransferResults.path(in: folder.path)),
      earlier.identity == identity
    {
      console.note("\(folder.path): done")
      return earlier
    }
    let train = try features(of: pictures.train, as: "features", called: "training")
    let bank = try FeatureBank(
      train, pictures.train, of: "transfer", advice: "--labelled-count takes fewer pictures")
    let (voter, vote) = try neighbours(bank)
    let made = try request.mode == .full ? fineTuned() : linear(bank)
    try ModelFolder(
      path: folder.path, options: made.options, classNames: pictures.train.dataset.classes,
      input: frozen.input, cropMode: frozen.cropMode
    ).write(made.network)

    var results = TransferResults(
      model: request.model, data: request.data, mode: request.mode, out: folder.path,
      network: made.options.model, classes: pictures.train.classCount,
      trainedOn: pictures.train.count, trials: made.trials, chosen: made.chosen,
      neighbours: vote, seed: request.seed, seconds: made.seconds + train.seconds,
      device: runtime.device.description, precision: runtime.precision.rawValue,
      libtorch: Libtorch.version, identity: identity)
    if let test = pictures.test { try measure(made, voter, on: test, &results) }
    try DurableFile.write(
      JSON.pretty(results), to: TransferResults.path(in: folder.path))
    try TransferCard(results: results, folder: try ModelFolder(contentsOf: folder.path))
      .write()
    return results
  }

  /// What the results depend on, in one word: the record, what is tried, what votes, and what is measured.
  private var identity: String {
    var parts = record.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    parts += request.mode == .full ? choices.map(\.name) : weightDecays.map { "\($0)" }
    parts += ["\(request.neighbours) \(request.temperature)"]
    parts += [pictures.test.map { SetIdentity(of: $0.dataset).text } ?? "none"]
    return Checksum.sha256(Data(parts.joined(separator: "\n").utf8))
  }

  // MARK: - Features

  /// Pictures a shard of features, after each of which a stop loses nothing.
  private static let shardSize = 10_000

  /// What the network sees of `examples`, computed unless it is there.
  /// - Throws: `PipelineError.data` where too many of them cannot be read.
  func features(
    of examples: Examples, as name: String, called what: String
  ) throws -> FeatureShards {
    // Pictures that are drawn by seed are each seed's own.
    let isShared = name != "features" || request.labelledCount == nil
    let parent = (isShared ? request.featuresFolder : nil) ?? folder.path
    let shards = FeatureShards(
      folder: "\(parent)/\(name)",
      pictures: EvenShards(examples.dataset, shardSize: Self.shardSize),
      kind: try FeatureKind(
        .npy, of: frozen.network, frozen.options, model: frozen.sha256, input: frozen.input,
        runtime))
    // What is not below this transfer's own folder may be somebody else's.
    try parent == folder.path ? shards.beginAnew(console, title: "transfer") : shards.begin()
    try shards.compute(
      with: Inference(frozen.network, input: frozen.input, runtime, making: .features), console)
    try tellUnreadable(shards, what)
    return shards
  }

  private func tellUnreadable(_ shards: FeatureShards, _ what: String) throws {
    var first: String?
    var count = 0
    try shards.forEachUnreadable { index, reason in
      if first == nil { first = "\(shards.pictures.key(at: index)): \(reason)" }
      count += 1
    }
    guard let first else { return }
    let line =
      "\(Format.counted(count, "\(what) picture", "\(what) pictures")) of "
      + "\(Format.count(shards.pictures.count)) cannot be read, the first \(first)"
    let allowed = BadSamples.Limit().allowed(of: shards.pictures.count)
    guard what == "test" || count <= allowed else {
      throw PipelineError.data("\(line); mend or remove them")
    }
    console.say(line)
  }

  /// The vote of the nearest, by the features that the network has before it learns anything.
  private func neighbours(
    _ bank: FeatureBank
  ) throws -> (NearestNeighbours, TransferResults.Neighbours) {
    let count = bank.classes.count
    let vote = NeighbourVote(
      pictures: count, neighbours: min(request.neighbours, count),
      temperature: request.temperature)
    if vote.neighbours < request.neighbours {
      console.note(
        "all \(Format.count(count)) training pictures vote, fewer than --neighbours")
    }
    let (voter, heldOutTop1) = try bank.voter(
      behind: frozen.network, vote, classCount: pictures.train.classCount)
    return (
      voter,
      TransferResults.Neighbours(
        count: vote.neighbours, temperature: vote.temperature, heldOutTop1: heldOutTop1)
    )
  }
}

extension FeatureShards {
  /// What those that are done took.
  var seconds: Double {
    (0..<pictures.shardCount).reduce(0) { $0 + (record($1)?.seconds ?? 0) }
  }
}
