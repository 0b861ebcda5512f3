import Files
import Foundation
import SystemPackage

/// Where scores come from that no teacher of the run made: `source.json` of its folder `2-ranking`.
///
/// What scores are known by is a hash of what is said here, without dates, sizes and counts: the same
/// files, read in the same way, are the same scores wherever they lie.
struct ScoreProvenance: Codable, Equatable {
  /// A file that scores were read from.
  struct File: Codable, Equatable {
    /// Its path as it was given.
    var path: String
    var bytes: Int
    var sha256: String
  }

  /// A teacher whose scores are a part of a mean.
  struct Teacher: Codable, Equatable {
    /// The folder that was named.
    var path: String
    /// What its scores are known by: all that decides their bits.
    var identity: String
    /// How many classes of each picture it has kept.
    var classesPerSample: Int

    enum CodingKeys: String, CodingKey {
      case path, identity
      case classesPerSample = "classes_per_sample"
    }
  }

  /// What the numbers are; nil for a mean.
  var kind: ScoreKind?
  /// Whether a row is of a picture, or of a picture and class; nil for a mean.
  var layout: ScoreLayout?
  /// The columns that were read of each file, the key first.
  var columns: [[String]] = []
  /// The files.
  var files: [File] = []
  /// The lists of keys, where the files have none.
  var keys: [File] = []
  /// The teachers whose mean it is.
  var teachers: [Teacher] = []
  /// D's classes, in order.
  var classes: [String]
  /// When the scores were read.
  var made = ""
  /// Rows that were read.
  var rows: Int?
  /// Pictures of U that got scores, whether they could be read or not.
  var pictures: Int?
  /// Rows of pictures that U has not.
  var extraRows: Int?

  enum CodingKeys: String, CodingKey {
    case kind, layout, columns, files, keys, teachers, classes, made, rows, pictures
    case extraRows = "extra_rows"
  }

  /// Where it lies.
  static func path(in directory: RunDirectory) -> String {
    "\(directory.folder(of: .ranking))/source.json"
  }

  /// What a run has; nil where it has none.
  init?(of directory: RunDirectory) {
    guard let found = try? JSON.read(Self.self, at: Self.path(in: directory)) else { return nil }
    self = found
  }

  init(classes: [String]) { self.classes = classes }

  /// What the scores are known by.
  var identity: String {
    var text = [kind?.rawValue ?? "mean", layout?.rawValue ?? ""]
    text += files.map(\.sha256) + keys.map { "keys \($0.sha256)" }
    text += columns.map { $0.joined(separator: "\t") }
    text += teachers.map { "\($0.identity) \($0.classesPerSample)" }
    text += classes
    return Checksum.sha256(Data(text.joined(separator: "\n").utf8))
  }

  /// Keeps it in the run's directory, with the date.
  func write(to directory: RunDirectory) throws {
    var dated = self
    dated.made = Date().formatted(.iso8601)
    try RunDirectory.makeFolder(directory.folder(of: .ranking))
    try DurableFile.write(try JSON.pretty(dated), to: Self.path(in: directory))
  }

  /// In a few words, for reports: "probabilities in clip.parquet".
  var words: String {
    guard teachers.isEmpty else {
      return "the mean of \(Format.counted(teachers.count, "teacher", "teachers"))"
    }
    let names = files.map { FilePath(text: $0.path).name }
    let what =
      switch kind {
      case .probabilities: "probabilities"
      case .logits: "logits"
      case .logOdds, nil: "log-odds"
      }
    return "\(what) in \(Format.few(names))"
  }
}
