import Files

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

extension ScoredShard {
  /// Opens the score file.
  /// - Throws: `FileError`, `RankingError` when it is damaged or not the one in its record.
  func open(verifyingFile: Bool) throws -> ScoreFileStream {
    let file = try ScoreFileStream(path: scoresPath)
    let layout = file.layout
    guard layout.count == record.count, layout.classCount == record.classes,
      layout.classesPerSample == record.classesPerSample
    else {
      throw RankingError.corruptFile(
        path: scoresPath,
        reason: "\(layout.count) samples, \(layout.classesPerSample) of \(layout.classCount) "
          + "classes, where its record says \(record.count), \(record.classesPerSample) of "
          + "\(record.classes); score this shard again")
    }
    guard verifyingFile,
      try Checksum.sha256(file: scoresPath) != record.scoresSHA256
    else { return file }
    throw RankingError.corruptFile(
      path: scoresPath, reason: "its SHA-256 is not the one in its record; score this shard again")
  }
}
