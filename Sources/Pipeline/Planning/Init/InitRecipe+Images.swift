import Files
import Foundation
import ImageData
import Recipes
public import Shards
public import Terminal
import Training

extension DatasetFacts {
  /// Looks at the pictures of `dataset`, which a recipe will name `path`: the median size of a
  /// hundred of them, spread evenly where that does not mean to read everything.
  init(path: String, of dataset: any ImageDataset) throws {
    let looked = min(dataset.count, 100)
    let stride = dataset.isRandomAccess ? max(1, dataset.count / 100) : 1
    let shapes = (0..<looked).map { $0 * stride }.compactMap { index in
      (try? dataset.read(at: index)).flatMap(Self.shape)
    }
    guard !shapes.isEmpty else {
      throw PipelineError.data("\(path): none of its \(dataset.count) pictures can be read")
    }
    func median(_ values: [Int]) -> Int { values.sorted()[values.count / 2] }
    self.init(
      path: path, count: dataset.count, classes: dataset.classes.count,
      channels: shapes.allSatisfy { $0.channels == 1 } ? 1 : 3,
      width: median(shapes.map(\.width)), height: median(shapes.map(\.height)))
    (self.looked, unreadable) = (looked, looked - shapes.count)
  }

  private static func shape(_ image: EncodedImage) -> (channels: Int, width: Int, height: Int)? {
    switch image {
    case .pixels(_, let width, let height, let channels):
      return (channels, width, height)
    case .file(let data):
      // A palette's single component is an index of colours.
      guard let header = try? ImageHeader(of: data) else { return nil }
      let isGray = header.format == .jpeg && header.components == 1
      return (isGray ? 1 : 3, header.width, header.height)
    }
  }
}

/// What a recipe is fitted to besides pictures.
public struct InitWishes: Sendable {
  /// The weights that the teacher, and the student where it is of the same network, start from.
  public var startFrom: String?
  /// The network that they are of, where they fit several.
  public var model: String?
  /// The seconds that all stages together may take on this machine.
  public var seconds: Double?

  /// None.
  public init() {}
}

/// Writes a recipe fitted to the labelled and the unlabelled pictures, and says what was passed over
/// and what speaks against a gain with them. The recipe names the pictures from its own folder.
///
/// Shards are counted by indexes in a temporary folder: a run makes its own.
/// Folders called train, val and test in the labelled one are taken for what they are.
/// - Throws: `PipelineError.data` when the pictures cannot be used, `FileError` naming `path`.
public func writeFittedRecipe(
  name: String, labelled: String, unlabelled: String, test: String?,
  wishes: InitWishes = InitWishes(), commands: CommandPermission? = nil, to path: String,
  console: Console = Console(quiet: true)
) throws -> [String] {
  let cores = Threads.cores
  return try Indexing.temporarily(workers: cores, console) { indexing in
    try writeFittedRecipe(name, labelled, unlabelled, test, wishes, commands, to: path, indexing)
  }
}

private func writeFittedRecipe(
  _ name: String, _ labelled: String, _ unlabelled: String, _ test: String?, _ wishes: InitWishes,
  _ commands: CommandPermission?, to path: String, _ indexing: Indexing
) throws -> [String] {
  let start = try wishes.startFrom.map {
    try InitStart($0, as: RecipePath.written($0, in: path), model: wishes.model)
  }
  var (labelled, validation, test) = (labelled, String?.none, test)
  var notes: [String] = []
  var labelledSet = try openLabelled(labelled, as: "labelled", indexing)
  if let splits = SplitFolders(of: labelledSet, at: labelled) {
    notes.append(splits.statement)
    (labelled, validation) = (splits.paths.labelled, splits.paths.validation)
    test = test ?? splits.paths.test
    labelledSet = try openLabelled(labelled, as: "labelled", indexing)
  }
  try RunData.requireLabels(of: labelledSet, at: labelled)
  var data = Recipe.Data(labelled: labelled, unlabelled: unlabelled)
  data.commands = commands
  let unlabelledSet = try openUnlabelled(data, indexing)
  let plain = try InitRecipe(
    name: name,
    labelled: DatasetFacts(path: RecipePath.written(labelled, in: path), of: labelledSet),
    unlabelled: DatasetFacts(path: RecipePath.written(unlabelled, in: path), of: unlabelledSet),
    test: test.map { try RecipePath.written($0, in: path) }, start: start)
  let (chosen, chosenTest) = (labelled, test)
  func fit(_ validation: String?) throws -> (InitRecipe, LookedAt) {
    var fitted = plain
    if let validation {
      fitted.measure(onValidation: try RecipePath.written(validation, in: path))
    }
    // The same as seen from here.
    var recipe = fitted.recipe
    (recipe.data.labelled, recipe.data.unlabelled) = (chosen, unlabelled)
    (recipe.data.validation, recipe.data.test) = (validation, chosenTest)
    recipe.data.commands = commands
    if recipe.teacher.startFrom != nil { recipe.teacher.startFrom = wishes.startFrom }
    if recipe.student.startFrom != nil { recipe.student.startFrom = wishes.startFrom }
    return (fitted, try lookedAt(recipe, unlabelledSet, count: labelledSet.count, indexing))
  }
  var (fitted, found): (InitRecipe, LookedAt)
  do {
    (fitted, found) = try fit(validation)
  } catch let error as PipelineError where validation != nil {
    // Which is not the user's choice but what lay beside D.
    (fitted, found) = try fit(nil)
    notes.append("without data.validation: \(error)")
  }
  fitted.note(found.warnings, labelled: found.labelled)
  notes += start?.notes ?? []
  if let seconds = wishes.seconds { notes += try fitted.fit(seconds: seconds) }
  try DurableFile.write(fitted.yaml, to: path)
  let sets: [any ImageDataset] = [labelledSet, unlabelledSet]
  let measured = try [test].compactMap {
    try $0.map { try openLabelled($0, as: "test", indexing, allowsEmptyClasses: true) }
  }
  return PassedOver.lines(of: sets + measured) + notes + found.notes + fitted.warnings
    + found.warnings.map(\.message)
}

