import Files
import ImageData
import Ranking
import Recipes
import Shards

/// What is looked at before `--redo` removes anything of a run without a teacher of its own: its scores are
/// another program's or other runs', and cannot be made again here.
extension Run.Opening {
  /// Makes sure that what is selected after `stale` was removed has scores to be selected by.
  /// - Throws: `PipelineError` saying what is missing.
  func requireScores(removing stale: StaleStages, _ recipe: Recipe, _ data: RunData) throws {
    guard recipe.teacher.kind == .given, stale.stages.contains(.ranking), !takesScores else {
      return
    }
    guard recipe.ranking.teachers.isEmpty else {
      guard data.unlabelled.absence == nil else { return }
      _ = try MeanScores.teachers(of: recipe, data.unlabelled, classes: data.classNames)
      return
    }
    guard !stale.reachesScores else {
      throw PipelineError.usage(
        "--redo would remove scores that no run can make again; \(advice)")
    }
    let kept = claim.directory.shardRecords.map(\.classesPerSample).min() ?? 0
    let wanted = recipe.ranking.keptClasses(of: data.classNames.count)
    guard wanted <= kept else {
      throw PipelineError.usage(
        "the given scores have \(Format.counted(kept, "class", "classes")) of each picture, too few for "
          + "ranking.labelsPerImage: \(wanted); \(advice)")
    }
  }

  /// Makes sure that the scores which were given are of U as it is now.
  /// - Throws: `PipelineError.data` naming the shards of which they are not.
  func requireGivenScores(_ recipe: Recipe, _ data: RunData) throws {
    let (directory, pictures) = (claim.directory, data.unlabelled)
    guard recipe.teacher.kind == .given, recipe.ranking.teachers.isEmpty, !takesScores,
      directory.isFinished(.ranking)
    else { return }
    let counts = Dictionary(
      directory.shardRecords.map { ($0.shard, $0.count) }, uniquingKeysWith: { first, _ in first })
    let others = (0..<pictures.shardCount).filter {
      counts[pictures.shardName($0)] != pictures.range(ofShard: $0).count
    }
    guard others.isEmpty else {
      throw PipelineError.data(
        "the given scores are not of the unlabelled pictures as they are now: "
          + Format.few(others.map(pictures.shardName)) + "; \(advice)")
    }
  }

  /// Whether the command takes scores in the teacher's place.
  private var takesScores: Bool { computed.isEmpty && remade.contains(.teacher) }

  private var advice: String {
    "give them again: `halcyon score \(claim.directory.path) --redo --from FILE…` with the same changes, "
      + "then run without --redo"
  }
}
