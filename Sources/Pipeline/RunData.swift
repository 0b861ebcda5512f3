import Files
import Foundation
import ImageData

/// The pictures of a run: labelled, unlabelled, for validation and for the final figures.
struct RunData {
  /// D, without the part held out for validation.
  let labelled: Examples
  /// Held out of D or given; measured during training.
  let validation: Examples?
  /// Only ever for final figures.
  let test: Examples?
  /// U. Where its labels are known they are only used to tell how pure the selection is.
  private(set) var unlabelled: any ShardedDataset
  let classNames: [String]
  private let validationIsGiven: Bool

  /// Opens them. Where U is not needed and cannot be opened, `MissingPictures` stand in for it.
  /// - Parameters:
  ///   - recipe: Which pictures.
  ///   - workers: How many threads read them.
  ///   - needsUnlabelled: Whether U must be there.
  ///   - indexing: How an index is made of shards that have none yet.
  /// - Throws: `PipelineError` or `ImageDataError` naming what cannot be used.
  init(
    _ recipe: Recipe, workers: Int, needsUnlabelled: Bool = true, indexing: Indexing
  ) throws {
    let paths = recipe.data
    let seed = UInt64(bitPattern: Int64(recipe.seed))
    let source = try openLabelled(
      paths.labelled, split: paths.labelledSplit, as: "labelled", indexing)
    guard !source.classes.isEmpty else {
      throw PipelineError.data(
        "\(paths.labelled) has no labels; a labelled set is a folder of class folders, an IDX file "
          + "with its labels beside it, a CSV with a label column, or shards with .cls or .json "
          + "members that say it")
    }
    var chosen: any ImageDataset = source
    var rest: any ImageDataset = source
    if let count = paths.labelledCount {
      guard count <= source.count, count >= source.classes.count else {
        throw PipelineError.recipe(
          "labelledCount \(count) is not between \(source.classes.count), one a class, and the "
            + "\(source.count) pictures of \(paths.labelled)")
      }
      let split = try balancedSubset(of: source, count: count, seed: seed)
      chosen = try IndexedSubset(source, indices: split.chosen)
      rest = try IndexedSubset(source, indices: split.rest)
    } else if paths.unlabelledIsRest {
      throw PipelineError.recipe("data.unlabelled: rest needs data.labelledCount")
    }
    if let path = paths.validation {
      validation = try Self.measured(
        path, paths.validationSplit, as: "validation", classes: source.classes, indexing)
    } else if paths.validationFraction > 0 {
      let split = try holdOut(from: chosen, fraction: paths.validationFraction, seed: seed)
      let source = chosen
      validation = try Examples(
        labelled: IndexedSubset(source, indices: split.heldOut))
      chosen = try IndexedSubset(source, indices: split.kept)
    } else {
      validation = nil
    }
    labelled = try Examples(labelled: chosen)
    classNames = source.classes
    let empty = zip(classNames, labelled.countPerClass).filter { $1 == 0 }.map(\.0)
    guard empty.isEmpty else {
      throw PipelineError.data(
        "\(paths.labelled): no picture of \(empty.prefix(5).joined(separator: ", ")); every class "
          + "needs at least one")
    }
    test = try paths.test.map {
      try Self.measured($0, paths.testSplit, as: "test", classes: source.classes, indexing)
    }
    validationIsGiven = paths.validation != nil
    // Last: an index of U may take hours, and is written.
    do {
      unlabelled =
        paths.unlabelledIsRest
        ? EvenShards(rest, shardSize: paths.shardSize)
        : try openUnlabelled(paths, indexing)
    } catch let error where !needsUnlabelled {
      unlabelled = MissingPictures(name: paths.unlabelled, reason: "\(error)")
    }
  }

  /// A labelled set that is only measured on, whose classes must be D's.
  private static func measured(
    _ path: String, _ split: String?, as set: String, classes: [String], _ indexing: Indexing
  ) throws -> Examples {
    let dataset = try openLabelled(path, split: split, as: set, indexing)
    return try Examples(
      labelled: inClassOrder(dataset, "the classes of \(path)", classes, "the labelled set's"))
  }

  /// Whether the labels that U has are D's: by name, or, where shards have only numbers (`.cls`), as
  /// the numbers of as many classes. They only tell how pure the selection is.
  var isTruthKnown: Bool {
    let labels = unlabelled.classes
    return labels == classNames
      || labels.count == classNames.count && labels == labels.indices.map(String.init)
  }

