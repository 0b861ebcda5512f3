import Files
import Foundation

/// A file of pictures' features, which grows by rows.
protocol FeatureFile {
  /// Appends the pictures `keys` with their features, row by row.
  func append(_ keys: [String], _ values: [Float]) throws
  /// Makes it the file at its path.
  func finish() throws
}

extension FeatureKind.Format {
  /// What the files at `stem` are called.
  func names(_ stem: String) -> [String] {
    switch self {
    case .parquet: ["\(stem).parquet"]
    case .npy: ["\(stem).npy", "\(stem).keys.csv"]
    }
  }

  /// Begins the file at `stem`, of pictures with so many features.
  /// - Throws: `FileError`, `ParquetError` without the library.
  func file(at stem: String, features: Int) throws -> any FeatureFile {
    switch self {
    case .parquet: try ParquetFeatures(path: "\(stem).parquet", features: features)
    case .npy: try NumPyFeatures(stem: stem, features: features)
    }
  }
}

/// Features as an array beside a list of keys.
private final class NumPyFeatures: FeatureFile {
  private let values: NumPyWriter
  private let keys: CSVWriter

  init(stem: String, features: Int) throws {
    values = try NumPyWriter(path: "\(stem).npy", columns: features)
    keys = try CSVWriter(path: "\(stem).keys.csv", header: ["key"])
  }

  func append(_ keys: [String], _ values: [Float]) throws {
    for key in keys { try self.keys.append([key]) }
    try values.withUnsafeBytes { try self.values.append($0) }
  }

  func finish() throws {
    try keys.commit()
    try values.finish()
  }
}

/// Features as columns: Arrow's lists are not written here, and columns of numbers are what every reader
/// reads without a copy.
private final class ParquetFeatures: FeatureFile {
  private let file: ParquetWriter
  private let features: Int
  /// A group of rows is in memory until it is full: some 64 MB.
  private static let groupValues = 1 << 24

  init(path: String, features: Int) throws {
    self.features = features
    file = try ParquetWriter(
      path: path,
      fields: [ParquetField("key", .string)]
        + (0..<features).map { ParquetField("f\($0)", .float32) },
      rowsPerGroup: max(1_024, Self.groupValues / max(1, features)))
  }

  func append(_ keys: [String], _ values: [Float]) throws {
    let columns = (0..<features).map { column -> ParquetColumn in
      .float32(stride(from: column, to: values.count, by: features).map { values[$0] })
    }
    try file.write([.strings(ParquetStrings(keys))] + columns)
  }

  func finish() throws { try file.finish() }
}
