import Files
import Foundation
import ImageData
import Models
import Recipes
public import Shards
import SystemPackage
public import Terminal
import Torch
import Training

/// What `computeFeatures` computes, of what, and where it writes.
public struct FeatureRequest: Sendable {
  /// A model folder, ours or timm's, or a file of weights.
  public var model: String
  /// The network's name, where a file of weights fits several.
  public var network: String?
  /// The side of the network's square input; nil takes what its weights were trained for.
  public var inputSize: Int?
  /// The pictures: a folder, shards, a list or an index.
  public var pictures: String
  /// A list's split, or a folder's subfolder.
  public var split: String?
  /// Pictures a shard, where they have no shards of their own.
  public var shardSize = 10_000
  /// A folder, or a file that ends in `.parquet` or `.npy`.
  public var out: String
  /// Whether a folder gets Parquet files, or arrays of NumPy's.
  public var isParquet = true
  /// What computes.
  public var settings = InferenceSettings()
  /// Which part of the shards is this process's; nil means all.
  public var share: WorkShare?
  /// Leases that workers take of the shards.
  public var claims: (folder: String, patience: Double)?
  /// Which shell commands may run; nil for those that `pictures` names.
  public var commands: CommandPermission?

  /// A request for the features that `model` has of `pictures`, written to `out`.
  public init(model: String, pictures: String, out: String) {
    (self.model, self.pictures, self.out) = (model, pictures, out)
    if let format = Self.format(of: out) { isParquet = format == .parquet }
  }

  /// How the file `out` is written; nil where it is a folder.
  static func format(of out: String) -> FeatureKind.Format? {
    out.hasSuffix(".parquet") ? .parquet : out.hasSuffix(".npy") ? .npy : nil
  }
}

/// What `computeFeatures` has written.
public struct FeatureSummary: Encodable, Sendable {
  /// Where: the folder, or the file.
  public let out: String
  /// Pictures with features, of the shards that are done.
  public let pictures: Int
  /// Features of each.
  public let features: Int
  /// Pictures that could not be read.
  public let unreadable: Int
  /// Where these are listed; nil where there are none, or where not all shards are done.
  public let unreadableList: String?
  /// Shards that others have still to do.
  public let missingShards: Int

  enum CodingKeys: String, CodingKey {
    case out, pictures, features, unreadable
    case unreadableList = "unreadable_list"
    case missingShards = "missing_shards"
  }
}

/// Computes what a network sees of every picture, which timm calls `pre_logits`: shard by shard, in any
/// order and by any number of processes, resumable, the same bytes however the work was divided.
/// - Throws: `PipelineError` saying what cannot be done; `Stopped` with everything saved.
public func computeFeatures(
  _ request: FeatureRequest, console: Console = Console()
) throws -> FeatureSummary {
  let outFile = FeatureRequest.format(of: request.out)
  let folder = outFile == nil ? request.out : request.out + ".parts"
  try request.check(isFile: outFile != nil)
  let device = try Run.device(request.settings.device)
  let cores = Threads.cores
  try Libtorch.setThreads(cores)
  Libtorch.keepMemory()
  let frozen = try FrozenNetwork(
    request.model, model: request.network, inputSize: request.inputSize, on: device)
  frozen.notes.forEach(console.say)
  var runtime = Runtime(
    device: device, precision: Run.precision(request.settings.precision, on: device),
    batch: request.settings.batch)
  (runtime.batchKey, runtime.precisionKey) = ("--batch", "--precision float32")
  runtime.cropMode = frozen.cropMode
  let kind = try FeatureKind(
    outFile != nil ? .npy : request.isParquet ? .parquet : .npy, of: frozen.network,
    frozen.options, model: frozen.sha256, input: frozen.input, runtime)
  let pictures = try request.open(folder: folder, console)
  guard pictures.count > 0 else {
    throw PipelineError.data("\(request.pictures) has no pictures")
  }
  PassedOver.lines(of: [pictures]).forEach { console.say($0) }
  let shards = FeatureShards(folder: folder, pictures: pictures, kind: kind)
  try shards.begin()
  try shards.requireNoOthers()
  try shards.compute(
    with: Inference(frozen.network, input: frozen.input, runtime, making: .features),
    share: request.share,
    claims: request.claims.map { ShardClaims(folder: $0.folder, patience: $0.patience) }, console)
  return try shards.finish(as: outFile, at: request.out, console)
}

