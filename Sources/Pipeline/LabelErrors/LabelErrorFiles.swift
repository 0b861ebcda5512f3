import Files
import Foundation
import Ranking
import SystemPackage

/// What `halcyon label-errors` leaves: cleanlab reads `pred_probs.npy` and `labels.npy`, and `label_issues.csv` is
/// the table that its `find_label_issues` returns, with the pictures' keys.
enum LabelErrorFiles {
  /// Its folder in a run directory.
  static let folder = "label-errors"
  /// key, is_label_issue, label_quality, given_label, predicted_label: a row a picture, in D's order.
  static let issues = "label_issues.csv"
  /// [pictures, classes] float32, in the order of that table's rows.
  static let probabilities = "pred_probs.npy"
  /// [pictures] int64: places in `classes.txt`.
  static let labels = "labels.npy"
  /// The classes' names, one a line.
  static let classes = "classes.txt"
  /// key, truth, class, log_odds: what tells how often the teacher is right at which score.
  static let ranked = "ranked.csv"
  /// What was found, in numbers.
  static let summary = "label_errors.json"

  /// Writes all of them into `folder`, the summary last.
  /// - Throws: `FileError`.
  static func write(
    _ found: LabelErrors, _ rows: LabelErrorRows, _ learning: ConfidentLearning, to folder: String
  ) throws {
    let names = rows.classNames
    let width = names.count
    let numbers = try NumPyWriter(path: "\(folder)/\(probabilities)", columns: width)
    try rows.probabilities.withUnsafeBytes { try numbers.append($0) }
    try numbers.finish()
    let file = try DurableFile(path: "\(folder)/\(labels)")
    try file.write(Data(NumPyHeader.bytes(type: "<i8", shape: [rows.labels.count])))
    try rows.labels.map { Int64($0).littleEndian }.withUnsafeBytes { try file.write($0) }
    try file.commit()
    try DurableFile.write(names.map { $0 + "\n" }.joined(), to: "\(folder)/\(classes)")
    try writeRanked(rows, to: "\(folder)/\(ranked)")
    let table = try CSVWriter(
      path: "\(folder)/\(issues)",
      header: ["key", "is_label_issue", "label_quality", "given_label", "predicted_label"])
    for row in rows.labels.indices {
      table.rows.append(rows.keys[row])
      table.rows.append(learning.isIssue[row] ? "True" : "False")
      table.rows.append(Float(learning.quality[row]))
      table.rows.append(names[rows.labels[row]])
      table.rows.append(names[learning.predicted[row]])
      try table.endRow()
    }
    try table.commit()
    try DurableFile.write(JSON.pretty(found), to: "\(folder)/\(summary)")
  }

  /// Of one teacher a picture: the mean of several has other scores than the one that ranks U.
  private static func writeRanked(_ rows: LabelErrorRows, to path: String) throws {
    let names = rows.classNames
    let writer = try CSVWriter(path: path, header: ["key", "truth", "class", "log_odds"])
    var top = TopClasses(classes: names.count, count: rows.ranked)
    for row in rows.labels.indices {
      try rows.logits.withUnsafeBufferPointer {
        try top.rank(
          UnsafeBufferPointer(rebasing: $0[row * names.count..<(row + 1) * names.count]))
      }
      for (label, score) in zip(top.classes, top.scores) {
        writer.rows.append(rows.keys[row])
        writer.rows.append(names[rows.labels[row]])
        writer.rows.append(names[label])
        writer.rows.append(score)
        try writer.endRow()
      }
    }
    try writer.commit()
  }
}

/// What was asked of each readable picture of D, and answered by networks that had not learned it.
struct LabelErrorRows {
  var classNames: [String]
  /// The pictures' keys.
  var keys: [String] = []
  /// Their places in D.
  var pictures: [Int] = []
  /// Their given labels.
  var labels: [Int] = []
  /// [pictures, classes]: the means over all repeats.
  var probabilities: [Float] = []
  /// [pictures, classes]: the first repeat's.
  var logits: [Float] = []
  /// P.
  var ranked: Int
}

/// What `halcyon label-errors` found: `label_errors.json`.
public struct LabelErrors: Codable, Sendable {
  /// A label that is probably wrong.
  public struct Issue: Codable, Sendable {
    /// The picture's place in D, from 0.
    public let index: Int
    /// Its key.
    public let key: String
    /// Its label.
    public let givenLabel: String
    /// The class that comes first.
    public let predictedLabel: String
    /// The probability of the given label.
    public let labelQuality: Double

    enum CodingKeys: String, CodingKey {
      case index, key
      case givenLabel = "given_label"
      case predictedLabel = "predicted_label"
      case labelQuality = "label_quality"
    }
  }

  /// How many pictures of D were asked about.
  public let pictures: Int
  /// How many could not be read.
  public let unreadable: Int
  /// How many labels are probably wrong.
  public let issues: Int
  /// The share of pictures, in percent, whose label comes first with those that had not learned it.
  public let outOfFoldTop1: Double
  /// What was asked: "a resnet50 teacher".
  public let teacher: String
  /// In how many parts D was held out; nil where each picture was by itself.
  public let folds: Int?
  /// How often.
  public let repeats: Int
  /// The seconds that it took.
  public let seconds: Double
  /// The labels that are most probably wrong, the most dubious first.
  public let most: [Issue]
  /// Where everything stands.
  public let folder: String
  /// How many images each teacher was trained for, and how many the recipe's is; nil where they were not trained.
  let images, recipeImages: Int?
  /// What it was made of, as in `made-of.json`.
  let madeOf: [String: String]?
  /// How many pictures of D are held out for validation, whose labels were not asked about; nil where none are.
  public var validationPictures: Int?

  /// These in a sentence; nil where there are none.
  public var validationLine: String? {
    validationPictures.map {
      "The \(Format.counted($0, "picture that is", "pictures that are")) held out for validation "
        + "\($0 == 1 ? "was" : "were") not asked about (data.validationFraction: 0 puts them with the others)"
    }
  }

  /// What is said of it where that is not what the run has now.
  static let otherwise =
    "made of another teacher or other pictures; `halcyon label-errors RUN --redo` makes it anew"

  enum CodingKeys: String, CodingKey {
    case pictures, unreadable, issues, teacher, folds, repeats, seconds, most, folder
    case outOfFoldTop1 = "out_of_fold_top1"
    case images = "images_per_teacher"
    case recipeImages = "images_of_recipe"
    case madeOf = "made_of"
    case validationPictures = "validation_pictures"
  }
}
