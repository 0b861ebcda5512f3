import Files
import Foundation
import Ranking
import Shards
import SystemPackage
import Terminal

/// How often several teachers call a picture the same: `agreement.json` of the folder `2-ranking`.
///
/// A teacher calls a picture what its first class is. Only pictures count that all of them have scores of.
struct TeacherAgreement: Codable, Equatable {
  /// The teachers' folders.
  var teachers: [String]
  /// What the mean of their scores is known by.
  var source: String
  /// How many pictures all of them have scores of.
  var pictures = 0
  /// How many of these all of them call the same.
  var same = 0
  /// Of each pair of teachers, row by row, how many pictures both call the same.
  var pairs: [[Int]]
  /// By the first class of their mean.
  var classes: [ClassCount]

  /// The pictures of one class.
  struct ClassCount: Codable, Equatable {
    /// Its name.
    var name: String
    /// How many pictures the mean calls so.
    var pictures = 0
    /// Of how many of these all teachers say the same.
    var same = 0
  }

  /// Where it lies.
  static func path(in directory: RunDirectory) -> String {
    "\(directory.folder(of: .ranking))/agreement.json"
  }

  /// What a run has noted; nil where it has not.
  init?(of directory: RunDirectory) {
    guard let found = try? JSON.read(Self.self, at: Self.path(in: directory)) else { return nil }
    self = found
  }

  /// Counts and keeps it, unless that was done; nil while some shards have no scores.
  init?(of teachers: [OtherScores], in run: Run, source: String) throws {
    let shards = run.data.unlabelled
    let names = (0..<shards.shardCount).map(shards.shardName)
    let folder = run.directory.scoresFolder
    guard names.allSatisfy({ FilePath(text: "\(folder)/\($0).json").exists }) else { return nil }
    if let kept = TeacherAgreement(of: run.directory), kept.source == source {
      self = kept
      return
    }
    self.teachers = teachers.map(\.path)
    self.source = source
    pairs = teachers.map { _ in teachers.map { _ in 0 } }
    classes = run.data.classNames.map { ClassCount(name: $0) }
    for name in names {
      try StopSignal.check()
      let mean = try ScoreFileReader(path: "\(folder)/\(name).scores")
      var index = 0
      try ScoreBlocks(teachers, shard: name).forEach { blocks in
        try count(blocks, mean.block(index))
        index += 1
      }
    }
    try DurableFile.write(try JSON.pretty(self), to: Self.path(in: run.directory))
  }

  private mutating func count(_ blocks: [ScoreBlock], _ mean: ScoreBlock) {
    var first = [Int](repeating: 0, count: blocks.count)
    for row in 0..<mean.count {
      guard let called = mean.class(at: row, column: 0) else { continue }
      var isWhole = true
      for (place, block) in blocks.enumerated() {
        guard let index = block.class(at: row, column: 0) else {
          isWhole = false
          break
        }
        first[place] = index
      }
      guard isWhole else { continue }
      pictures += 1
      classes[called].pictures += 1
      let isSame = first.allSatisfy { $0 == first[0] }
      if isSame {
        same += 1
        classes[called].same += 1
      }
      for left in first.indices {
        for right in first.indices where first[left] == first[right] { pairs[left][right] += 1 }
      }
    }
  }

  /// The part of pictures that all call the same.
  var share: Double { Double(same) / Double(max(1, pictures)) }

  /// In one line.
  var line: String {
    let counted = Format.counted(pictures, "picture", "pictures")
    return teachers.count == 1
      ? "one teacher's scores of \(counted)"
      : "the \(teachers.count) teachers agree on the first class of "
        + "\(Format.fixed(100 * share, 1)) % of \(counted)"
  }
}
