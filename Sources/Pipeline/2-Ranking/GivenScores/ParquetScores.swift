import Files
import Terminal

/// Scores in a Parquet file.
struct ParquetScores: ScoreTable {
  let path: String
  let columns: ScoreColumns
  let rowName = "row"
  private let file: ParquetReader
  private let names: [String]
  private let classNames: [String]
  private let words: ClassWords
  /// About so many values are read at once.
  private static let valuesAtOnce = 1 << 20

  var layout: ScoreLayout { columns.layout }
  var reading: [String] { ([columns.key] + columns.scores).map { names[$0] } }
  var passedOver: [String] { columns.passedOver.map { names[$0] } }

  /// Looks at the columns of the file at `path`.
  init(path: String, classes: [String], given: [String]?, kind: ScoreKind) throws {
    self.path = path
    file = try ParquetReader(path: path)
    names = file.columns.map(\.name)
    classNames = classes
    if let list = file.columns.first(where: { $0.type.contains("list<") }) {
      throw PipelineError.data(
        "\(path): column \(list.name) is \(list.type); give a column a class, or a row a picture and class "
          + "(pandas: explode)")
    }
    columns = try ScoreColumns(names, of: path, classes: classes, given: given, kind: kind)
    words = try ClassWords(classes, given: columns.layout == .pairs ? given : nil, of: path)
    try require(columns.key, [.strings, .integers], "texts")
    for (place, column) in columns.scores.enumerated() {
      if layout == .pairs, place == 0 {
        try require(column, [.strings, .integers], "texts or integers")
      } else {
        try require(column, [.reals, .integers], "numbers")
      }
    }
  }

  private func require(_ column: Int, _ kinds: Set<ParquetKind>, _ what: String) throws {
    let column = file.columns[column]
    guard !kinds.contains(column.kind) else { return }
    throw refusal("column \(column.name) is \(column.type); give \(what)")
  }

  func read(into rows: some ScoreRows) throws {
    let used = ([columns.key] + columns.scores + [columns.error].compactMap { $0 }).map {
      names[$0]
    }
    let error = columns.error.map { _ in used.count - 1 }
    var values = [Double](repeating: 0, count: columns.scores.count)
    var digits: [UInt8] = []
    var row = 0
    try file.forEachBatch(of: used, rows: max(64, min(16_384, Self.valuesAtOnce / used.count))) {
      batch in
      try StopSignal.check()
      for index in 0..<batch.count {
        row += 1
        if let error, batch.bytes(error, at: index)?.isEmpty == false { continue }
        let take = { (key: UnsafeRawBufferPointer) in
          switch layout {
          case .wide:
            for place in values.indices {
              values[place] = try number(batch, place + 1, at: index, row)
            }
            try values.withUnsafeBufferPointer { try rows.take(key, row: row, scores: $0) }
          case .pairs:
            try rows.take(
              key, row: row, class: place(batch, at: index, row),
              score: number(batch, 2, at: index, row))
          }
        }
        if let key = batch.bytes(0, at: index) {
          try take(key)
        } else if let number = batch.integer(0, at: index) {
          digits = Array(String(number).utf8)
          try digits.withUnsafeBytes(take)
        } else {
          throw refusal(row: row, "column \(names[columns.key]) is NULL; every row needs its key")
        }
      }
    }
  }

  private func number(_ batch: ParquetBatch, _ column: Int, at index: Int, _ row: Int) throws
    -> Double
  {
    if let number = batch.real(column, at: index) { return number }
    if let number = batch.integer(column, at: index) { return Double(number) }
    throw refusal(row: row, "column \(names[columns.scores[column - 1]]) is NULL")
  }

  private func place(_ batch: ParquetBatch, at index: Int, _ row: Int) throws -> Int {
    if let number = batch.integer(1, at: index) {
      if let place = words.place(ofNumber: Int(number)) { return place }
      throw refusal(
        row: row, "there is no class \(number) of \(classNames.count), which are counted from 0")
    }
    guard let text = batch.string(1, at: index) else {
      throw refusal(row: row, "column \(names[columns.scores[0]]) is NULL")
    }
    guard let place = words.place(of: text) else {
      throw refusal(row: row, "the labelled set has no class \(text)")
    }
    return place
  }
}
