import Files
import ImageData
import Recipes
import Shards
import SystemPackage
import Terminal
import Training

/// What a stage that learns W or V found in its pictures.
struct LearnedExamples {
  /// What it learns from.
  let examples: Examples
  /// How many pictures cannot be read.
  let unreadable: Int
  /// How long it took to look at all of them, over all resumptions.
  let seconds: Double
}

extension Run {
  /// Looks at the pictures of `learned`, leaves out copies of known ones and lists them in the stage's
  /// `excluded.csv`.
  /// - Throws: `PipelineError.data` where too many cannot be read or nothing is left; `Stopped`.
  func examples(of learned: LearnedImages) throws -> LearnedExamples {
    let (stage, pictures) = (learned.stage, learned.pictures)
    let parts = try firstThenOthers {
      try LearnedNotes(of: stage, in: directory, workers: workers).note(learned, in: self)
    }
    let list = "\(directory.folder(of: stage))/excluded.csv"
    if isFirst { FilePath(text: list).unlink() }
    var leftOut: Set<Int> = []
    if parts.contains(where: { !$0.copies.isEmpty }) {
      let file = isFirst ? try CSVWriter(path: list, header: ["key", "reason"]) : nil
      for (shard, part) in parts.enumerated() {
        let first = pictures.range(ofShard: shard).lowerBound
        for copy in part.copies {
          leftOut.insert(first + copy.position)
          try file?.append([pictures.key(at: first + copy.position), copy.reason])
        }
      }
      try file?.commit()
      console.say(
        "\(stage.imageSet): \(Format.counted(leftOut.count, "picture", "pictures")) left out, which D "
          + "or the test pictures hold: \(list)")
    }
    let unreadable = UnreadableImages(
      set: stage.imageSet, count: parts.reduce(0) { $0 + $1.unreadable }, of: pictures.count,
      first: parts.flatMap(\.firstUnreadable))
    if let problem = unreadable.problem(unreadableLimit, list: nil) {
      throw PipelineError.data(problem)
    }
    if unreadable.count > 0 { console.say("\(stage.imageSet): \(unreadable.line)") }
    return LearnedExamples(
      examples: try learned.examples(without: leftOut), unreadable: unreadable.count,
      seconds: parts.reduce(0) { $0 + $1.seconds })
  }

  /// Trains the teacher's network on `found`, which are examples of `learned`.
  func train(_ learned: LearnedImages, _ found: LearnedExamples, _ settings: TrainingSettings)
    throws
    -> StageOutcome
  {
    let stage = learned.stage
    let options = recipe.options(of: stage, classCount: learned.classNames.count)
    let network = try firstNetwork(
      of: stage, options, classNames: learned.classNames, seed: seed(stage))
    var outcome = try train(
      stage, network, options, on: found.examples, settings, classNames: learned.classNames)
    outcome.seconds += found.seconds
    return outcome
  }
}
