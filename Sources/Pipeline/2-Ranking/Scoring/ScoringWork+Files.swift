import Copies
import Files
import Foundation
import ImageData
import Ranking
import Shards
import Terminal

/// Pictures that were replaced under their names. A shard's identity looks at all names and into a few
/// files; the states of all files tell where it is worth looking into all.
extension ScoringWork {
  /// The states of a shard's files; nil where U is an index, which says itself what it holds.
  func filesState(ofShard shard: Int) -> String? {
    run.data.unlabelled.filesState(ofShard: shard)
  }

  /// Whether the shard's files hold what was scored. Files that were only copied or touched are looked
  /// into, and their new state is noted.
  func holdsWhatWasScored(_ shard: Int, _ record: ShardRecord, _ contents: ContentsFileReader)
    throws -> Bool
  {
    let state = filesState(ofShard: shard)
    guard record.filesState != state else { return true }
    // An earlier version noted none.
    if record.filesState != nil, try !holds(contents, shard) { return false }
    var renewed = record
    renewed.filesState = state
    try DurableFile.write(
      renewed.json(), to: "\(run.directory.scoresFolder)/\(record.shard).json")
    return true
  }

  /// Whether every picture of the shard has the bytes that were noted; of one that could not be read
  /// none were.
  private func holds(_ contents: ContentsFileReader, _ shard: Int) throws -> Bool {
    let pictures = run.data.unlabelled
    let first = pictures.range(ofShard: shard).lowerBound
    var isSame = true
    try contents.forEach { position, noted in
      guard isSame, noted.isReadable else { return }
      try StopSignal.check()
      let found = (try? pictures.read(at: first + position)).map { ContentHash(of: $0).prefix }
      isSame = found == noted.contentHash
    }
    return isSame
  }
}
