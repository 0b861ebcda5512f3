import Ranking

/// The blocks of several teachers' score files of one shard, side by side.
struct ScoreBlocks {
  private let files: [ScoreFileReader]

  /// Opens the score files of the shard called `name`.
  /// - Throws: `PipelineError.data`, `RankingError`, `FileError` naming a file that is damaged.
  init(_ teachers: [OtherScores], shard name: String) throws {
    files = try teachers.map { try $0.scores(ofShard: name) }
  }

  /// Calls `body` with the blocks of the same pictures, in order.
  /// - Throws: `PipelineError.data` when they are not of the same pictures, what `body` throws.
  func forEach(_ body: ([ScoreBlock]) throws -> Void) throws {
    for index in 0..<(files.map(\.blockCount).min() ?? 0) {
      let blocks = try files.map { try $0.block(index) }
      for (file, block) in zip(files, blocks) {
        guard block.firstPosition == blocks[0].firstPosition, block.count == blocks[0].count,
          (0..<block.count).allSatisfy({ block.keyHash(at: $0) == blocks[0].keyHash(at: $0) })
        else {
          throw PipelineError.data(
            "\(file.path) and \(files[0].path) are scores of different pictures")
        }
      }
      try body(blocks)
    }
  }
}

extension ScoreBlock {
  /// The classes and log-odds of a row, highest first.
  func entries(at row: Int) -> (classes: [Int], scores: [Float]) {
    var classes: [Int] = []
    var scores: [Float] = []
    for column in 0..<columnCount {
      guard let index = `class`(at: row, column: column) else { break }
      classes.append(index)
      scores.append(score(at: row, column: column))
    }
    return (classes, scores)
  }
}