extension FeatureRequest {
  /// - Throws: `PipelineError` naming what excludes what.
  fileprivate func check(isFile: Bool) throws {
    guard isFile else {
      guard !FilePath(text: out).exists || FilePath(text: out).isFolder else {
        throw PipelineError.usage(
          "\(out) is a file; give --out a folder, or a name that ends in .parquet or .npy")
      }
      if isParquet { _ = try ParquetLibrary.shared() }
      return
    }
    guard share == nil || share?.count == 1, claims == nil else {
      throw PipelineError.usage(
        "several processes cannot write the one file \(out); give --out a folder"
          + (share?.reason.map { " (\($0))" } ?? ""))
    }
    let stem = FilePath(text: out).extension.map { String(out.dropLast($0.utf8.count + 1)) } ?? out
    let keys = Self.format(of: out) == .npy ? ["\(stem).keys.csv"] : []
    // What stands beside it may be there of features that were begun.
    let beside =
      FilePath(text: out + ".parts").exists ? [] : keys + ["\(stem).unreadable.csv"]
    for path in [out] + beside where FilePath(text: path).exists {
      throw PipelineError.usage("\(path) is there already; remove it, or give --out another name")
    }
    if Self.format(of: out) == .parquet { _ = try ParquetLibrary.shared() }
  }

  /// Opens the pictures, of whose shards an index is made in `folder`.
  fileprivate func open(folder: String, _ console: Console) throws -> any ShardedDataset {
    var paths = Recipe.Data(labelled: "", unlabelled: pictures)
    (paths.unlabelledSplit, paths.shardSize, paths.commands) = (split, shardSize, commands)
    let isShared = claims != nil || share.map { $0.count > 1 } ?? false
    guard !isShared || !namesShards(pictures) || IndexedCollection.exists(in: pictures) else {
      throw PipelineError.usage(
        "\(pictures) is shards without an index, which one process has to make: `halcyon index` does, "
          + "and several then take its folder")
    }
    return try openUnlabelled(
      paths,
      Indexing(
        folder: folder, workers: Threads.cores, console: console))
  }
}

extension FeatureShards {
  /// Computes what is missing, or this process's share of it.
  func compute(
    with inference: Inference, share: WorkShare? = nil, claims: ShardClaims? = nil,
    _ console: Console
  ) throws {
    let mine = (0..<pictures.shardCount).filter { share?.contains($0) ?? true }
    let queue = ShardQueue(
      title: "features", console: console, name: pictures.shardName, claims: claims,
      isDone: { try isDone($0, verifyingFiles: false) })
    if let share { queue.tell(share, mine: mine.count, of: pictures.shardCount) }
    let missing = try mine.filter { try !isDone($0, verifyingFiles: claims == nil) }
    guard !missing.isEmpty else { return console.note("features: done") }
    let badSamples = BadSamples(of: pictures, limit: .none, seesEachOnce: true)
    let progress = console.progress(
      "features", total: missing.reduce(0) { $0 + pictures.range(ofShard: $1).count })
    try queue.perform(missing) {
      try write($0, inference, badSamples, progress, $1)
    } finally: {
      progress.finish()
      if let line = inference.withoutEnd.line(in: pictures.name) { console.note(line) }
    }
  }

  /// Lists what could not be read and, where the features are to be one file, writes it and takes the
  /// folder away.
  fileprivate func finish(
    as outFile: FeatureKind.Format?, at out: String, _ console: Console
  ) throws -> FeatureSummary {
    let records = (0..<pictures.shardCount).compactMap { record($0) }
    let missing = pictures.shardCount - records.count
    let unreadable = records.reduce(0) { $0 + $1.unreadable }
    let isWhole = missing == 0
    let stem = outFile.map { String(out.dropLast($0.rawValue.count + 1)) }
    var list: String?
    let path = stem.map { "\($0).unreadable.csv" } ?? "\(folder)/unreadable.csv"
    // One of an earlier time, when some could not be read.
    if isWhole, unreadable == 0 { FilePath(text: path).unlink() }
    if isWhole, unreadable > 0 {
      let file = try CSVWriter(path: path, header: ["key", "reason"])
      try forEachUnreadable { try file.append([pictures.key(at: $0), $1]) }
      try file.commit()
      list = path
    }
    if let outFile, let stem, isWhole {
      let file = try outFile.file(at: stem, features: kind.features)
      try forEachRows { indices, values in
        try file.append(indices.map(pictures.key), values)
      }
      try file.finish()
      try FilePath(text: folder).remove()
    }
    return FeatureSummary(
      out: out, pictures: records.reduce(0) { $0 + $1.count - $1.unreadable },
      features: kind.features, unreadable: unreadable, unreadableList: list, missingShards: missing)
  }
}