private typealias LookedAt = (warnings: [Preflight.Warning], notes: [String], labelled: Int)

/// What a run of `recipe` would warn of in its pictures, and how many it would train on. Of many pictures,
/// which a dry run reads, only some are looked at, which the notes say.
/// - Throws: `PipelineError` with all that would be refused.
private func lookedAt(
  _ recipe: Recipe, _ unlabelled: any ShardedDataset, count: Int, _ indexing: Indexing
) throws -> LookedAt {
  guard count <= 20_000 else {
    let labelled = try openLabelled(recipe.data.labelled, as: "labelled", indexing)
    var (lines, notes) = try lookOver("labelled", labelled, isLearned: true)
    for (set, path) in [("validation", recipe.data.validation), ("test", recipe.data.test)] {
      guard let path else { continue }
      let measured = try RunData.measured(path, nil, as: set, classes: labelled.classes, indexing)
      let looked = try lookOver(set, measured.dataset, isLearned: false)
      (lines, notes) = (lines + looked.lines, notes + looked.notes)
    }
    var preflight = Preflight()
    preflight.warnOfLookalikes(in: labelled)
    preflight.warnOfNumbers(in: labelled, at: recipe.data.labelled)
    preflight.warnOfCutShards(of: unlabelled)
    for line in lines { preflight.warn(line, key: "data.unreadableLimit") }
    let trained = Double(labelled.count) * (1 - recipe.data.validationFraction)
    return (preflight.warnings, notes, Int(trained.rounded()))
  }
  var recipe = recipe
  // Here that is said; it is the run's to refuse.
  recipe.data.unreadableLimit = 1
  var preflight = Preflight()
  let opened = try RunData.open(
    recipe, RunData.Opening(workers: indexing.workers, indexing: indexing),
    noting: &preflight)
  try preflight.refuseProblems()
  let problems = opened?.known.unreadable.problems(BadSamples.Limit()) ?? []
  for (key, message) in problems { preflight.warn("run refuses it: \(message)", key: key) }
  return (preflight.warnings, [], opened?.data.labelled.count ?? count)
}

/// What is to be said of pictures that cannot be read, of some spread over a set where it is large, and
/// that it was only some.
/// - Throws: `PipelineError.data` where none can be, or none of a class that is to be learned.
private func lookOver(_ set: String, _ dataset: any ImageDataset, isLearned: Bool) throws
  -> (lines: [String], notes: [String])
{
  let noting = NotedContents(
    dataset: dataset, alike: false, trusting: false, maxPixels: ImageDecoder.defaultMaxPixels,
    workers: Threads.cores)
  let (looked, noted, lost) = try noting.sampled()
  let found = UnreadableImages(set: set, of: [(looked, noted)])
  if let problem = found.problem(.none, list: nil, lost: isLearned ? lost : []) {
    throw PipelineError.data(problem)
  }
  let isPart = looked.count < dataset.count
  let most = isPart ? " (of those that were looked at)" : ""
  let problem = found.problem(BadSamples.Limit(), list: nil).map { $0 + most }
  let note =
    "\(set): \(Format.count(looked.count)) of \(Format.count(dataset.count)) pictures were looked at, "
    + "and no copies looked for; halcyon run --dry-run looks at all"
  return (
    [problem ?? (found.count > 0 ? "\(set): \(found.line)\(most)" : nil)].compactMap { $0 },
    isPart ? [note] : []
  )
}
