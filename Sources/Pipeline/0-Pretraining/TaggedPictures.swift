import Crypto
import Files
import Foundation
import ImageData
import Recipes
import Shards
import Training

/// W: pictures with tags, and what the teacher learns of them.
struct TaggedPictures {
  /// All of them, in parts.
  let pictures: any ShardedDataset
  /// The classes that their tags are.
  let vocabulary: TagVocabulary
  /// The SHA-256 of all keys, and of the class names and each picture's classes.
  private let hashes: (keys: String, labels: String)

  /// Reads the tags of `pictures`, called `path`.
  /// - Throws: As `TagVocabulary`.
  init(
    _ pictures: any ShardedDataset, at path: String, _ pretraining: Recipe.Teacher.Pretraining,
    workers: Int
  ) throws {
    self.pictures = pictures
    vocabulary = try TagVocabulary(of: pictures, at: path, pretraining, workers: workers)
    hashes = (Self.keys(of: pictures), Self.labels(of: vocabulary))
  }

  /// What the pictures are, as far as `notes` have what they show.
  func identity(_ notes: TaggedNotes) -> ImagesIdentity {
    ImagesIdentity(
      count: pictures.count, keys: hashes.keys, labels: hashes.labels,
      contents: notes.contents(of: pictures) ?? "")
  }

  /// The examples that the teacher learns from, without the pictures at `leftOut`.
  /// - Throws: `PipelineError.data` when a class, or everything, is left out; `TrainingError`.
  func examples(without leftOut: Set<Int>) throws -> Examples {
    var rows: [Int] = []
    var offsets: [Int32] = [0]
    var labels: [Int32] = []
    for (row, index) in vocabulary.indices.enumerated() where !leftOut.contains(index) {
      rows.append(index)
      labels +=
        vocabulary.labels[
          Int(vocabulary.offsets[row])..<Int(vocabulary.offsets[row + 1])]
      offsets.append(Int32(labels.count))
    }
    guard !rows.isEmpty else {
      throw PipelineError.data(
        "data.tagged: each of its pictures is a labelled or a test picture, so that nothing would be "
          + "left to learn from: give other pictures, or set teacher.pretraining.leaveOut: keep")
    }
    return try Examples(
      dataset: IndexedSubset(pictures, indices: rows), classCount: vocabulary.classNames.count,
      offsets: offsets, labels: labels)
  }

  private static func keys(of pictures: any ShardedDataset) -> String {
    // An index has hashed its keys already.
    if let identity = pictures.indexIdentity { return identity }
    var hash = SHA256()
    for index in 0..<pictures.count {
      hash.update(data: Data((pictures.key(at: index) + "\0").utf8))
    }
    return hash.finalize().map { Format.padded(String($0, radix: 16), digits: 2) }.joined()
  }

  private static func labels(of vocabulary: TagVocabulary) -> String {
    var hash = SHA256()
    for name in vocabulary.classNames { hash.update(data: Data((name + "\0").utf8)) }
    vocabulary.indices.withUnsafeBytes { hash.update(bufferPointer: $0) }
    for numbers in [vocabulary.offsets, vocabulary.labels] {
      numbers.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }
    return hash.finalize().map { Format.padded(String($0, radix: 16), digits: 2) }.joined()
  }
}
