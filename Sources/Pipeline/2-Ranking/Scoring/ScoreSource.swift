import Copies
import ImageData
import Ranking

/// Where the scores of U's pictures come from: a teacher, another program's files, other runs.
protocol ScoreSource: AnyObject {
  /// What the records of all shards have in common: what decides the bits of a score.
  var kind: ShardRecord { get }
  /// Whether it says what the pictures show, so that copies can be found.
  var notesContents: Bool { get }
  /// Makes ready for the scores of `shards`; of none it only looks whether all can be used.
  /// - Throws: What cannot be used, before the first shard is scored.
  func prepare(for shards: [Int]) throws
  /// Calls `body` with the pictures of a shard, some at a time, in their order; with copies of them for a
  /// cache of the format `copying` where it decodes them.
  func forEachBatch(
    ofShard shard: Int, copying: CacheFormat?, _ body: (ScoredBatch) throws -> Void) throws
  /// Says what there is to say when all is scored.
  func finish() throws
}

extension ScoreSource {
  var notesContents: Bool { true }
}

/// Some pictures of a shard that follow one another, and their scores.
struct ScoredBatch {
  /// The pictures, as indices into U.
  let indices: [Int]
  /// What each shows; empty where the source does not say.
  let contents: [ImageContents]
  /// What a cache keeps of each, nil where it could not be read; empty where none is made here.
  var copies: [EncodedImage?] = []
  /// The rows that could not be read, and why.
  let unreadable: [Int: String]
  /// The highest classes of a row that could be read.
  let scores: (Int) throws -> RowScores

  /// What a source knows of a picture.
  enum RowScores {
    /// Its highest classes and their log-odds.
    case classes([Int], [Float])
    /// Why it has none.
    case omitted(reason: String)
  }
}
