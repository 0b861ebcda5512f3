import Files
import ImageData
import Models
import Recipes
import Shards
import SystemPackage
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
      let vocabulary = tagged.vocabulary
      run.console.say("tags: \(vocabulary.line)")
      let parts = try TaggedNotes(in: run.directory, workers: run.workers).note(tagged, in: run)
      let examples = try examples(of: tagged, parts, in: run)
      let options = run.recipe.options(
        of: .pretraining, classCount: vocabulary.classNames.count)
      let network = try run.firstNetwork(
        of: .pretraining, options, classNames: vocabulary.classNames, seed: run.seed(.pretraining))
      var outcome = try run.train(
        .pretraining, network, options, on: examples, run.recipe.teacher.pretraining.training,
        classNames: vocabulary.classNames)
      outcome.seconds += parts.reduce(0) { $0 + $1.seconds }
      outcome.outputs += ["tags.json", "tags.csv"]
      return outcome
    }
  }

  /// What is learned from: W without copies of known pictures, which are listed, as the tags are.
  private static func examples(
    of tagged: TaggedPictures, _ parts: [TaggedNotes.Part], in run: Run
  ) throws -> Examples {
    let pictures = tagged.pictures
    let folder = run.directory.folder(of: .pretraining)
    var leftOut: Set<Int> = []
    let list = "\(folder)/excluded.csv"
    FilePath(text: list).unlink()
    if parts.contains(where: { !$0.copies.isEmpty }) {
      let file = try CSVWriter(path: list, header: ["key", "reason"])
      for (shard, part) in parts.enumerated() {
        let first = pictures.range(ofShard: shard).lowerBound
        for copy in part.copies {
          leftOut.insert(first + copy.position)
          try file.append([pictures.key(at: first + copy.position), copy.reason])
        }
      }
      try file.commit()
      run.console.say(
        "tagged: \(Format.counted(leftOut.count, "picture", "pictures")) left out, which D or the test "
          + "pictures hold: \(list)")
    }
    let unreadable = UnreadableImages(
      set: "tagged", count: parts.reduce(0) { $0 + $1.unreadable }, of: pictures.count,
      first: parts.flatMap(\.firstUnreadable))
    if let problem = unreadable.problem(run.unreadableLimit, list: nil) {
      throw PipelineError.data(problem)
    }
    if unreadable.count > 0 { run.console.say("tagged: \(unreadable.line)") }
    let vocabulary = tagged.vocabulary
    let examples = try tagged.examples(without: leftOut)
    try DurableFile.write(
      try JSON.pretty(
        TagStatistics(
          of: vocabulary, copies: vocabulary.indices.count - examples.count,
          unreadable: unreadable.count)), to: "\(folder)/tags.json")
    try write(vocabulary, to: "\(folder)/tags.csv")
    return examples
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
