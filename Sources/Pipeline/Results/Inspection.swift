import Files
import Foundation
import ImageData
import Ranking
import Recipes
public import Shards

/// What was selected, and what was not and why: what `halcyon inspect` prints and the report shows.
public struct Inspection: Encodable, Sendable {
  /// One class.
  public struct Class: Encodable, Sendable {
    /// Its name.
    public let name: String
    /// How many pictures it got.
    public let images: Int
    /// The log-odds of its last picture; nil when it has none.
    public let scoreAtLastRank: Float?
    /// The same as a probability.
    public let probabilityAtLastRank: Double?
    /// The share of its pictures that are truly of the class, where that is known.
    public let purity: Double?

    enum CodingKeys: String, CodingKey {
      case name, images, purity
      case scoreAtLastRank = "score_at_last_rank"
      case probabilityAtLastRank = "probability_at_last_rank"
    }
  }

  /// The labels of some ranks, over all classes.
  public struct Ranks: Encodable, Sendable {
    /// The first rank.
    public let from: Int
    /// The last.
    public let to: Int
    /// How many labels there are.
    public let labels: Int
    /// Their mean probability.
    public let probability: Double?
    /// The share of right ones, where that is known.
    public let purity: Double?
    /// The share of those whose picture carries a tag of the class, where tags are known.
    public let tagAgreement: Double?

    enum CodingKeys: String, CodingKey {
      case from, to, labels, probability, purity
      case tagAgreement = "tag_agreement"
    }
  }

  /// Two classes that share pictures.
  public struct Overlap: Encodable, Sendable {
    /// The classes' names.
    public let classes: [String]
    /// How many pictures carry both.
    public let images: Int
  }

  /// Pictures that were dropped or left out because another shows the same.
  public struct Copies: Encodable, Sendable, Equatable {
    /// With the same bytes.
    public var exact = 0
    /// That look the same.
    public var near = 0
  }

  /// How many pictures were selected.
  public let images: Int
  /// How many labels they carry.
  public let labels: Int
  /// K.
  public let imagesPerClass: Int
  /// P.
  public let labelsPerImage: Int
  /// How the pictures were chosen.
  public let strategy: String
  /// One value for each class.
  public let classes: [Class]
  /// The names of the classes with fewer than K pictures, the emptiest first.
  public let shortClasses: [String]
  /// How many pictures carry 1, 2, 3 … labels.
  public let imagesByLabelCount: [Int]
  /// The pairs of classes that share most pictures.
  public let overlaps: [Overlap]
  /// Ranges of ranks, the best first.
  public let ranks: [Ranks]
  /// Why the labels that U has do not tell the purity; nil where they do, and where it has none.
  public let purityUnknown: String?
  /// Copies among the candidates, of which one was kept.
  public let duplicates: Copies
  /// Pictures of U left out because D, the validation or the test pictures hold them, by set.
  public let leftOut: [String: Copies]
  /// Pictures of U that could not be read.
  public let unreadable: Int
  /// Where scores come from that no teacher of the run made; nil where one did.
  public let scoresFrom: String?
  /// Pictures of U that can be read, but of which no scores were given.
  public let withoutScores: Int
  /// Shards that had no scores when the selection was made.
  public let missingShards: [String]
  /// Members of shards that are no samples.
  public let passedOver: Int
  /// Shards that are cut short; nil where U has no shards of its own.
  public let cutShards: CutShards?

  enum CodingKeys: String, CodingKey {
    case images, labels, strategy, classes, overlaps, ranks, duplicates, unreadable
    case imagesPerClass = "images_per_class"
    case labelsPerImage = "labels_per_image"
    case shortClasses = "short_classes"
    case imagesByLabelCount = "images_by_label_count"
    case leftOut = "left_out"
    case passedOver = "passed_over"
    case cutShards = "cut_shards"
    case purityUnknown = "purity_unknown"
    case missingShards = "missing_shards"
    case scoresFrom = "scores_from"
    case withoutScores = "without_scores"
  }

  /// Looks at the selection of a run, or at one that lies beside it in `folder`.
  /// - Throws: `PipelineError` when nothing is selected yet.
  public init(of run: Run, selectedIn folder: String? = nil) throws {
    let selected = try RunSelection(of: run, in: folder)
    try self.init(of: selected.selection, listedIn: selected.folder, in: run)
  }

