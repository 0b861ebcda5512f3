import Copies
import ImageData
import Recipes
import Shards
import Training

/// Opens the sets of a run one after another and gathers what is wrong with each.
final class SetsOpening {
  let recipe: Recipe
  let opening: RunData.Opening
  var preflight: Preflight
  /// What was noted just now, by the names that it is kept under.
  var noted: [(name: String, noting: NotedContents, contents: [ImageContents])] = []

  init(recipe: Recipe, opening: RunData.Opening, preflight: Preflight) {
    self.recipe = recipe
    self.opening = opening
    self.preflight = preflight
  }

  var paths: Recipe.Data { recipe.data }
  var seed: UInt64 { UInt64(bitPattern: Int64(recipe.seed)) }

  func open() throws -> RunData.Opened? {
    let whole = try attempt("data.labelled") { try RunData.labelled(paths, opening.indexing) }
    let source = try whole.flatMap { whole in
      guard let classes = paths.labelledClasses else { return whole }
      return try attempt("data.labelledClasses") {
        try whole.taking(classes, called: "data.labelledClasses", at: paths.labelled)
      }
    }
    if let source { preflight.warnOfClasses(of: source, at: paths.labelled) }
    let validation = try measured(
      paths.validation, paths.validationSplit, "data.validation", source)
    let test = try measured(paths.test, paths.testSplit, "data.test", source)
    let labelled = try source.flatMap { try divide($0, of: whole ?? $0) }
    let known = try labelled.flatMap { try knownImages($0, validation, test) }
    let (tagged, task) = (try openTagged(), try openTask())
    try checkTrainings(source, labelled, [tagged?.learned, task].compactMap { $0 })
    let unlabelled = try openUnlabelled(rest: labelled?.rest)
    let selects =
      opening.access == .alone && !opening.computed.isEmpty
      && !(opening.directory?.isFinished(.ranking) ?? false)
    if selects, let source, let unlabelled {
      try preflight.checkTags(of: recipe, unlabelled, classNames: source.classes)
    }
    guard let source, let labelled, let known, let unlabelled, preflight.problems.isEmpty else {
      return nil
    }
    let data = RunData(
      labelled: labelled.trained, validation: validation ?? labelled.heldOut, test: test,
      unlabelled: unlabelled, tagged: tagged, task: task, classNames: source.classes,
      validationIsGiven: paths.validation != nil)
    if recipe.student.consistency.use != .none, !unlabelled.isRandomAccess {
      try preflight.note(Run.refusalOfOrder(unlabelled.name), key: "student.consistency.use")
    }
    if selects {
      try preflight.requireTeachers(of: recipe, unlabelled, classes: source.classes)
      let unreadable = try preflight.lookAt(
        unlabelled, called: "unlabelled", key: "data.unlabelled",
        limit: recipe.data.limitOfUnreadable,
        maxPixels: recipe.data.maxPixels)
      try preflight.compareUnlabelled(
        of: data, with: known, recipe, unreadable: unreadable, most: opening.mostCompared,
        workers: opening.workers)
    }
    return preflight.problems.isEmpty
      ? RunData.Opened(data: data, known: known, noted: noted) : nil
  }

  /// As `Preflight.attempt`, but for keys that are known to be wrong.
  func attempt<Value>(_ key: String, _ body: () throws -> Value) throws -> Value? {
    guard !preflight.isAtFault(key) else { return nil }
    do {
      return try body()
    } catch {
      try preflight.note(error, key: key)
      return nil
    }
  }

  private func measured(
    _ path: String?, _ split: String?, _ key: String, _ source: (any ImageDataset)?
  ) throws -> Examples? {
    guard let path else { return nil }
    let set = String(key.dropFirst("data.".count))
    return try attempt(key) {
      try RunData.measured(
        path, split, as: set, classes: source?.classes, only: paths.labelledClasses,
        opening.indexing)
    }
  }

  private func openUnlabelled(rest: (any ImageDataset)?) throws -> (any ShardedDataset)? {
    if paths.unlabelledIsRest {
      guard let rest else { return nil }
      return try attempt("data.unlabelledImbalance") {
        let kept = try paths.unlabelledImbalance.map {
          try IndexedSubset(rest, indices: longTail(of: rest, ratio: $0, seed: seed))
        }
        return EvenShards(kept ?? rest, shardSize: max(1, paths.shardSize))
      } ?? nil
    }
    let keys = ["data.unlabelled", "data.unlabelledSplit", "data.shardSize", "data.requireTags"]
    if keys.contains(where: preflight.isAtFault) { return nil }
    let makesIndex = namesShards(paths.unlabelled)
    if makesIndex, !preflight.problems.isEmpty { return nil }
    do {
      let unlabelled = try Pipeline.openUnlabelled(paths, opening.indexing)
      preflight.warnOfCutShards(of: unlabelled)
      return unlabelled
    } catch let error where !opening.needsUnlabelled {
      return MissingImages(name: paths.unlabelled, reason: "\(error)")
    } catch {
      try preflight.note(error, key: "data.unlabelled")
      return nil
    }
  }

  /// Looks at the trainings that are still to be done, which only who works alone does.
  private func checkTrainings(
    _ source: (any ImageDataset)?, _ labelled: Labelled?, _ learned: [LearnedImages]
  ) throws {
    guard opening.access == .alone else { return }
    var preflight = preflight
    defer { self.preflight = preflight }
    func isFinished(_ stage: Stage) -> Bool {
      !opening.computed.contains(stage) || opening.directory?.isFinished(stage) ?? false
    }
    preflight.warnOfIdleKeys(of: recipe)
    if !isFinished(.ranking) { preflight.requireGivenScores(of: recipe, in: opening.directory) }
    var names: [Stage: [String]] = [:]
    (names[.teacher], names[.student]) = (source?.classes, source?.classes)
    for pictures in learned { names[pictures.stage] = pictures.classNames }
    try preflight.checkStartingWeights(of: recipe, classNames: names, isFinished: isFinished)
    if !isFinished(.ranking) { try preflight.checkScoring(of: recipe, on: opening.device) }
    // A student that is done reads no cache; scoring alone leaves one for others, too.
    if opening.computed.contains(.ranking),
      !opening.computed.contains(.student) || !isFinished(.student)
    {
      try preflight.checkCache(of: recipe, in: opening.directory?.path)
    }
    guard let source, let labelled else { return }
    try preflight.checkTrainings(
      of: recipe, labelled: labelled.trained.count, classCount: source.classes.count,
      learned: Dictionary(
        learned.map { ($0.stage, DataCounts.Learned($0)) }, uniquingKeysWith: { first, _ in first }),
      device: opening.device, processes: opening.processes, isFinished: isFinished)
    preflight.warnOfMissingClasses(
      in: labelled.heldOut, key: "data.validationFraction", recipe.data.validationFraction)
  }
}
