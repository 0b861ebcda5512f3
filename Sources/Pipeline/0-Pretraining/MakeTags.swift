import Files
import Foundation
import ImageData
import Recipes
import Shards
public import Terminal

/// Tags for experiments: a labelled set becomes a W whose labels are hidden and whose tags are as wrong and
/// as incomplete as hashtags are.
///
/// Every picture gets the tag of its class, unless that is missing or another class's stands for it, and
/// words that mean nothing, whose frequencies follow Zipf's law. What a picture gets follows from the seed
/// and its place in the set alone.
public struct TagSettings: Sendable {
  /// The probability that the tag of a picture's class is another class's, all others alike.
  public var noise = 0.3
  /// The probability that a picture has no tag of a class at all.
  public var missing = 0.25
  /// The most tags that a picture has: 1 to so many, all alike, of which one is the class's, where that is
  /// not missing, and the others are words.
  public var tagsPerImage = 3
  /// How many meaningless words there are.
  public var words = 1000
  /// The word of rank r is drawn in proportion to r^-exponent.
  public var exponent = 1.0
  /// What everything is drawn from.
  public var seed = 0

  /// The defaults.
  public init() {}
}

/// What a making of tags came to.
public struct MadeTags: Encodable, Equatable, Sendable {
  /// Pictures of the set.
  public var images = 0
  /// Pictures with the tag of their class.
  public var right = 0
  /// Pictures with another class's.
  public var wrong = 0
  /// Pictures without a tag of any class.
  public var missing = 0
  /// Pictures without any tag.
  public var untagged = 0
  /// Words that mean nothing, each counted once a picture.
  public var words = 0
  /// Different words among them.
  public var differentWords = 0
}

/// Writes a list `key,tags` of made tags for the labelled pictures at `path`: what `data.taggedTags` names
/// beside `data.tagged: path`.
/// - Parameters:
///   - path: A folder of class folders, a list, an IDX file, shards.
///   - split: As in a recipe.
///   - settings: How the tags are made.
///   - list: The file to write.
///   - console: Where progress is told.
/// - Returns: What was made.
/// - Throws: `PipelineError` where the pictures have no labels, or fewer than two classes; `ImageDataError`,
///   `FileError`.
public func makeTags(
  of path: String, split: String? = nil, _ settings: TagSettings, to list: String,
  console: Console
) throws -> MadeTags {
  try Indexing.temporarily(workers: Threads.cores, console) { indexing in
    let pictures = try openLabelled(path, split: split, as: "tagged", indexing)
    try RunData.requireLabels(of: pictures, at: path)
    let generator = try TagGenerator(settings, classes: pictures.classes)
    let file = try CSVWriter(path: list, header: ["key", "tags"])
    var made = MadeTags()
    var words: Set<Int> = []
    for index in 0..<pictures.count {
      let tags = generator.tags(of: index, label: pictures.label(at: index))
      made.images += 1
      switch tags.class {
      case nil: made.missing += 1
      case pictures.label(at: index): made.right += 1
      default: made.wrong += 1
      }
      made.untagged += tags.names.isEmpty ? 1 : 0
      made.words += tags.words.count
      words.formUnion(tags.words)
      try file.append([pictures.key(at: index), tags.names.joined(separator: " ")])
    }
    try file.commit()
    made.differentWords = words.count
    return made
  }
}

/// Draws the tags of pictures.
struct TagGenerator {
  /// The tags of one picture.
  struct Tags: Equatable {
    /// Whose tag the picture has; nil where it has no class's.
    var `class`: Int?
    /// The ranks of its words, from 0.
    var words: [Int] = []
    /// All of them as they are written.
    var names: [String] = []
  }

  private let settings: TagSettings
  /// Each class's name as a tag.
  private let names: [String]
  private let words: CumulativeWeights

  /// - Throws: `PipelineError.data` for fewer than two classes, or two whose tags are the same.
  init(_ settings: TagSettings, classes: [String]) throws {
    guard classes.count > 1 else {
      throw PipelineError.data(
        "one class alone has no other for noise; give pictures of two or more")
    }
    self.settings = settings
    // Spaces and commas part tags.
    names = try Self.tags(ofClasses: classes)
    words = CumulativeWeights(
      (0..<max(0, settings.words)).map { pow(Double($0 + 1), -settings.exponent) })
  }

  /// Each class's name as a tag, small letters without spaces.
  /// - Throws: `PipelineError.data` for two classes whose tags are the same.
  static func tags(ofClasses classes: [String]) throws -> [String] {
    let names = classes.map { name in
      name.lowercased().split { $0.isWhitespace || $0 == "," }.joined(separator: "_")
    }
    if let (first, second) = ClassName.firstTwins(names.map { TagMap.plain($0) }) {
      throw PipelineError.data(
        "the classes \(classes[first]) and \(classes[second]) are one tag, \(names[first]); rename one"
      )
    }
    return names
  }

  /// The tags of the picture at `index`, whose class is `label`.
  func tags(of index: Int, label: Int?) -> Tags {
    var random = CounterRandom(
      seed: UInt64(bitPattern: Int64(settings.seed)), pass: 0, sample: index)
    var tags = Tags()
    let count = 1 + random.integer(below: max(1, settings.tagsPerImage))
    let (isMissing, isNoise) = (
      random.happens(settings.missing), random.happens(settings.noise)
    )
    let other = random.integer(below: names.count - 1)
    if let label, !isMissing {
      let meant = isNoise ? (other < label ? other : other + 1) : label
      tags.class = meant
      tags.names.append(names[meant])
    }
    for _ in 1..<max(2, count) where count > 1 && !words.isEmpty {
      let rank = words.place(of: random.uniform())
      guard !tags.words.contains(rank) else { continue }
      tags.words.append(rank)
      tags.names.append("word\(rank + 1)")
    }
    return tags
  }
}
