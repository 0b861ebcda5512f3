import Copies
import ImageData
import Recipes
import Shards
import Terminal
import Torch
import Training

extension RunData {
  /// How a run's pictures are opened.
  struct Opening {
    /// How many threads read pictures.
    let workers: Int
    /// Whether U must be there; where it is not, `MissingImages` stand in for it.
    var needsUnlabelled = true
    /// How an index is made of shards that have none yet.
    let indexing: Indexing
    /// Whether what pictures look like is noted, too, beside their bytes.
    var alike = false
    /// Where the run is kept; nil where it is not.
    var directory: RunDirectory?
    /// What computes, if that is known.
    var device: Device?
    /// Up to so many pictures of U are compared with the others one by one.
    var mostCompared = 20_000
    /// The stages that are to be computed: what speaks against other ones does not matter.
    var computed = Set(Stage.allCases)
    /// How the run's directory is worked on: who does not work on it alone takes what was noted.
    var access = Run.Access.alone
    /// How many processes train together.
    var processes = 1
  }

  /// A run's pictures with what is known of them.
  struct Opened {
    var data: RunData
    /// The labelled, validation and test pictures, by what they show; none for who only reads.
    let known: KnownImages
    /// What was noted just now, by the names that it is kept under.
    fileprivate let noted: [(name: String, noting: NotedContents, contents: [ImageContents])]

    /// Pictures that a run directory remembers, which nobody looked at.
    init(remembered data: RunData, in directory: RunDirectory) throws {
      let kept = UnreadableList(keptIn: directory.knownFolder)
      try self.init(
        data: data, known: KnownImages([], alike: false, unreadable: kept), noted: [])
    }

    fileprivate init(
      data: RunData, known: KnownImages,
      noted: [(name: String, noting: NotedContents, contents: [ImageContents])]
    ) {
      self.data = data
      self.known = known
      self.noted = noted
    }

    /// Keeps in `folder` what was noted, for later starts.
    /// - Throws: `FileError`.
    func keepContents(in folder: String) throws {
      for (name, noting, contents) in noted { try noting.keep(contents, as: "\(folder)/\(name)") }
    }
  }

  /// Opens the pictures of `recipe`. What is wrong with any of the sets is noted in `preflight`, and
  /// then there is nothing to return; U's index is not made when something else is wrong already.
  /// - Throws: `Stopped`.
  static func open(_ recipe: Recipe, _ opening: Opening, noting preflight: inout Preflight) throws
    -> Opened?
  {
    let sets = SetsOpening(recipe: recipe, opening: opening, preflight: preflight)
    defer { preflight = sets.preflight }
    return try sets.open()
  }
}

/// Opens the sets of a run one after another and gathers what is wrong with each.
final class SetsOpening {
  let recipe: Recipe
  let opening: RunData.Opening
  var preflight: Preflight
  private var noted: [(name: String, noting: NotedContents, contents: [ImageContents])] = []

  init(recipe: Recipe, opening: RunData.Opening, preflight: Preflight) {
    self.recipe = recipe
    self.opening = opening
    self.preflight = preflight
  }

