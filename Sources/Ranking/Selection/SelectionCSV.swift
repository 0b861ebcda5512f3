import Files
import Foundation

/// What a selection's labels mean to a reader: names for its numbers.
public struct SelectionNames {
  /// The names of the shards, by their index.
  public var shards: [String]
  /// The names of the classes.
  public var classes: [String]
  /// Which model gave the scores.
  public var teacher: String
  /// The key of a sample.
  public var key: (SampleID) throws -> String

  /// Makes the names of a selection.
  public init(
    shards: [String], classes: [String], teacher: String,
    key: @escaping (SampleID) throws -> String
  ) {
    self.shards = shards
    self.classes = classes
    self.teacher = teacher
    self.key = key
  }
}

extension Selection {
  /// The column names of `selected.csv`.
  ///
  /// | column | |
  /// |---|---|
  /// | `image` | the sample's key |
  /// | `shard` | the name of its shard, which may look like a number: `00003` |
  /// | `class` | the class |
  /// | `class_name` | its name |
  /// | `score` | the log-odds |
  /// | `probability` | of the class |
  /// | `rank` | the image's rank in the class, from 1 |
  /// | `teacher` | which model gave the score |
  ///
  /// CSV has no types: a reader that guesses them takes `00003` for 3, quoted or not, so tell it that
  /// `shard` is text (pandas' `dtype={"shard": str}`). It stands as everywhere else, in the names of
  /// score files and in `selected.parquet`, so that they can be joined.
  public static let csvColumns = [
    "image", "shard", "class", "class_name", "score", "probability", "rank", "teacher",
  ]

  /// Writes one line per (image, class) to `path`, in the order of the selection (RFC 4180).
  /// - Throws: `FileError` naming `path`, `RankingError` when a name is missing, what `key` throws.
  public func writeCSV(to path: String, names: SelectionNames) throws {
    guard names.classes.count == classCount else {
      throw RankingError.invalidArgument(
        "\(path): \(names.classes.count) class names for \(classCount) classes")
    }
    let file = try CSVWriter(path: path, header: Self.csvColumns)
    func written(_ name: String) -> [UInt8] {
      var row = CSVRows()
      row.append(name)
      return row.bytes
    }
    let classNames = names.classes.map(written)
    let shardNames = names.shards.map(written)
    let teacher = written(names.teacher)
    for (row, id) in images.enumerated() {
      guard Int(id.shard) < shardNames.count else {
        throw RankingError.invalidArgument(
          "\(path): shard \(id.shard) has no name; there are \(shardNames.count)")
      }
      let image = written(try names.key(id))
      for label in labels(ofImage: row) {
        file.rows.append(written: image)
        file.rows.append(written: shardNames[Int(id.shard)])
        file.rows.append(label.class)
        file.rows.append(written: classNames[label.class])
        file.rows.append(label.score)
        file.rows.append(Float(LogOdds.probability(fromLogOdds: label.score)))
        file.rows.append(label.rank)
        file.rows.append(written: teacher)
        try file.endRow()
      }
    }
    try file.commit()
  }
}
