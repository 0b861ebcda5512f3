import Files
import Terminal

/// Scores in a NumPy file, and the keys of its rows from a list.
struct NumPyScores: ScoreTable {
  let matrix: NumPyMatrix
  let rowName = "row"
  /// Where each of D's classes stands in a row.
  private let order: [Int]
  private let keys: KeyList
  /// Whether the keys have to end with the rows.
  private let isLastOfKeys: Bool
  private let classNames: [String]

  var path: String { matrix.path }
  var layout: ScoreLayout { .wide }
  var reading: [String] { order.map(String.init) }
  var passedOver: [String] { [] }

  /// Looks at the header of the file at `path`; the keys of its rows are the next of `keys`.
  init(path: String, keys: KeyList, isLastOfKeys: Bool, classes: [String], given: [String]?) throws
  {
    matrix = try NumPyMatrix(path: path)
    self.keys = keys
    self.isLastOfKeys = isLastOfKeys
    classNames = classes
    let found = given ?? classes
    guard matrix.columnCount == found.count else {
      throw PipelineError.data(
        "\(path) has \(Format.counted(matrix.columnCount, "column", "columns")) for "
          + (given == nil
            ? "the labelled set's \(classes.count) classes (\(Format.few(classes)))"
            : "the \(found.count) classes of --classes"))
    }
    order = try ScoreColumns.places(of: classes, among: found, path)
  }

  func read(into rows: some ScoreRows) throws {
    var values = [Double](repeating: 0, count: order.count)
    try matrix.forEachRow { row, scores in
      if row % 4096 == 0 { try StopSignal.check() }
      guard let key = try keys.next() else {
        throw refusal(
          "it has \(Format.count(matrix.rowCount)) rows, for which \(keys.path) has no key from row "
            + "\(row + 1) on; give one key a row")
      }
      for (place, column) in order.enumerated() { values[place] = scores[column] }
      try key.withUnsafeBytes { key in
        try values.withUnsafeBufferPointer { try rows.take(key, row: row + 1, scores: $0) }
      }
    }
    if isLastOfKeys, let key = try keys.next() {
      throw refusal(
        "its \(Format.count(matrix.rowCount)) rows end before the keys of \(keys.path), which goes on with "
          + "\(PathText.text(of: key)); give one key a row")
    }
  }
}