  init(of selection: Selection, listedIn folder: String, in run: Run) throws {
    let names = run.data.classNames
    let statistics = run.statistics(of: selection)
    images = selection.images.count
    labels = selection.classes.count
    imagesPerClass = selection.imagesPerClass
    labelsPerImage = selection.classesPerSample
    strategy = run.recipe.ranking.strategy.rawValue
    classes = zip(names, statistics.classes).map { name, fill in
      Class(
        name: name, images: fill.count, scoreAtLastRank: fill.lowestScore.flatMap(\.ifFinite),
        probabilityAtLastRank: fill.lowestScore.map { LogOdds.probability(fromLogOdds: $0) },
        purity: fill.purity)
    }
    shortClasses = statistics.shortClasses.map { names[$0] }
    imagesByLabelCount = statistics.imagesByLabelCount
    overlaps = statistics.overlaps.map {
      Overlap(classes: [names[$0.first], names[$0.second]], images: $0.images)
    }
    let agreement = try TagAgreement(of: selection, in: run)
    ranks = statistics.rankBuckets.map { bucket in
      Ranks(
        from: bucket.ranks.lowerBound, to: bucket.ranks.upperBound, labels: bucket.count,
        probability: bucket.meanProbability, purity: bucket.purity,
        tagAgreement: agreement?.share(ofRanks: bucket.ranks))
    }
    purityUnknown = run.data.whyTruthIsUnknown
    duplicates = Self.copies(in: "\(folder)/duplicates.csv")
    let shards = try ScoredShards(in: run)
    unreadable = shards.unreadable
    withoutScores = shards.withoutScores
    scoresFrom = ScoreProvenance(of: run.directory)?.words
    missingShards = ScoredShards.missing(in: folder)
    passedOver = run.data.unlabelled.problemCount
    cutShards = run.data.unlabelled.cutShards
    var leftOut: [String: Copies] = [:]
    try shards.forEachOmission { _, omission in
      guard let copy = omission.copy else { return }
      if copy.bits == nil {
        leftOut[copy.set, default: Copies()].exact += 1
      } else {
        leftOut[copy.set, default: Copies()].near += 1
      }
    }
    self.leftOut = leftOut
  }

  /// Counts the lines of `duplicates.csv`, if there is one.
  private static func copies(in path: String) -> Copies {
    var copies = Copies()
    guard let reader = try? CSVReader(path: path), (try? reader.next()) == true,
      let kind = reader.texts.firstIndex(of: "kind")
    else { return copies }
    while (try? reader.next()) == true, kind < reader.count {
      if reader.text(kind) == "exact" { copies.exact += 1 } else { copies.near += 1 }
    }
    return copies
  }
}

extension Float {
  fileprivate var ifFinite: Float? { isFinite ? self : nil }
}

/// How often a picture carries a tag of the class that it was selected for, by rank.
private struct TagAgreement {
  private var agreeing: [Int]
  private var all: [Int]

  /// Nil when no tags are known.
  init?(of selection: Selection, in run: Run) throws {
    let unlabelled = run.data.unlabelled
    guard run.recipe.tagMap ?? run.recipe.ranking.imageTags != nil, unlabelled.absence == nil
    else { return nil }
    let tags = try UnlabelledTags(run.recipe, of: unlabelled, classNames: run.data.classNames)
    agreeing = Array(repeating: 0, count: selection.imagesPerClass + 1)
    all = agreeing
    for (row, id) in selection.images.enumerated() {
      let meant = Set(tags.classes(at: unlabelled.index(of: id)))
      for label in selection.labels(ofImage: row) where label.rank < all.count {
        all[label.rank] += 1
        if meant.contains(label.class) { agreeing[label.rank] += 1 }
      }
    }
  }

  func share(ofRanks ranks: ClosedRange<Int>) -> Double? {
    let total = ranks.reduce(0) { $0 + all[$1] }
    return total == 0 ? nil : Double(ranks.reduce(0) { $0 + agreeing[$1] }) / Double(total)
  }
}
