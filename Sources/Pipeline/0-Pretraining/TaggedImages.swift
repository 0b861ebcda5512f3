import ImageData
import Recipes
import Shards

/// W: pictures with tags, and what the teacher learns of them.
struct TaggedImages {
  /// The pictures with the classes that their tags are.
  let learned: LearnedImages
  /// The classes and all tags.
  let vocabulary: TagVocabulary

  /// Reads the tags of `pictures`, called `path`.
  /// - Throws: As `TagVocabulary`.
  init(
    _ pictures: any ShardedDataset, at path: String, _ pretraining: Recipe.Teacher.Pretraining,
    workers: Int
  ) throws {
    vocabulary = try TagVocabulary(of: pictures, at: path, pretraining, workers: workers)
    learned = LearnedImages(
      of: .pretraining, pictures, classNames: vocabulary.classNames, indices: vocabulary.indices,
      offsets: vocabulary.offsets, labels: vocabulary.labels)
  }
}
