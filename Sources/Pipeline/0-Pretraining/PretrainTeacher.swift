import Files
import Recipes
import Terminal
import Training

/// Stage 0: the teacher's network learns the tags of W, as one class each or as the classes that a list
/// gives them, with 1/m on each of a picture's m.
public enum PretrainTeacher {
  /// Pre-trains the teacher, or does nothing when this run has done it already.
  /// - Throws: `PipelineError`; one that says so when the recipe names no tagged pictures.
  public static func perform(in run: Run) throws {
    guard run.recipe.includes(.pretraining) else {
      throw PipelineError.usage(
        "stage 0 learns from tags, and the recipe names no pictures with tags; give data.tagged")
    }
    try run.stage(.pretraining) {
      guard let tagged = run.data.tagged else {
        throw PipelineError.data("data.tagged: its pictures are not there")
      }
      run.console.say("tags: \(tagged.vocabulary.line)")
      let found = try run.examples(of: tagged.learned)
      let folder = run.directory.folder(of: .pretraining)
      let statistics = TagStatistics(
        of: tagged.vocabulary, copies: tagged.learned.count - found.examples.count,
        unreadable: found.unreadable)
      if run.isFirst {
        try DurableFile.write(try JSON.pretty(statistics), to: "\(folder)/tags.json")
        try write(tagged.vocabulary, to: "\(folder)/tags.csv")
      }
      var outcome = try run.train(
        tagged.learned, found, run.recipe.teacher.pretraining.training)
      outcome.outputs += ["tags.json", "tags.csv"]
      return outcome
    }
  }

  /// Lists every tag with how many pictures carry it and the classes that it is.
  private static func write(_ vocabulary: TagVocabulary, to path: String) throws {
    let file = try CSVWriter(path: path, header: ["tag", "images", "classes"])
    for tag in vocabulary.tags {
      let classes = tag.classes.map { vocabulary.classNames[$0] }.joined(separator: "; ")
      try file.append([tag.name, String(tag.images), classes])
    }
    try file.commit()
  }
}
