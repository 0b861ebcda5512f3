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
  func open() throws -> ScoreFileStream {
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
    return file
  }

  /// Compares the sum of the checksums of all blocks with the record; a record without one says the
  /// SHA-256 of the file instead.
  /// - Throws: `RankingError` when the score file is not the one in its record, `FileError`.
  func requireChecksum(_ sum: UInt64) throws {
    let isSame =
      if let checksum = record.scoresChecksum {
        checksum == ScoreFileLayout.checksumText(sum)
      } else {
        try Checksum.sha256(file: scoresPath) == record.scoresSHA256
      }
    guard isSame else {
      throw RankingError.corruptFile(
        path: scoresPath, reason: "it is not the file in its record; score this shard again")
    }
  }
}
