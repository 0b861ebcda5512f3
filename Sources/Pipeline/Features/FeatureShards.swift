import Files
import Foundation
import ImageData
import Ranking
import Shards
import SystemPackage
import Terminal
import Torch
import Training

/// The features of a collection's pictures in a folder, shard by shard.
///
/// `SHARD.json` is written after a shard's files and marks it as done; a shard that has changed, or whose
/// files have, is done again. `SHARD.omitted` lists what could not be read and so has no row.
struct FeatureShards {
  let folder: String
  let pictures: any ShardedDataset
  let kind: FeatureKind
  private static let kindName = "features.json"

  /// What one shard holds.
  struct Record: Codable {
    var shard: String
    /// Pictures, read or not.
    var count: Int
    /// Of these, how many could not be read.
    var unreadable: Int
    /// What the shard's samples were, as `ShardedDataset.identity(ofShard:)` has it.
    var identity: String
    /// The states of the picture files, where they are known.
    var filesState: String?
    /// The SHA-256 of the list of unreadable pictures, if any.
    var omissions: String?
    /// The SHA-256 of each file.
    var files: [String: String]
    var seconds: Double

    enum CodingKeys: String, CodingKey {
      case shard, count, unreadable, identity, files, seconds
      case filesState = "files_state"
      case omissions = "omissions_sha256"
    }
  }

  /// Takes a folder that is empty or not there, or that holds features of the same kind.
  /// - Throws: `PipelineError.usage` naming what else is in it.
  func begin() throws {
    let path = "\(folder)/\(Self.kindName)"
    if let found = try found() {
      let differences = kind.differences(from: found)
      guard differences.isEmpty else {
        throw PipelineError.usage(
          "\(folder) holds features that were made otherwise; what differs: "
            + "\(differences.joined(separator: ", ")); give --out a new folder")
      }
      return DurableFile.removeTorn(in: folder)
    }
    let names = (try? FilePath(text: folder).names()) ?? []
    if let other = names.filter({ $0 != "index" && !$0.contains(".tmp-") }).min() {
      throw PipelineError.usage(
        "\(folder) holds \(other) and no \(Self.kindName), so it is no folder of features; name an empty "
          + "folder, so that nothing of yours is replaced")
    }
    try RunDirectory.makeFolder(folder)
    try DurableFile.write(JSON.pretty(kind), to: path)
  }

  /// - Throws: `PipelineError.usage` naming shards that the pictures have not: who reads the folder would take them for
  ///   theirs.
  func requireNoOthers() throws {
    let own = Set((0..<pictures.shardCount).map { pictures.shardName($0) })
    let others = try FilePath(text: folder).names().compactMap { name -> String? in
      guard name.hasSuffix(".json"), name != Self.kindName else { return nil }
      let shard = String(name.dropLast(5))
      return own.contains(shard) ? nil : shard
    }
    guard !others.isEmpty else { return }
    throw PipelineError.usage(
      "\(folder) holds features of \(Format.few(others.sorted())), which \(pictures.name) has not: they are of other "
        + "pictures, in shards of another size, or called otherwise now; give --out a new folder, or remove those files"
    )
  }

  /// What the folder's features are of; nil where it has none.
  func found() throws -> FeatureKind? {
    let path = "\(folder)/\(Self.kindName)"
    guard FilePath(text: path).exists else { return nil }
    guard let found = try? JSON.read(FeatureKind.self, at: path) else {
      throw PipelineError.data("\(path) is broken; remove the folder and make the features again")
    }
    return found
  }

  /// The record of a shard that is done.
  func record(_ shard: Int) -> Record? {
    try? JSON.read(Record.self, at: "\(folder)/\(pictures.shardName(shard)).json")
  }

  /// Whether a shard has whole features of the pictures that it has now.
  func isDone(_ shard: Int, verifyingFiles: Bool) throws -> Bool {
    guard let record = record(shard), record.count == pictures.range(ofShard: shard).count,
      record.identity == pictures.identity(ofShard: shard),
      record.filesState == pictures.filesState(ofShard: shard)
    else { return false }
    var files = record.files
    if let omissions = record.omissions { files["\(record.shard).omitted"] = omissions }
    return files.allSatisfy { name, sha256 in
      let path = "\(folder)/\(name)"
      return verifyingFiles
        ? (try? Checksum.sha256(file: path)) == sha256 : FilePath(text: path).exists
    }
  }

