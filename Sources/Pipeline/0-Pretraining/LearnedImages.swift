import Crypto
import Files
import Foundation
import ImageData
import Shards
import Training

/// Pictures that the teacher learns before D, with their classes: W's, which are tags, or V's.
struct LearnedImages {
  /// The stage that learns them.
  let stage: Stage
  /// All of them, in parts.
  let pictures: any ShardedDataset
  /// The class names in the order of their labels.
  let classNames: [String]
  /// The pictures that have a class, ascending.
  private let indices: [Int]
  /// Where the classes of each of them begin in `labels`.
  private let offsets: [Int32]
  private let labels: [Int32]
  /// The SHA-256 of all keys, and of the class names and each picture's classes.
  private let hashes: (keys: String, labels: String)

  /// The classes of the picture `indices[i]` are `labels` from `offsets[i]` to `offsets[i + 1]`.
  init(
    of stage: Stage, _ pictures: any ShardedDataset, classNames: [String], indices: [Int],
    offsets: [Int32], labels: [Int32]
  ) {
    self.stage = stage
    self.pictures = pictures
    self.classNames = classNames
    (self.indices, self.offsets, self.labels) = (indices, offsets, labels)
    hashes = (Self.keys(of: pictures), Self.labels(of: classNames, indices, offsets, labels))
  }

  /// How many pictures have a class.
  var count: Int { indices.count }

  /// What the pictures are, as far as `notes` have what they show.
  func identity(_ notes: LearnedNotes) -> ImagesIdentity {
    ImagesIdentity(
      count: pictures.count, keys: hashes.keys, labels: hashes.labels,
      contents: notes.contents(of: pictures) ?? "")
  }

  /// The examples that the teacher learns from, without the pictures at `leftOut`.
  /// - Throws: `PipelineError.data` when nothing is left; `TrainingError`.
  func examples(without leftOut: Set<Int>) throws -> Examples {
    var rows: [Int] = []
    var ends: [Int32] = [0]
    var kept: [Int32] = []
    for (row, index) in indices.enumerated() where !leftOut.contains(index) {
      rows.append(index)
      kept += labels[Int(offsets[row])..<Int(offsets[row + 1])]
      ends.append(Int32(kept.count))
    }
    guard !rows.isEmpty else {
      throw PipelineError.data(
        "\(stage.imageKey): each of its pictures is a labelled or a test picture, so that nothing would "
          + "be left to learn from: give other pictures, or set \(stage.recipeKey).leaveOut: keep")
    }
    return try Examples(
      dataset: IndexedSubset(pictures, indices: rows), classCount: classNames.count, offsets: ends,
      labels: kept)
  }

  private static func keys(of pictures: any ShardedDataset) -> String {
    // An index has hashed its keys already.
    if let identity = pictures.indexIdentity { return identity }
    var hash = SHA256()
    for index in 0..<pictures.count {
      hash.update(data: Data((pictures.key(at: index) + "\0").utf8))
    }
    return digits(hash)
  }

  private static func labels(
    of classNames: [String], _ indices: [Int], _ offsets: [Int32], _ labels: [Int32]
  ) -> String {
    var hash = SHA256()
    for name in classNames { hash.update(data: Data((name + "\0").utf8)) }
    indices.withUnsafeBytes { hash.update(bufferPointer: $0) }
    for numbers in [offsets, labels] {
      numbers.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }
    return digits(hash)
  }

  private static func digits(_ hash: SHA256) -> String {
    hash.finalize().map { Format.padded(String($0, radix: 16), digits: 2) }.joined()
  }
}

extension Stage {
  /// Which key of a recipe names the pictures that the stage alone has, else its own group.
  var imageKey: String { facts.own?.key ?? recipeKey }

  /// What messages call them.
  var imageSet: String { facts.own?.set ?? title }
}
