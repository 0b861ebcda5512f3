import Copies
import Files
import Foundation
import ImageData
import Ranking
import Shards
import SystemPackage

/// The scores of U that another run has made, or taken over: its folder `2-ranking/scores`.
struct OtherScores {
  /// The folder as it was named.
  let path: String
  /// The folder of the score files.
  let folder: String
  /// What every shard's record has in common.
  let kind: ShardRecord
  /// The records, by the shards' names.
  let records: [String: ShardRecord]
  /// Whether what the pictures show was noted with all of them.
  let notesContents: Bool
  /// The run's classes, in order; nil where only score files are there.
  let classNames: [String]?

  /// Reads the records of the run in `path`, or of the score files in it.
  /// - Throws: `PipelineError.data` when there are none, or they were not all made in the same way.
  init(at path: String) throws {
    self.path = path
    let inside = RunDirectory(path: path).scoresFolder
    folder = FilePath(text: inside).isFolder ? inside : path
    let names = ((try? FilePath(text: folder).names()) ?? []).filter { $0.hasSuffix(".json") }
    let folder = folder
    let sorted = names.sorted()
    let read = try Threads.results(parts: sorted.count) { part in
      try? ShardRecord(path: "\(folder)/\(sorted[part])")
    }
    let found = read.compactMap { $0 }
    guard let first = found.first else {
      throw PipelineError.data(
        FilePath(text: path).isFolder
          ? "\(path) holds no scores; name the directory of a run that has scored, or its 2-ranking/scores"
          : "\(path) is no folder; name the directory of a run that has scored")
    }
    do {
      try ShardRecord.checkCompatible(found)
    } catch let error as RankingError {
      throw PipelineError.data("\(path): \(error)")
    }
    kind = first
    notesContents = found.allSatisfy { $0.contentsSHA256 != nil }
    records = Dictionary(found.map { ($0.shard, $0) }) { first, _ in first }
    let run = RunDirectory(path: FilePath(text: folder).folder.folder.text)
    classNames = run.origins["labelled"]?.classes
  }

  /// The least that any picture has of its classes.
  var classesPerSample: Int {
    records.values.map(\.classesPerSample).min() ?? kind.classesPerSample
  }

  /// - Throws: `PipelineError.data` when these are scores of other pictures or classes, or of too few of
  ///   them.
  func require(_ pictures: any ShardedDataset, classes: [String], keeping most: Int) throws {
    if let classNames {
      try requireSameClasses(
        classNames, "the classes of \(path)", classes, "the labelled set's")
    }
    guard kind.classes == classes.count else {
      throw PipelineError.data(
        "\(path) has scores of \(kind.classes) classes, the labelled set \(classes.count)")
    }
    guard classesPerSample >= most else {
      throw PipelineError.data(
        "\(path) has kept \(classesPerSample) classes of each picture, and ranking.labelsPerImage is "
          + "\(most); make it no more, or score there with more")
    }
    var missing: [String] = []
    for shard in 0..<pictures.shardCount {
      let name = pictures.shardName(shard)
      guard let record = records[name] else {
        missing.append(name)
        continue
      }
      let count = pictures.range(ofShard: shard).count
      guard record.count == count else {
        throw PipelineError.data(
          "\(path) has scores of other unlabelled pictures: its shard \(name) has \(record.count), that of "
            + "\(pictures.name) \(count)")
      }
    }
    guard missing.isEmpty else {
      let all =
        missing.count == pictures.shardCount
        ? "none of the \(pictures.shardCount) shards of \(pictures.name)"
        : "no scores of \(Format.counted(missing.count, "shard", "shards")) of \(pictures.shardCount)"
      throw PipelineError.data(
        "\(path) has \(all) (\(Format.few(missing))); "
          + (missing.count == pictures.shardCount
            ? "is it a run over other pictures, or with another data.shardSize?"
            : "score them there first"))
    }
  }

  /// - Throws: `PipelineError.data` when the shard held something else when it was scored.
  func requireSame(_ shard: Int, of pictures: any ShardedDataset) throws {
    let name = pictures.shardName(shard)
    guard records[name]?.inputIdentity == pictures.identity(ofShard: shard) else {
      throw PipelineError.data(
        "\(path) has scores of other unlabelled pictures: its shard \(name) is not that of "
          + pictures.name)
    }
  }

  /// The score file of a shard, once it is known to be the one in its record.
  func scores(ofShard name: String) throws -> ScoreFileReader {
    let file = try ScoreFileReader(path: "\(folder)/\(name).scores")
    guard let record = records[name], file.count == record.count,
      file.sha256 == record.scoresSHA256
    else { throw damage("\(name).scores") }
    return file
  }

  /// What was noted of a shard's pictures.
  func contents(ofShard name: String) throws -> ContentsFileReader {
    let path = "\(folder)/\(name).contents"
    let file = try ContentsFileReader(path: path)
    guard try Checksum.sha256(file: path) == records[name]?.contentsSHA256 else {
      throw damage("\(name).contents")
    }
    return file
  }

  /// Why pictures of a shard have no scores, by their positions.
  func omissions(ofShard name: String) throws -> [Int: Omission] {
    guard let sha256 = records[name]?.omissionsSHA256 else { return [:] }
    var found: [Int: Omission] = [:]
    try OmissionsFile.forEach(in: "\(folder)/\(name).omitted", sha256: sha256) {
      found[$0.position] = $0
    }
    return found
  }

  private func damage(_ file: String) -> PipelineError {
    .data("\(folder)/\(file) is not the file in its record; score this shard again there")
  }
}
