import Copies
import Files
import Foundation
import ImageData
import Recipes
import Shards
import SystemPackage
import Terminal
import Training

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
  /// W; nil where there is none, and where nothing of what is computed depends on it.
  let tagged: TaggedImages?
  /// V; nil as above.
  let task: LearnedImages?
  let classNames: [String]
  private let validationIsGiven: Bool

  init(
    labelled: Examples, validation: Examples?, test: Examples?, unlabelled: any ShardedDataset,
    tagged: TaggedImages? = nil, task: LearnedImages? = nil, classNames: [String],
    validationIsGiven: Bool
  ) {
    self.labelled = labelled
    self.validation = validation
    self.test = test
    self.unlabelled = unlabelled
    (self.tagged, self.task) = (tagged, task)
    self.classNames = classNames
    self.validationIsGiven = validationIsGiven
  }

  /// All of D.
  /// - Throws: `PipelineError` or `ImageDataError` naming what cannot be used.
  static func labelled(_ paths: Recipe.Data, _ indexing: Indexing) throws -> any ImageDataset {
    let dataset = try openLabelled(
      paths.labelled, split: paths.labelledSplit, as: "labelled", indexing)
    try requireLabels(of: dataset, at: paths.labelled)
    let classes = dataset.classes
    guard classes.count > 1 else {
      throw PipelineError.data(
        "\(paths.labelled) has one class only, \(classes[0]); give a folder with a folder for each of two "
          + "or more classes"
      )
    }
    return dataset
  }

  /// - Throws: `PipelineError.data` where nothing in the set at `path` is labelled.
  static func requireLabels(of dataset: any ImageDataset, at path: String) throws {
    guard dataset.classes.isEmpty else { return }
    let reason = dataset.count > 0 ? dataset.whyUnlabelled(at: 0) : nil
    throw PipelineError.data(
      "\(path) has no labels\(reason.map { " (\($0))" } ?? ""); a labelled set is a folder of class "
        + "folders, an IDX file with its labels beside it, a CSV with a label column, or shards with .cls "
        + "or .json members that say it")
  }

  /// A labelled set that is only measured on, whose classes must be among D's, where these are known; `only` are
  /// those that are taken of it.
  static func measured(
    _ path: String, _ split: String?, as set: String, classes: [String]?, only: [String]? = nil,
    _ indexing: Indexing
  ) throws -> Examples {
    var dataset = try openLabelled(path, split: split, as: set, indexing, allowsEmptyClasses: true)
    try requireLabels(of: dataset, at: path)
    if let only {
      dataset = try dataset.taking(only, called: "", at: path, mayLackSome: true)
    }
    guard let classes else { return try Examples(labelled: dataset) }
    return try Examples(
      labelled: inClassOrder(dataset, "the classes of \(path)", classes, "the labelled set's"))
  }

  /// - Throws: `PipelineError.data` naming the classes without a picture to train on.
  static func requireEveryClass(of examples: Examples, at path: String) throws {
    let counts = zip(examples.dataset.classes, examples.countPerClass)
    let empty = counts.filter { $1 == 0 }.map(\.0)
    guard empty.isEmpty else {
      throw PipelineError.data(
        "\(path): no picture of \(Format.few(empty)); every class needs at least one"
          + hint(aboutNames: empty, of: examples.dataset))
    }
  }

  /// What to do about names in the `classes.txt` of IDX files that no picture has.
  private static func hint(
    aboutNames empty: [String], of dataset: any ImageDataset
  ) -> String {
    guard let file = dataset.fileOfClassNames else { return "" }
    let (them, lines) = empty.count == 1 ? ("it", "its line") : ("them", "their lines")
    // A line in the middle counts for the labels after it.
    return dataset.classes.suffix(empty.count).elementsEqual(empty)
      ? "; \(file) names \(them): take \(lines) out"
      : "; \(file) names \(them), a line for each label from 0 on: without that file the labels "
        + "that occur are the classes"
  }

  /// Whether the validation pictures are a part of D.
  var isValidationHeldOut: Bool { validation != nil && !validationIsGiven }

  /// The classes of D that a measured set has no picture of.
  var absentClasses: [(set: String, classes: [String])] {
    [("validation", validation), ("test", test)].compactMap { set, examples in
      guard let examples else { return nil }
      let absent = zip(classNames, examples.countPerClass).filter { $1 == 0 }.map(\.0)
      return absent.isEmpty ? nil : (set, absent)
    }
  }

  /// "no test picture of south".
  static func absentLine(_ set: String, _ classes: [String]) -> String {
    "no \(set) picture of \(Format.few(classes))"
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
    if let (first, second) = ClassName.firstTwins(labels) {
      let names = [first, second].map { ClassName.spelled(labels[$0]) }
      return "U's labels \(names[0]) and \(names[1]) are one name, written with other characters"
    }
    if let file = unlabelled.placeForClassNames {
      // An index of shards has at least ten numbers, whichever of them occur.
      return "U's labels are numbers below \(labels.count), D's classes \(Format.few(classNames)); "
        + "\(file), one name a line from 0 on, would say what they are called"
    }
    let found = Format.few(labels)
    let order = labels.sorted() == classNames.sorted() ? ": the same in another order" : ""
    return "U's labels are \(found), D's classes \(Format.few(classNames))\(order)"
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

  /// Whatever was read for U so far is not what the run was made from.
  mutating func loseUnlabelled(_ remembered: any ShardedDataset) {
    unlabelled = remembered
  }

  /// Whether the validation pictures are held out of D.
  var isDrawn: Bool { validation != nil && !validationIsGiven }

  /// The sets, by the names that the recipe has for them.
  var sets: [(name: String, dataset: any ImageDataset)] {
    [
      ("labelled", labelled.dataset), ("unlabelled", unlabelled),
      ("validation", validation?.dataset), ("test", test?.dataset),
    ].compactMap { name, dataset in dataset.map { (name, $0) } }
  }

  /// W and V, by the stage that learns them.
  var learned: [Stage: LearnedImages] {
    let both = [tagged?.learned, task].compactMap { $0 }
    return Dictionary(both.map { ($0.stage, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The pictures of all sets, with W's and V's.
  var datasets: [any ImageDataset] {
    sets.map(\.dataset) + [tagged?.learned, task].compactMap { $0?.pictures }
  }

  /// The pictures that are left out of U, at a glance: what earlier versions noted with scores.
  var leftOutFingerprint: String {
    let parts = knownSets.filter(\.isLeftOut).map { Self.fingerprint(of: $0.dataset) }
    return Checksum.sha256(Data(parts.joined(separator: "\n").utf8))
  }

  /// What a set is, in one word: its size, its classes, every key of a small set or a thousand spread
  /// over a large one, and the contents of a few pictures.
  static func fingerprint(of dataset: any ImageDataset) -> String {
    if let identity = dataset.indexIdentity { return identity }
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
  for (names, name) in [(a, aName), (b, bName)] {
    guard let (first, second) = ClassName.firstTwins(names) else { continue }
    throw PipelineError.data(
      "two of \(name), the classes \(first + 1) and \(second + 1), are called \(names[first]); give "
        + "each a name of its own")
  }
  let onlyA = Set(a).subtracting(b)
  let onlyB = Set(b).subtracting(a)
  var parts: [String] = []
  if !onlyA.isEmpty { parts.append("only there: \(Format.few(onlyA.sorted()))") }
  if !onlyB.isEmpty { parts.append("missing there: \(Format.few(onlyB.sorted()))") }
  if parts.isEmpty { parts.append("they are in another order") }
  if let (there, here) = lookalikes(onlyA, b) ?? lookalikes(onlyB, a) {
    parts.append(
      "\(ClassName.shown(there)) and \(ClassName.shown(here)) differ in case, white space or "
        + "underscores alone; write both alike")
  }
  throw PipelineError.data("\(aName) are not \(bName); \(parts.joined(separator: "; "))")
}

/// The first name of `a`, in the alphabet's order, that one of `b` looks like, and that one.
private func lookalikes(_ a: Set<String>, _ b: [String]) -> (String, String)? {
  let others = Dictionary(b.sorted().map { (ClassName.plain($0), $0) }) { first, _ in first }
  return a.sorted().lazy.compactMap { name in
    others[ClassName.plain(name)].map { (name, $0) }
  }.first
}

/// The data set with its labels in the order of `classes`, of which it may have fewer and in another
/// order.
/// - Throws: `PipelineError.data` naming the classes that only one of the two has, where it has others.
func inClassOrder(
  _ dataset: any ImageDataset, _ name: String, _ classes: [String], _ classesName: String
) throws -> any ImageDataset {
  guard dataset.classes != classes else { return dataset }
  let places = Dictionary(zip(classes, classes.indices)) { first, _ in first }
  guard places.count == classes.count, !dataset.classes.isEmpty,
    Set(dataset.classes).isSubset(of: places.keys),
    Set(dataset.classes).count == dataset.classes.count
  else {
    do {
      try requireSameClasses(dataset.classes, name, classes, classesName)
    } catch PipelineError.data(let reason) {
      throw PipelineError.data(reason + namingHint(dataset, classes, classesName))
    }
    return dataset
  }
  let order = dataset.classes.map { Int32(places[$0] ?? -1) }
  let labels = (0..<dataset.count).map { dataset.label(at: $0).map { order[$0] } ?? -1 }
  return try Relabelled(dataset, labels: labels, classes: classes)
}

/// What to do where one of two sets calls its classes by numbers and the other by names.
private func namingHint(
  _ dataset: any ImageDataset, _ classes: [String], _ classesName: String
) -> String {
  func areNumbers(_ names: [String]) -> Bool { names.allSatisfy { Int($0) != nil } }
  let advice = "one name a line from 0 on, says what numbers are called"
  switch (areNumbers(dataset.classes), areNumbers(classes)) {
  case (true, false): return dataset.placeForClassNames.map { "; \($0), \(advice)" } ?? ""
  case (false, true):
    return "; \(classesName) are numbers: classes.txt beside its shards or IDX files, \(advice)"
  default: return ""
  }
}

/// The content hash of every picture; nil for one that cannot be read.
/// - Throws: `Stopped` when a signal asked to stop meanwhile.
func contentHashes(of dataset: any ImageDataset, workers: Int) throws -> [ContentHash?] {
  let count = dataset.count
  let parts = max(1, min(workers, count))
  let hashes = try Threads.results(parts: parts, threads: workers) { part in
    try (count * part / parts..<count * (part + 1) / parts).map { index in
      try StopSignal.check()
      return (try? dataset.read(at: index)).map { ContentHash(of: $0) }
    }
  }
  return hashes.flatMap { $0 }
}