  var paths: Recipe.Data { recipe.data }
  private var seed: UInt64 { UInt64(bitPattern: Int64(recipe.seed)) }

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
    if opening.access == .alone, !opening.computed.isEmpty,
      !(opening.directory?.isFinished(.ranking) ?? false)
    {
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
  private func attempt<Value>(_ key: String, _ body: () throws -> Value) throws -> Value? {
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
      return rest.map { EvenShards($0, shardSize: max(1, paths.shardSize)) }
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

  // MARK: - D

  /// D in parts, and what its pictures are.
  private struct Labelled {
    let trained: Examples
    let heldOut: Examples?
    /// What `labelledCount` left.
    let rest: any ImageDataset
    /// What `labelledCount` chose, before a part of it was held out.
    let chosen: any ImageDataset
    let kept: [Int]
    let held: [Int]
    /// What the chosen pictures are; nil for who need not know.
    let contents: NotedContents.Noted?
  }

  /// Divides what is taken of `whole`.
  private func divide(_ source: any ImageDataset, of whole: any ImageDataset) throws -> Labelled? {
    let (chosen, rest) =
      try attempt("data.labelledCount") { try choose(from: source, of: whole) } ?? (nil, nil)
    guard let chosen, let rest else { return nil }
    return try attempt("data.labelled") {
      let isHeldOut = paths.validation == nil && !preflight.isAtFault("data.validationFraction")
      let fraction = isHeldOut ? paths.validationFraction : 0
      let isKnown = opening.access != .reading || fraction > 0
      let contents = isKnown ? try self.contents(of: chosen, "labelled") : nil
      let (kept, held) = try holdOut(
        from: chosen, fraction: fraction, seed: seed,
        copies: contents.map { CopyGroups(of: $0.contents.map(\.contentHash)) } ?? .none)
      let trained = try Examples(
        labelled: held.isEmpty ? chosen : IndexedSubset(chosen, indices: kept))
      try RunData.requireEveryClass(of: trained, at: paths.labelled)
      return Labelled(
        trained: trained,
        heldOut: fraction > 0 ? try Examples(labelled: IndexedSubset(chosen, indices: held)) : nil,
        rest: rest, chosen: chosen, kept: kept, held: held, contents: contents)
    }
  }

  private func choose(from source: any ImageDataset, of whole: any ImageDataset) throws
    -> (chosen: (any ImageDataset)?, rest: (any ImageDataset)?)
  {
    guard let count = paths.labelledCount else { return (source, source) }
    guard count <= source.count, count >= source.classes.count else {
      throw RecipeError(
        "labelledCount \(count) is not between \(source.classes.count), one a class, and the "
          + "\(source.count) pictures of \(paths.labelled)")
    }
    // Of more pictures copies are not looked for: those of chosen ones are left out of U in any case.
    var copies = CopyGroups.none
    if source.count <= 200_000 {
      let noted = try contents(of: source, "source", onlyHashes: true)
      copies = CopyGroups(of: noted.contents.map(\.contentHash))
    }
    let split = try balancedSubset(of: source, count: count, seed: seed, copies: copies)
    let chosen = try IndexedSubset(source, indices: split.chosen)
    guard let classes = paths.labelledClasses else {
      return (chosen, try IndexedSubset(source, indices: split.rest))
    }
    // Pictures of classes that are not told apart are left, too.
    let places = whole.places(of: classes)
    let taken = Set(split.chosen.map { places[$0] })
    return (
      chosen, try IndexedSubset(whole, indices: (0..<whole.count).filter { !taken.contains($0) })
    )
  }

  // MARK: - What pictures are

  private func knownImages(
    _ labelled: Labelled, _ validation: Examples?, _ test: Examples?
  ) throws -> KnownImages? {
    guard opening.access != .reading, let contents = labelled.contents else {
      let kept = opening.directory.map { UnreadableList(keptIn: $0.knownFolder) }
      return try KnownImages(
        [], alike: false, unreadable: kept ?? UnreadableList([], heldOut: false))
    }
    var parts: [KnownImages.Part] = []
    var noted: [UnreadableList.Part] = []
    func add(
      _ name: String, _ dataset: any ImageDataset, _ found: NotedContents.Noted, isLeftOut: Bool
    ) {
      parts.append(
        .init(name: name, dataset: dataset, contents: found.contents, isLeftOut: isLeftOut))
      noted.append((name, dataset, found))
    }
    if let test {
      let found = try self.contents(of: test.dataset, "test")
      add("test", test.dataset, found, isLeftOut: true)
      preflight.warnOfCopies("test", test.dataset, found)
    }
    // Validation pictures that are given are no part of D, and U may hold them: other ones change no
    // score.
    let (trained, held) = contents.divided(
      labelled.chosen, kept: labelled.kept, held: labelled.held)
    if let validation {
      let found = try self.contents(of: validation.dataset, "validation")
      add("validation", validation.dataset, found, isLeftOut: false)
      preflight.warnOfCopies("validation", validation.dataset, found)
    } else if let heldOut = labelled.heldOut {
      add("validation", heldOut.dataset, held, isLeftOut: true)
    }
    add(
      "labelled", labelled.trained.dataset, labelled.held.isEmpty ? contents : trained,
      isLeftOut: true)
    let list = UnreadableList(noted, heldOut: validation == nil && labelled.heldOut != nil)
    judge(list)
    preflight.warnOfAbsentClasses(test, "test")
    preflight.warnOfAbsentClasses(validation, "validation")
    let known = try KnownImages(parts, alike: opening.alike, unreadable: list)
    _ = try preflight.attempt("data.test") { try known.refuse("test", among: "labelled") }
    _ = try preflight.attempt("data.test") { try known.refuse("test", among: "validation") }
    if validation != nil {
      _ = try preflight.attempt("data.validation") {
        try known.refuse("validation", among: "labelled")
      }
    }
    preflight.warnOfCopies("labelled", labelled.chosen, contents)
    return known
  }

  /// Notes what cannot be read: as a problem where it is too much, else as a warning.
  private func judge(_ list: UnreadableList) {
    let problems = list.problems(recipe.data.limitOfUnreadable)
    for (key, message) in problems { preflight.refuse(message, exitCode: 65, key: key) }
    guard problems.isEmpty else { return }
    let path =
      opening.indexing.isTemporary
      ? nil : opening.directory.map { UnreadableList.path(in: $0.knownFolder) }
    for (key, message) in list.lines(list: path) { preflight.warn(message, key: key) }
  }

  private func contents(of dataset: any ImageDataset, _ name: String, onlyHashes: Bool = false)
    throws -> NotedContents.Noted
  {
    let noting = NotedContents(
      dataset: dataset, alike: opening.alike && !onlyHashes, trusting: opening.access != .alone,
      maxPixels: recipe.data.maxPixels, workers: opening.workers)
    if let folder = opening.directory?.knownFolder,
      let kept = try noting.kept(as: "\(folder)/\(name)")
    {
      return kept
    }
    let found = try onlyHashes ? noting.hashed() : noting.note()
    noted.append((name, noting, found.contents))
    return found
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