  /// Writes the features of a shard and then its record.
  /// - Throws: `ImageDataError` when the shard cannot be read, `FileError`, `TorchError`.
  func write(
    _ shard: Int, _ inference: Inference, _ badSamples: BadSamples, _ progress: ProgressBar,
    _ lease: ShardClaims.Lease?
  ) throws {
    let start = Stopwatch()
    // Before they are read: what is replaced meanwhile is then noticed.
    let (state, identity) = (
      pictures.filesState(ofShard: shard), pictures.identity(ofShard: shard)
    )
    let name = pictures.shardName(shard)
    let file = try kind.format.file(at: "\(folder)/\(name)", features: kind.features)
    let omissions = OmissionsFileWriter(path: "\(folder)/\(name).omitted")
    var position = 0
    try inference.forEachBatch(
      of: pictures, range: pictures.range(ofShard: shard), badSamples: badSamples,
      progress: progress
    ) { batch, features in
      lease?.touch()
      let values = try features.array(of: Float.self)
      var keys: [String] = []
      var kept: [Float] = []
      for row in 0..<batch.count {
        if let reason = batch.reasons[row] {
          try omissions.append(Omission(position: position + row, reason: reason))
          continue
        }
        keys.append(pictures.key(at: batch.indices[row]))
        kept += values[row * kind.features..<(row + 1) * kind.features]
      }
      position += batch.count
      try file.append(keys, kept)
    }
    try file.finish()
    let names = kind.format.names(name)
    let record = Record(
      shard: name, count: position, unreadable: omissions.unreadable, identity: identity,
      filesState: state, omissions: try omissions.finish(),
      files: try names.reduce(into: [:]) {
        $0[$1] = try Checksum.sha256(file: "\(folder)/\($1)")
      }, seconds: start.seconds)
    try DurableFile.write(JSON.pretty(record), to: "\(folder)/\(name).json")
  }

  /// Calls `body` with every picture that could not be read, and why; of shards that are done.
  func forEachUnreadable(_ body: (_ index: Int, _ reason: String) throws -> Void) throws {
    for shard in 0..<pictures.shardCount {
      guard let record = record(shard), let sha256 = record.omissions else { continue }
      let first = pictures.range(ofShard: shard).lowerBound
      try OmissionsFile.forEach(in: "\(folder)/\(record.shard).omitted", sha256: sha256) {
        try body(first + $0.position, $0.reason)
      }
    }
  }

  /// Calls `body` with the features of the pictures `indices`, some at a time; of what is kept as arrays.
  /// - Throws: `PipelineError.data` naming a file that is not as it was written.
  func forEachRows(_ body: (_ indices: ArraySlice<Int>, _ values: [Float]) throws -> Void) throws {
    var omitted: Set<Int> = []
    try forEachUnreadable { index, _ in omitted.insert(index) }
    for shard in 0..<pictures.shardCount {
      let indices = pictures.range(ofShard: shard).filter { !omitted.contains($0) }
      let path = "\(folder)/\(pictures.shardName(shard)).npy"
      let file = try MappedFile(path: path)
      try withExtendedLifetime(file) {
        let bytes = file.bytes.dropFirst(NumPyWriter.headerBytes)
        guard bytes.count == 4 * kind.features * indices.count else {
          throw PipelineError.data(
            "\(path) is not as it was written; remove it, and it is made again")
        }
        let rows = UnsafeRawBufferPointer(rebasing: bytes).bindMemory(to: Float.self)
        for first in stride(from: 0, to: indices.count, by: 4_096) {
          let part = first..<min(indices.count, first + 4_096)
          try body(
            indices[part],
            Array(rows[part.lowerBound * kind.features..<part.upperBound * kind.features]))
        }
      }
    }
  }
}