  /// Why the labels that U has are not D's; nil where they are, and where it has none.
  var whyTruthIsUnknown: String? {
    let labels = unlabelled.classes
    guard !isTruthKnown, !labels.isEmpty else { return nil }
    func few(_ names: [String]) -> String {
      names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", … (\(names.count))" : "")
    }
    // An index of shards has at least ten numbers, whichever of them occur.
    let isNumbers = labels == labels.indices.map(String.init)
    let found = isNumbers ? "numbers below \(labels.count)" : few(labels)
    let order = labels.sorted() == classNames.sorted() ? ": the same in another order" : ""
    return "U's labels are \(found), D's classes \(few(classNames))\(order)"
  }

  /// What must not be trained on and what U must not hold, the most precious first. Validation
  /// pictures that are given are no part of D, and U may hold them: other ones change no score.
  var knownSets: [(name: String, dataset: any ImageDataset, isLeftOut: Bool)] {
    let sets = [
      ("test", test?.dataset, true), ("validation", validation?.dataset, !validationIsGiven),
      ("labelled", labelled.dataset, true),
    ]
    return sets.compactMap { name, dataset, isLeftOut in dataset.map { (name, $0, isLeftOut) } }
  }

  /// - Throws: `PipelineError.data` with the names when a test picture is also in D or among the
  ///   validation pictures, or a given validation picture in what is trained on.
  func refuseMeasuredPicturesAmongOthers(_ known: KnownPictures) throws {
    try known.refuse("test", among: "labelled")
    try known.refuse("test", among: "validation")
    // Copies inside D may fall on both sides of a part that is held out: that is D's own matter.
    if validationIsGiven { try known.refuse("validation", among: "labelled") }
  }

  /// Whatever was read for U so far is not what the run was made from.
  mutating func loseUnlabelled(because reason: String) {
    unlabelled = MissingPictures(name: unlabelled.name, reason: reason)
  }

  /// The sets, by the names that the recipe has for them.
  var sets: [(name: String, dataset: any ImageDataset)] {
    [
      ("labelled", labelled.dataset), ("unlabelled", unlabelled),
      ("validation", validation?.dataset), ("test", test?.dataset),
    ].compactMap { name, dataset in dataset.map { (name, $0) } }
  }

  /// What the scores of U depend on beside the teacher and U: the pictures that are left out.
  var leftOutFingerprint: String {
    let parts = knownSets.filter(\.isLeftOut).map { Self.fingerprint(of: $0.dataset) }
    return Checksum.sha256(Data(parts.joined(separator: "\n").utf8))
  }

  /// What a set is, in one word: its size, its classes, every key of a small set or a thousand spread
  /// over a large one, and the contents of a few pictures.
  static func fingerprint(of dataset: any ImageDataset) -> String {
    if let indexed = dataset as? IndexedCollection { return indexed.identity }
    var text = "\(dataset.count)\n\(dataset.classes.joined(separator: "\t"))\n"
    for index in stride(from: 0, to: dataset.count, by: max(1, dataset.count / 1000)) {
      text += dataset.key(at: index) + "\n"
    }
    for index in stride(from: 0, to: dataset.count, by: max(1, dataset.count / 32)) {
      text += (try? dataset.read(at: index)).map { "\(ContentHash(of: $0))" } ?? "unreadable"
      text += "\n"
    }
    return Checksum.sha256(Data(text.utf8))
  }
}

/// - Throws: `PipelineError.data` naming the classes that only one of the two has.
func requireSameClasses(_ a: [String], _ aName: String, _ b: [String], _ bName: String) throws {
  guard a != b else { return }
  func sample(_ names: Set<String>) -> String {
    names.sorted().prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
  }
  let onlyA = Set(a).subtracting(b)
  let onlyB = Set(b).subtracting(a)
  var parts: [String] = []
  if !onlyA.isEmpty { parts.append("only there: \(sample(onlyA))") }
  if !onlyB.isEmpty { parts.append("missing there: \(sample(onlyB))") }
  if parts.isEmpty { parts.append("they are in another order") }
  throw PipelineError.data("\(aName) are not \(bName); \(parts.joined(separator: "; "))")
}

/// The data set with its labels in the order of `classes`, which its own may have in another.
/// - Throws: `PipelineError.data` naming the classes that only one of the two has.
func inClassOrder(
  _ dataset: any ImageDataset, _ name: String, _ classes: [String], _ classesName: String
) throws -> any ImageDataset {
  guard dataset.classes != classes else { return dataset }
  let places = Dictionary(zip(classes, classes.indices)) { first, _ in first }
  guard places.count == classes.count, Set(dataset.classes) == Set(places.keys),
    dataset.classes.count == classes.count
  else {
    try requireSameClasses(dataset.classes, name, classes, classesName)
    return dataset
  }
  let order = dataset.classes.map { Int32(places[$0] ?? -1) }
  let labels = (0..<dataset.count).map { dataset.label(at: $0).map { order[$0] } ?? -1 }
  return try Relabelled(dataset, labels: labels, classes: classes)
}

/// The content hash of every picture; nil for one that cannot be read.
/// - Throws: `PipelineError.stopped` when a signal asked to stop meanwhile.
func contentHashes(of dataset: any ImageDataset, workers: Int) throws -> [ContentHash?] {
  let count = dataset.count
  let parts = max(1, min(workers, count))
  var results = [[ContentHash?]](repeating: [], count: parts)
  results.withUnsafeMutableBufferPointer { results in
    nonisolated(unsafe) let results = results
    DispatchQueue.concurrentPerform(iterations: parts) { part in
      var hashes: [ContentHash?] = []
      for index in (count * part / parts)..<(count * (part + 1) / parts) {
        guard StopSignal.number == nil else { break }
        hashes.append((try? dataset.read(at: index)).map { ContentHash(of: $0) })
      }
      results[part] = hashes
    }
  }
  try StopSignal.check()
  return results.flatMap { $0 }
}
