public import Files
import Foundation

/// `selected.parquet`: the selection in long form, a row per (image, class), as `selected.csv` has it.
///
/// | column | type | |
/// |---|---|---|
/// | `image` | string | the sample's key |
/// | `shard` | string | the name of its shard |
/// | `class` | int32 | the class |
/// | `class_name` | string | its name |
/// | `score` | float32 | the log-odds |
/// | `probability` | float32 | of the class |
/// | `rank` | int32 | the image's rank in the class, from 1 |
/// | `teacher` | string | which model gave the score |
///
/// No value is NULL. Rows are compressed with Zstandard, in groups of 131,072, and only one group is
/// in memory at a time. The same selection is the same bytes, for one version of Arrow.
public final class SelectionParquetWriter {
  /// The columns of the file.
  public static let fields: [ParquetField] = [
    ParquetField("image", .string), ParquetField("shard", .string, repeats: true),
    ParquetField("class", .int32, repeats: true),
    ParquetField("class_name", .string, repeats: true), ParquetField("score", .float32),
    ParquetField("probability", .float32), ParquetField("rank", .int32),
    ParquetField("teacher", .string, repeats: true),
  ]

  private static let rowsPerPortion = 16_384
  private let file: ParquetWriter
  private let names: SelectionNames
  private var images = ParquetStrings()
  private var shards = ParquetStrings()
  private var classes: [Int32] = []
  private var classNames = ParquetStrings()
  private var scores: [Float] = []
  private var probabilities: [Float] = []
  private var ranks: [Int32] = []
  private var teachers = ParquetStrings()

  /// Begins the file that will be at `path`.
  /// - Throws: `FileError` naming `path`, `ParquetError` without Apache Arrow.
  public init(path: String, names: SelectionNames) throws {
    file = try ParquetWriter(path: path, fields: Self.fields)
    self.names = names
  }

  /// Appends the rows of one image.
  /// - Throws: `FileError` naming the path, `RankingError` when a name is missing, what `key` throws.
  public func append(image id: SampleID, labels: some Sequence<Selection.Label>) throws {
    guard Int(id.shard) < names.shards.count else {
      throw RankingError.invalidArgument(
        "\(file.path): shard \(id.shard) has no name; there are \(names.shards.count)")
    }
    let image = try names.key(id)
    for label in labels {
      guard names.classes.indices.contains(label.class), let rank = Int32(exactly: label.rank)
      else {
        throw RankingError.invalidArgument(
          "\(file.path): class \(label.class) or rank \(label.rank) of \(image) is out of range")
      }
      images.append(image)
      shards.append(names.shards[Int(id.shard)])
      classes.append(Int32(label.class))
      classNames.append(names.classes[label.class])
      scores.append(label.score)
      probabilities.append(Float(LogOdds.probability(fromLogOdds: label.score)))
      ranks.append(rank)
      teachers.append(names.teacher)
      if classes.count == Self.rowsPerPortion { try write() }
    }
  }

  /// Makes it the file at the path, durably.
  /// - Throws: `FileError` naming the path.
  public func finish() throws {
    try write()
    try file.finish()
  }

  private func write() throws {
    try file.write([
      .strings(images), .strings(shards), .int32(classes), .strings(classNames), .float32(scores),
      .float32(probabilities), .int32(ranks), .strings(teachers),
    ])
    images.removeAll()
    shards.removeAll()
    classNames.removeAll()
    teachers.removeAll()
    classes.removeAll(keepingCapacity: true)
    scores.removeAll(keepingCapacity: true)
    probabilities.removeAll(keepingCapacity: true)
    ranks.removeAll(keepingCapacity: true)
  }
}

extension Selection {
  /// Writes one row per (image, class) to the Parquet file at `path`, in the order of the selection.
  /// - Throws: `FileError` naming `path`, `RankingError` when a name is missing, what `key` throws;
  ///   `ParquetError` without Apache Arrow.
  public func writeParquet(to path: String, names: SelectionNames) throws {
    guard names.classes.count == classCount else {
      throw RankingError.invalidArgument(
        "\(path): \(names.classes.count) class names for \(classCount) classes")
    }
    let writer = try SelectionParquetWriter(path: path, names: names)
    for (row, id) in images.enumerated() {
      try writer.append(image: id, labels: labels(ofImage: row))
    }
    try writer.finish()
  }
}
