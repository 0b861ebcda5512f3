import ImageData
import Recipes
import Shards

extension SetsOpening {
  /// Opens W where a teacher is to be made or compared with what it was made of.
  func openTagged() throws -> TaggedPictures? {
    let keys = Recipe.tagWords + ["teacher.pretraining.minimumImages"]
    return try open(.pretraining, path: paths.tagged, keys: keys) { path in
      let pictures = try Pipeline.openTagged(paths, opening.indexing)
      preflight.warnOfCutShards(of: pictures, called: "tagged", key: "data.tagged")
      let tagged = try TaggedPictures(
        pictures, at: path, recipe.teacher.pretraining, workers: opening.workers)
      return (tagged, tagged.learned)
    }
  }

  /// Opens V, likewise.
  func openTask() throws -> LearnedPictures? {
    try open(.taskTuning, path: recipe.teacher.fineTuneOn.labelled, keys: Recipe.taskWords) { _ in
      let task = try Pipeline.openTask(recipe, opening.indexing)
      return (task, task)
    }
  }

  /// What `body` opens, unless it is not asked for, or no longer there and learned already.
  private func open<Value>(
    _ stage: Stage, path: String?, keys: [String],
    _ body: (String) throws -> (Value, LearnedPictures)
  ) throws -> Value? {
    guard let path, opening.access == .alone,
      opening.computed.contains(where: \.isOfTeacher),
      !(keys + ["data.shardSize", "data.maxPixels"]).contains(where: preflight.isAtFault),
      preflight.problems.isEmpty || !namesShards(path)
    else { return nil }
    let isFinished = opening.directory?.isFinished(stage) ?? false
    do {
      let (value, learned) = try body(path)
      if !isFinished {
        _ = try preflight.lookAt(
          learned.pictures, called: stage.pictureSet, key: stage.pictureKey,
          limit: recipe.data.limitOfUnreadable, maxPixels: recipe.data.maxPixels)
      }
      return value
    } catch ImageDataError.dataset(_, let reason)
      where isFinished && reason == ImageDataError.notThere
    {
      preflight.warn(
        "\(stage.pictureKey): \(path) is no longer there; what was learned from it is taken as it is",
        key: stage.pictureKey)
      return nil
    } catch {
      try preflight.note(error, key: stage.pictureKey)
      return nil
    }
  }
}
