import Files
import ImageData
import Recipes
import Shards
import SystemPackage

extension SetsOpening {
  /// Opens W where a teacher is to be made or compared with what it was made of.
  func openTagged() throws -> TaggedImages? {
    let files = [
      ("data.tagged", paths.tagged), ("data.taggedTags", paths.taggedTags),
      ("teacher.pretraining.tagClasses", recipe.teacher.pretraining.tagClasses),
    ]
    let keys = Recipe.tagWords + ["teacher.pretraining.minimumImages"]
    return try open(.pretraining, files: files, keys: keys) { path in
      let pictures = try Pipeline.openTagged(paths, opening.indexing)
      preflight.warnOfCutShards(of: pictures, called: "tagged", key: "data.tagged")
      let tagged = try TaggedImages(
        pictures, at: path, recipe.teacher.pretraining, workers: opening.workers)
      return (tagged, tagged.learned)
    }
  }

  /// Opens V, likewise.
  func openTask() throws -> LearnedImages? {
    let files = [("teacher.fineTuneOn.labelled", recipe.teacher.fineTuneOn.labelled)]
    return try open(.taskTuning, files: files, keys: Recipe.taskWords) { _ in
      let task = try Pipeline.openTask(recipe, opening.indexing)
      return (task, task)
    }
  }

  /// What `body` opens of the first of `files`, unless it is not asked for, or one of them is no longer
  /// there and what was to be learned is.
  private func open<Value>(
    _ stage: Stage, files: [(key: String, path: String?)], keys: [String],
    _ body: (String) throws -> (Value, LearnedImages)
  ) throws -> Value? {
    guard let path = files[0].path, opening.access == .alone || opening.access == .member,
      opening.computed.contains(where: \.isOfTeacher),
      !(keys + ["data.shardSize", "data.maxPixels"]).contains(where: preflight.isAtFault),
      preflight.problems.isEmpty || !namesShards(path)
    else { return nil }
    let isFinished = opening.directory?.isFinished(stage) ?? false
    let missing = files.compactMap { key, path in path.map { (key: key, path: $0) } }
      .filter { !namesShards($0.path) && !FilePath(text: $0.path).exists }
    for (key, path) in missing {
      guard !isFinished else {
        preflight.warn(
          "\(key): \(path) is no longer there; what was learned from it is taken as it is", key: key
        )
        continue
      }
      try preflight.note(
        ImageDataError.dataset(path: path, reason: ImageDataError.notThere), key: key)
    }
    guard missing.isEmpty else { return nil }
    do {
      let (value, learned) = try body(path)
      if !isFinished {
        _ = try preflight.lookAt(
          learned.pictures, called: stage.imageSet, key: stage.imageKey,
          limit: recipe.data.limitOfUnreadable, maxPixels: recipe.data.maxPixels)
      }
      return value
    } catch {
      try preflight.note(error, key: stage.imageKey)
      return nil
    }
  }
}
