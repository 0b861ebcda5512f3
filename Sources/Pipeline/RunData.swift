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
  private(set) var unlabelled: any ImageDataset
  let classNames: [String]
  /// The content of the test pictures, which U and D must not contain.
  let testContent: Set<ContentHash>
  private let workers: Int

  /// Opens them. Where U is not needed and cannot be opened, `MissingPictures` stand in for it.
  init(_ recipe: Recipe, workers: Int, needsUnlabelled: Bool = true) throws {
    let paths = recipe.data
    let seed = UInt64(bitPattern: Int64(recipe.seed))
    let source = try openDataset(paths.labelled, split: paths.labelledSplit)
    guard !source.classes.isEmpty else {
      throw PipelineError.data(
        "\(paths.labelled) has no labels; a labelled set is a folder of class folders, an IDX file "
          + "with its labels beside it, or a CSV with a label column")
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
      chosen = try IndexedSubset(source, indices: split.chosen.map(Int32.init))
      rest = try IndexedSubset(source, indices: split.rest.map(Int32.init))
    } else if paths.unlabelledIsRest {
      throw PipelineError.recipe("data.unlabelled: rest needs data.labelledCount")
    }
    do {
      unlabelled =
        paths.unlabelledIsRest
        ? rest
        : try openDataset(paths.unlabelled, split: paths.unlabelledSplit, unlabelled: true)
    } catch let error where !needsUnlabelled {
      unlabelled = MissingPictures(name: paths.unlabelled, reason: "\(error)")
    }

    if let path = paths.validation {
      validation = try Self.measured(path, paths.validationSplit, classes: source.classes)
    } else if paths.validationFraction > 0 {
      let split = try holdOut(from: chosen, fraction: paths.validationFraction, seed: seed)
      let source = chosen
      validation = try Examples(
        labelled: IndexedSubset(source, indices: split.heldOut.map(Int32.init)))
      chosen = try IndexedSubset(source, indices: split.kept.map(Int32.init))
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
    test = try paths.test.map { try Self.measured($0, paths.testSplit, classes: source.classes) }
    testContent = try test.map { Set(try contentHashes(of: $0.dataset, workers: workers)) } ?? []
    self.workers = workers
  }

  /// A labelled set that is only measured on, whose classes must be D's.
  private static func measured(_ path: String, _ split: String?, classes: [String]) throws
    -> Examples
  {
    let dataset = try openDataset(path, split: split)
    try requireSameClasses(dataset.classes, "the classes of \(path)", classes, "the labelled set's")
    return try Examples(labelled: dataset)
  }

  /// - Throws: `PipelineError.data` with the names when a test picture is also in D.
  func refuseTestPicturesAmongLabelled() throws {
    guard !testContent.isEmpty else { return }
    let hashes = try contentHashes(of: labelled.dataset, workers: workers)
    let both = hashes.indices.filter { testContent.contains(hashes[$0]) }
    guard both.isEmpty else {
      let names = both.prefix(5).map { labelled.dataset.key(at: $0) }.joined(separator: ", ")
      throw PipelineError.data(
        "\(both.count) test pictures are also in the labelled set: \(names)"
          + (both.count > 5 ? ", …" : "") + "; remove them from one of the two")
    }
  }

  /// - Throws: `PipelineError.data` when the run was begun with other pictures.
  func requireSame(asIn directory: RunDirectory) throws {
    let path = "\(directory.path)/data.json"
    let found = ["fingerprint": fingerprint]
    guard let data = FileManager.default.contents(atPath: path) else {
      return try DurableFile.write(try JSON.pretty(found), to: path)
    }
    guard (try? JSONDecoder().decode([String: String].self, from: data)) == found else {
      throw PipelineError.data(
        "the pictures are not those that \(directory.path) was begun with; give --out a new folder, "
          + "or put the pictures back")
    }
  }

  /// Whatever was read for U so far is not what the run was made from.
  mutating func loseUnlabelled(because reason: String) {
    unlabelled = MissingPictures(name: unlabelled.name, reason: reason)
  }

  /// What the data is, in one word: changes when a set has other pictures.
  var fingerprint: String {
    var text = ""
    for dataset in [labelled.dataset, validation?.dataset, test?.dataset, unlabelled] {
      guard let dataset else { continue }
      text += "\(dataset.count)\n\(dataset.classes.joined(separator: "\t"))\n"
      // Every key of a small set, a thousand spread over a large one.
      let stride = max(1, dataset.count / 1000)
      for index in Swift.stride(from: 0, to: dataset.count, by: stride) {
        text += dataset.key(at: index) + "\n"
      }
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

/// The content hash of every picture; one that cannot be read hashes to nothing and is left out.
func contentHashes(of dataset: any ImageDataset, workers: Int) throws -> [ContentHash] {
  let count = dataset.count
  let parts = max(1, min(workers, count))
  var results = [[ContentHash]](repeating: [], count: parts)
  results.withUnsafeMutableBufferPointer { results in
    nonisolated(unsafe) let results = results
    DispatchQueue.concurrentPerform(iterations: parts) { part in
      var hashes: [ContentHash] = []
      for index in (count * part / parts)..<(count * (part + 1) / parts) {
        if let image = try? dataset.read(at: index) { hashes.append(ContentHash(of: image)) }
      }
      results[part] = hashes
    }
  }
  return results.flatMap { $0 }
}
