import Files
import Foundation
import ImageData
import Recipes
import Shards
import Training

/// The classes that the tags of W are, and those of each picture.
struct TagVocabulary {
  /// The class names in bytewise order.
  let classNames: [String]
  /// How many pictures carry each.
  let imagesPerClass: [Int]
  /// Every tag, the most frequent first, with how many pictures carry it and its classes, none where it is
  /// left out.
  let tags: [(name: String, images: Int, classes: [Int])]
  /// Classes of the list that too few pictures carry.
  let rareClasses: [String]
  /// How many pictures there are.
  let images: Int
  /// How many carry any tag.
  let tagged: Int
  /// The pictures with a class, ascending.
  let indices: [Int]
  /// Where the classes of each of them begin in `labels`.
  let offsets: [Int32]
  /// Their classes, ascending for each picture.
  let labels: [Int32]

  /// Reads the tags of `pictures`, called `path`, twice: to count them, and to give each its classes.
  /// - Parameters:
  ///   - pictures: W.
  ///   - path: What the recipe calls it.
  ///   - pretraining: What is a class.
  ///   - workers: How many threads read.
  /// - Throws: `PipelineError.data` when there are not two classes to learn, `ImageDataError` when the list
  ///   of classes cannot be read, `Stopped`.
  init(
    of pictures: any ImageDataset, at path: String, _ pretraining: Recipe.Teacher.Pretraining,
    workers: Int
  ) throws {
    let map = try pretraining.tagClasses.map { try TagMap(contentsOf: $0) }
    let counts = try TagCounts(of: pictures, workers: workers)
    try Self.requireTags(counts, at: path)
    let least = pretraining.minimumImages
    // The classes that come into question, and which each tag means.
    var names: [String]
    var meant: [[Int]]
    if let map {
      names = map.classes.map(\.precomposedStringWithCanonicalMapping)
      let places = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
      meant = counts.tags.map { tag in
        Set(map.classes(ofTag: tag.name).compactMap { places[$0] }).sorted()
      }
    } else {
      let frequent = counts.tags.prefix { $0.images >= least }.count
      let order = (0..<frequent).sorted {
        counts.tags[$0].name.utf8.lexicographicallyPrecedes(counts.tags[$1].name.utf8)
      }
      names = order.map { counts.tags[$0].name }
      meant = Array(repeating: [], count: counts.tags.count)
      for (place, tag) in order.enumerated() { meant[tag] = [place] }
    }
    let classesOfTag = Dictionary(
      zip(counts.tags, meant).lazy.filter { !$1.isEmpty }.map { ($0.name, $1.map(Int32.init)) },
      uniquingKeysWith: { first, _ in first })
    var rows = try TagRows(of: pictures, classesOfTag, classCount: names.count, workers: workers)
    let kept = names.indices.filter { rows.imagesPerClass[$0] >= max(1, least) }
    rareClasses = names.indices.filter { rows.imagesPerClass[$0] < max(1, least) }.map { names[$0] }
    if kept.count < names.count {
      var places = [Int](repeating: -1, count: names.count)
      for (place, old) in kept.enumerated() { places[old] = place }
      rows.renumber(places)
      meant = meant.map { $0.map { places[$0] }.filter { $0 >= 0 } }
      names = kept.map { names[$0] }
    }
    classNames = names
    imagesPerClass = kept.map { rows.imagesPerClass[$0] }
    tags = zip(counts.tags, meant).map { (name: $0.name, images: $0.images, classes: $1) }
    images = counts.images
    tagged = counts.tagged
    (indices, offsets, labels) = (rows.indices, rows.offsets, rows.labels)
    try requireClasses(
      at: path, pretraining, isAnyKnown: rows.imagesPerClass.contains { $0 > 0 })
  }

  /// - Throws: `PipelineError.data` where no picture has a tag.
  private static func requireTags(_ counts: TagCounts, at path: String) throws {
    guard counts.tags.isEmpty else { return }
    throw PipelineError.data(
      "data.tagged: none of the \(Format.counted(counts.images, "picture", "pictures")) of \(path) has a "
        + "tag; W is shards with hashtags or tags in .json members or in img2dataset's .parquet, a list "
        + "with a column tags, or any pictures whose tags data.taggedTags names")
  }

  /// - Throws: `PipelineError.data` where there are less than two classes.
  private func requireClasses(
    at path: String, _ pretraining: Recipe.Teacher.Pretraining, isAnyKnown: Bool
  ) throws {
    guard classNames.count < 2 else { return }
    let least = pretraining.minimumImages
    let frequent = tags.prefix(5).map { "\($0.name) (\(Format.count($0.images)))" }
    let head =
      classNames.isEmpty
      ? "data.tagged: nothing is to be learned from \(path)"
      : "data.tagged: only one class is to be learned from \(path), \(classNames[0])"
    let most = "the most frequent are " + frequent.joined(separator: ", ")
    let reason: String
    if let list = pretraining.tagClasses, !isAnyKnown {
      reason = "none of its \(Format.counted(tags.count, "tag", "tags")) stands in \(list)"
    } else if let list = pretraining.tagClasses, rareClasses.isEmpty {
      reason = "of the classes of \(list) no other is carried by a picture"
    } else if let list = pretraining.tagClasses {
      reason =
        "of the classes of \(list), \(Format.few(rareClasses)) are carried by fewer than "
        + "teacher.pretraining.minimumImages (\(least)) pictures; lower it, or add tags"
    } else {
      reason =
        "of its \(Format.counted(tags.count, "tag", "tags")) no other is carried by "
        + "teacher.pretraining.minimumImages (\(least)) pictures; lower it"
    }
    throw PipelineError.data("\(head): \(reason); \(most)")
  }

  /// What there is to say of the tags, in one line.
  var line: String {
    let untagged = images - tagged
    let unknown = tagged - indices.count
    let left = tags.count { $0.classes.isEmpty }
    return
      "\(Format.counted(indices.count, "picture", "pictures")) of \(Format.count(images)) with "
      + "\(Format.counted(classNames.count, "class", "classes")) of "
      + "\(Format.counted(tags.count, "tag", "tags")) (\(Format.count(left)) left out); passed over: "
      + "\(Format.count(untagged)) without a tag, \(Format.count(unknown)) with none that is a class"
      + (rareClasses.isEmpty
        ? "" : "; too few pictures carry \(Format.few(rareClasses)), left out")
  }
}
