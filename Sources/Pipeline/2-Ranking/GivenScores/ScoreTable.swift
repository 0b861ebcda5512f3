/// One file of scores that another program made, whatever its format.
protocol ScoreTable {
  /// The file's path.
  var path: String { get }
  /// Whether a row is of one picture and has all classes, or of one class of a picture.
  var layout: ScoreLayout { get }
  /// What is read as what, in words: part of what scores are known by.
  var reading: [String] { get }
  /// Columns that say nothing of scores and are passed over.
  var passedOver: [String] { get }
  /// What a row's place is called, and the first row's number: "line" 2, "row" 1.
  var rowName: String { get }
  /// Hands every row to `rows`.
  /// - Throws: `PipelineError.data` or `FileError` naming the file and the row, what `rows` throws.
  func read(into rows: some ScoreRows) throws
}

/// How a file has its scores.
enum ScoreLayout: String, Codable {
  /// A row a picture, a column a class.
  case wide
  /// A row a picture and class.
  case pairs
}

/// What takes the rows of a file of scores.
protocol ScoreRows {
  /// Takes all classes of the picture called `key`, in the order of D's classes, which stands in `row`.
  func take(_ key: UnsafeRawBufferPointer, row: Int, scores: UnsafeBufferPointer<Double>) throws
  /// Takes one class of the picture called `key`.
  func take(_ key: UnsafeRawBufferPointer, row: Int, class: Int, score: Double) throws
}

extension ScoreTable {
  /// The error of `row`.
  func refusal(row: Int, _ reason: String) -> PipelineError {
    .data("\(path), \(rowName) \(row): \(reason)")
  }

  /// The error of the whole file.
  func refusal(_ reason: String) -> PipelineError { .data("\(path): \(reason)") }
}
