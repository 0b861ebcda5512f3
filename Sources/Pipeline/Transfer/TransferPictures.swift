import Files
import Foundation
import ImageData
import Recipes
import Shards
import SystemPackage
import Terminal
import Training

/// The pictures of a transfer: those that are trained on, and those that are measured in the end.
struct TransferPictures {
  let train: Examples
  let test: Examples?
  /// What they are called in messages.
  let trainName: String
  let testName: String?

  /// Opens what the request names; of the test pictures nothing is read but their names and labels.
  /// - Throws: `PipelineError`, `ImageDataError` saying what cannot be used.
  init(_ request: TransferRequest, _ indexing: Indexing, _ console: Console) throws {
    let places = try Places(request, indexing)
    if let line = places.line { console.say(line) }
    var train = try openLabelled(
      places.train.path, split: places.train.split, as: "labelled", indexing)
    (trainName, testName) = (places.train.name, places.test?.name)
    try RunData.requireLabels(of: train, at: trainName)
    if let classes = request.classes {
      train = try train.taking(classes, called: "--classes", at: trainName)
    }
    guard train.classes.count > 1 else {
      throw PipelineError.data(
        "\(trainName) has one class only, \(train.classes.first ?? ""); give pictures of two or more"
      )
    }
    if let count = request.labelledCount {
      guard count <= train.count, count >= train.classes.count else {
        throw PipelineError.usage(
          "--labelled-count is \(count); it must be from \(train.classes.count), one a class, to the "
            + "\(Format.count(train.count)) pictures of \(trainName)")
      }
      train = try IndexedSubset(
        train,
        indices: balancedSubset(
          of: train, count: count, seed: UInt64(bitPattern: Int64(request.seed))
        ).chosen)
    }
    self.train = try Examples(labelled: train)
    try RunData.requireEveryClass(of: self.train, at: trainName)
    test = try places.test.map { place in
      var test = try openLabelled(
        place.path, split: place.split, as: "test", indexing, allowsEmptyClasses: true)
      try RunData.requireLabels(of: test, at: place.name)
      if let classes = request.classes {
        test = try test.taking(
          classes, called: "--classes", at: place.name, mayLackSome: true)
      }
      return try Examples(
        labelled: inClassOrder(
          test, "the classes of \(place.name)", train.classes, "the training pictures'"))
    }
    PassedOver.lines(of: [self.train.dataset, test?.dataset].compactMap { $0 })
      .forEach { console.say($0) }
  }

  /// Where a set lies.
  private struct Place {
    var path: String
    var split: String?
    var name: String { split.map { "\(path) (\($0))" } ?? path }
  }

  /// Which sets are meant.
  private struct Places {
    var train: Place
    var test: Place?
    /// What was found, in a line.
    var line: String?

    init(_ request: TransferRequest, _ indexing: Indexing) throws {
      train = Place(path: request.data, split: request.split)
      let given =
        request.test.map { Place(path: $0, split: request.testSplit) }
        ?? request.testSplit.map { Place(path: request.data, split: $0) }
      test = given
      guard FilePath(text: request.data).exists || namesLabelledShards(request.data) else {
        throw PipelineError.io(
          "there is no \(request.data); give labelled pictures: a folder with train and test (or val) in it, "
            + "CUB-200-2011's, a CSV, IDX files or shards")
      }
      guard request.split == nil, let found = try Self.found(in: request.data) else {
        if test == nil, request.split == nil {
          line =
            "\(request.data) has no test pictures of its own: nothing is measured in the end; --test names some"
        }
        return
      }
      train = found.train
      if test == nil { test = found.test }
      line =
        "trained on \(train.name)"
        + (test.map { ", measured in the end on \($0.name)" } ?? "; --test would name test pictures")
        + (found.others.isEmpty
          ? "" : "; \(found.others.joined(separator: ", ")) of \(request.data) is left aside")
    }

    /// The parts that `path` has itself; nil where it has none.
    private static func found(
      in path: String
    ) throws -> (train: Place, test: Place?, others: [String])? {
      guard !namesLabelledShards(path) else { return nil }
      let place = FilePath(text: path)
      if place.isFolder, let sets = IDXFiles.setTaken(in: place)?.of {
        return pick(sets, path)
      }
      let isList = !place.isFolder || CUBFiles(in: place) != nil
      guard isList || place.isFolder else { return nil }
      guard !IndexedCollection.exists(in: path) else { return nil }
      let all = try openDataset(path, allowsEmptyClasses: true)
      if isList { return pick(all.splits, path) }
      guard let folders = SplitFolders(of: all, at: path) else { return nil }
      let paths = folders.paths
      let test = paths.test ?? paths.validation
      return (
        Place(path: paths.labelled), test.map { Place(path: $0) },
        paths.test != nil ? [paths.validation].compactMap { $0 } : []
      )
    }

    private static func pick(
      _ splits: [String], _ path: String
    ) -> (train: Place, test: Place?, others: [String])? {
      func first(_ words: [String]) -> String? {
        splits.first { split in
          // EMNIST's sets are called emnist-letters-train.
          words.contains { split.lowercased() == $0 || split.lowercased().hasSuffix("-" + $0) }
        }
      }
      guard let train = first(SplitFolders.trained) else { return nil }
      let test = first(SplitFolders.tested + ["t10k"]) ?? first(SplitFolders.validated)
      return (
        Place(path: path, split: train), test.map { Place(path: path, split: $0) },
        splits.filter { $0 != train && $0 != test }
      )
    }
  }
}
