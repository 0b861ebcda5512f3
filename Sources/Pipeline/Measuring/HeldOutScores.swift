import Files
import Ranking

/// `ranked-SET.csv`, read: the scores that a teacher gave labelled pictures which it did not learn from.
struct HeldOutScores: Equatable {
  /// One of a picture's P best classes.
  struct Pair: Equatable {
    /// The picture, counted from 0.
    var picture: Int
    /// The class.
    var `class`: Int
    /// Its log-odds.
    var score: Double
    /// Whether the picture is of it.
    var isRight: Bool
  }

  /// Which pictures they are of.
  enum Source: Equatable {
    /// The validation pictures.
    case validation
    /// D, each picture by a teacher of the same recipe that had not seen it; how many images each of these was
    /// trained for, and how many the recipe's is, where they were trained.
    case outOfFold(images: Int? = nil, ofRecipe: Int? = nil)

    /// "that were held out for validation".
    var words: String {
      switch self {
      case .validation: "for validation, which it did not learn from"
      case .outOfFold:
        "of D, each asked of a teacher that had not learned it (`halcyon label-errors`)"
      }
    }

    /// A sentence, with a space before it, on how these teachers differ from the run's; empty where they do not.
    var caveat: String {
      guard case .outOfFold(let images?, let ofRecipe?) = self, images < ofRecipe else { return "" }
      return
        " These teachers were trained for \(Format.counted(images, "image", "images")) each (the recipe's for "
        + "\(Format.count(ofRecipe))), so that the estimate is rougher."
    }
  }

  /// All pairs, those of a picture after each other.
  private(set) var pairs: [Pair] = []
  /// How many pictures they are of.
  private(set) var pictures = 0
  /// Which these are.
  let source: Source

  /// Given pairs.
  init(_ pairs: [Pair], source: Source) {
    self.pairs = pairs
    self.source = source
    pictures = (pairs.map(\.picture).max() ?? -1) + 1
  }

  /// In how many of its best classes each picture stands.
  var labelsPerImage: Int { pictures > 0 ? pairs.count / pictures : 0 }

  /// Each picture in its `count` best classes alone; nil where it stands in fewer.
  func ranked(in count: Int) -> Self? {
    let width = labelsPerImage
    guard width >= count else { return nil }
    var scores = self
    scores.pairs = pairs.indices.filter { $0 % width < count }.map { pairs[$0] }
    return scores
  }

  /// In how many classes the file at `path` has its first picture; nil where it is missing, broken or empty.
  static func labelsPerImage(at path: String) -> Int? {
    guard let reader = try? CSVReader(path: path), (try? reader.next()) == true else { return nil }
    var count = 0
    var first: String?
    while (try? reader.next()) == true, reader.count == 4,
      (first ?? reader.text(0)) == reader.text(0)
    {
      first = reader.text(0)
      count += 1
    }
    return count > 0 ? count : nil
  }

  /// Reads the file at `path`; nil where it is missing, broken or of other classes than `names`.
  init?(at path: String, names: [String], source: Source) {
    self.source = source
    guard let reader = try? CSVReader(path: path), (try? reader.next()) == true,
      reader.texts == ["key", "truth", "class", "log_odds"]
    else { return nil }
    let places = Dictionary(zip(names, names.indices)) { first, _ in first }
    var key: String?
    while true {
      guard let hasRow = try? reader.next() else { return nil }
      guard hasRow else { break }
      guard reader.count == 4, let truth = places[reader.text(1)],
        let label = places[reader.text(2)], let score = Double(reader.text(3))
      else { return nil }
      if key != reader.text(0) {
        key = reader.text(0)
        pictures += 1
      }
      pairs.append(
        Pair(picture: pictures - 1, class: label, score: score, isRight: truth == label))
    }
    guard pictures > 0 else { return nil }
  }
}
