import Foundation

/// One scored shard: its record, its score file and its index in the data set.
public struct ScoredShard: Sendable {
  /// How the shard was scored.
  public var record: ShardRecord
  /// Where its score file is.
  public var scoresPath: String
  /// Its index in the data set's list of shards: the first half of a sample id.
  public var index: Int

  /// Names the score file of the shard with `index`.
  public init(record: ShardRecord, scoresPath: String, index: Int) {
    self.record = record
    self.scoresPath = scoresPath
    self.index = index
  }
}

extension Selection {
  /// What reading the scores came across besides the selection itself.
  public struct Reading: Equatable, Sendable {
    /// Samples in the score files, scored or not.
    public var samples = 0
    /// Samples without entries: unreadable or excluded.
    public var withoutEntries = 0
    /// Samples whose scores are not numbers; they were not selected.
    public var notANumber = 0
  }

  /// Ranks the samples of every shard and selects the highest of each class.
  ///
  /// The result is the same to the byte for any order of `shards`.
  /// - Parameters:
  ///   - shards: The scored shards, each index once, in any order.
  ///   - classesPerSample: P′, how many classes of a sample take part; at most the files' P.
  ///   - imagesPerClass: K, how many images a class gets at most.
  ///   - minimumScore: The lowest log-odds that may be selected.
  ///   - verifyingFiles: Whether each score file's SHA-256 is compared with its record.
  ///   - key: The key of a sample, asked for only when two keys have the same 64-bit hash.
  /// - Returns: The selection, and what reading the scores came across.
  /// - Throws: `RankingError` when shards were scored differently, are named twice or are damaged.
  /// - Complexity: O(samples · P′ + labels · log labels) time; memory for 5/4·L·K entries.
  public static func select(
    shards: [ScoredShard], classesPerSample: Int, imagesPerClass: Int,
    minimumScore: Float = -.infinity, verifyingFiles: Bool = true,
    key: @escaping (SampleID) -> String
  ) throws -> (selection: Selection, reading: Reading) {
    guard let first = shards.first?.record else {
      throw RankingError.invalidArgument("there are no scored shards to select from; score first")
    }
    try ShardRecord.checkCompatible(shards.map(\.record))
    guard (1...max(1, first.classesPerSample)).contains(classesPerSample) else {
      throw RankingError.invalidArgument(
        "cannot select by \(classesPerSample) classes a sample: the shards were scored with "
          + "P = \(first.classesPerSample); score again with a larger P")
    }
    guard imagesPerClass > 0, imagesPerClass <= Int(UInt32.max) else {
      throw RankingError.invalidArgument("cannot select \(imagesPerClass) images per class")
    }
    try checkIndices(of: shards)
    let top = TopImagesPerClass(
      classes: first.classes, imagesPerClass: imagesPerClass, minimumScore: minimumScore, key: key)
    var reading = Reading()
    for shard in shards {
      try top.insert(
        shard, classesPerSample: classesPerSample, verifyingFile: verifyingFiles, into: &reading)
    }
    return (Selection(top, classesPerSample: classesPerSample), reading)
  }

  private static func checkIndices(of shards: [ScoredShard]) throws {
    var names: [Int: String] = [:]
    for shard in shards {
      guard UInt32(exactly: shard.index) != nil else {
        throw RankingError.invalidArgument(
          "shard \(shard.record.shard) has the index \(shard.index), not one of 0..<2^32")
      }
      if let other = names.updateValue(shard.record.shard, forKey: shard.index) {
        throw RankingError.invalidArgument(
          "shards \(other) and \(shard.record.shard) both have the index \(shard.index)")
      }
    }
  }
}

extension TopImagesPerClass {
  fileprivate func insert(
    _ shard: ScoredShard, classesPerSample: Int, verifyingFile: Bool,
    into reading: inout Selection.Reading
  ) throws {
    let file = try ScoreFileReader(path: shard.scoresPath)
    let record = shard.record
    guard file.count == record.count, file.classCount == record.classes,
      file.classesPerSample == record.classesPerSample
    else {
      throw RankingError.corruptFile(
        path: shard.scoresPath,
        reason: "\(file.count) samples, \(file.classesPerSample) of \(file.classCount) classes, "
          + "where its record says \(record.count), \(record.classesPerSample) of "
          + "\(record.classes); score this shard again")
    }
    if verifyingFile {
      guard file.sha256 == record.scoresSHA256 else {
        throw RankingError.corruptFile(
          path: shard.scoresPath,
          reason: "its SHA-256 is not the one in its record; score this shard again")
      }
    }
    for index in 0..<file.blockCount {
      let block = try file.block(index)
      reading.samples += block.count
      for column in 0..<classesPerSample {
        let shard = UInt32(shard.index)
        let valid = withExtendedLifetime(block) {
          block.layout.classBytes == 2
            ? insert(block, column, of: UInt16.self, shard: shard, into: &reading)
            : insert(block, column, of: UInt32.self, shard: shard, into: &reading)
        }
        guard valid else {
          throw RankingError.corruptFile(
            path: file.path,
            reason: "block \(index) holds a class beyond \(classCount); score this shard again")
        }
      }
    }
  }

  /// Inserts one column of a block; false when a class is neither none nor in range.
  private func insert<Class: FixedWidthInteger & BitwiseCopyable>(
    _ block: ScoreBlock, _ column: Int, of type: Class.Type, shard: UInt32,
    into reading: inout Selection.Reading
  ) -> Bool {
    let keyHashes = block.keyHashes
    let scores = block.scores(column: column)
    let classes = block.classes(column: column, as: type)
    let firstPosition = UInt32(block.firstPosition)
    let classCount = Class(truncatingIfNeeded: self.classCount)
    for row in 0..<block.count {
      let label = classes[row]
      guard label < classCount else {
        guard label == Class.max else { return false }
        if column == 0 { reading.withoutEntries += 1 }
        continue
      }
      if column == 0, scores[row].isNaN { reading.notANumber += 1 }
      insert(
        score: scores[row], class: Int(label), keyHash: keyHashes[row],
        id: SampleID(shard: shard, position: firstPosition + UInt32(row)))
    }
    return true
  }
}
