import ImageData
import Recipes
import Shards
import Training

/// Opens V: the labelled pictures of `teacher.fineTuneOn`, under their own classes.
/// - Throws: `ImageDataError`; `PipelineError` where they have no labels, or fewer than two classes.
func openTask(_ recipe: Recipe, _ indexing: Indexing) throws -> LearnedImages {
  let task = recipe.teacher.fineTuneOn
  let path = task.labelled ?? ""
  let pictures = try openLabelled(path, split: task.labelledSplit, as: "task", indexing)
  try RunData.requireLabels(of: pictures, at: path)
  guard pictures.classes.count > 1 else {
    throw PipelineError.data(
      "teacher.fineTuneOn.labelled: \(path) has one class only, \(pictures.classes[0]); give pictures of "
        + "two or more")
  }
  let examples = try Examples(labelled: pictures)
  try RunData.requireEveryClass(of: examples, at: path)
  return LearnedImages(
    of: .taskTuning, EvenShards(pictures, shardSize: recipe.data.shardSize),
    classNames: pictures.classes, indices: Array(0..<examples.count),
    offsets: (0...examples.count).map(Int32.init),
    labels: (0..<examples.count).flatMap { examples.classes(at: $0) })
}
