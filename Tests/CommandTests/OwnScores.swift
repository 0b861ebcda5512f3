import Files
import Foundation
import TestSupport
import Testing

/// What a run's own teacher says of every picture of U, read from a selection of all of them, and the same
/// in the forms in which another program would give it.
struct OwnScores {
  /// The pictures in the order in which they were found.
  private(set) var keys: [String] = []
  /// The log-odds of each class, by the picture's key.
  private(set) var logOdds: [String: [Double]] = [:]
  /// The file that they were read from, a row a picture and class.
  let csv: String

  /// Settings with which every picture is in every class's list.
  static let all = ["ranking.labelsPerImage=6", "ranking.imagesPerClass=30"]

  /// Trains and scores the run `a` of `tiny`, unless that was done, and reads what its teacher says.
  init(of tiny: TinyRun, _ name: String = "a", _ settings: [String] = []) throws {
    if !tiny.has(name, "2-ranking/scores") {
      try tiny.finish("train-teacher", name, Self.all + settings)
      try tiny.finish("score", name, Self.all + settings)
    }
    let folder = tiny.folder.path + "/all-\(name)"
    try tiny.finish(
      "select", name, Self.all + settings,
      flags: ["--to", folder, "--images-per-class", "400"])
    csv = folder + "/selected.csv"
    let reader = try CSVReader(path: csv)
    _ = try reader.next()
    while try reader.next() {
      let key = reader.text(0)
      if logOdds[key] == nil {
        keys.append(key)
        logOdds[key] = [Double](repeating: .nan, count: TinyImages.classes.count)
      }
      logOdds[key]?[Int(reader.text(2)) ?? 0] = Double(Float(reader.text(4)) ?? .nan)
    }
  }

  /// The probabilities of a picture's classes.
  func probabilities(_ key: String) -> [Double] {
    (logOdds[key] ?? []).map { 1 / (1 + exp(-$0)) }
  }

  /// A CSV with a column a class, in another order than D's, and the pictures in another order, too.
  func wide(_ values: (String) -> [Double]) -> String {
    let order = [3, 1, 0, 5, 4, 2]
    var text = "path," + order.map { TinyImages.classes[$0] }.joined(separator: ",") + "\n"
    for key in keys.sorted(by: >) {
      let row = values(key)
      text += "\(key)," + order.map { "\(row[$0])" }.joined(separator: ",") + "\n"
    }
    return text
  }

  /// The CSV that `halcyon predict --probabilities` writes, with the best class before all of them.
  func predicted() -> String {
    var text =
      "key,class,probability,error," + TinyImages.classes.map { "p_\($0)" }.joined(separator: ",")
    for key in keys {
      let row = probabilities(key)
      let best = row.indices.max { row[$0] < row[$1] } ?? 0
      text +=
        "\n\(key),\(TinyImages.classes[best]),\(row[best]),,"
        + row.map { "\($0)" }.joined(separator: ",")
    }
    // A picture that could not be read.
    return text + "\nbroken.png,,,cannot be decoded,,,,,,\n"
  }

  /// A NumPy file of float64 in D's order, and its keys, one a line.
  func numPy(_ values: (String) -> [Double]) -> (file: Data, keys: String) {
    var text = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(keys.count), 6), }"
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    var bytes = ByteColumn([0x93] + Array("NUMPY".utf8) + [1, 0])
    bytes.append(UInt16(text.utf8.count))
    var column = ByteColumn(bytes.bytes + Array(text.utf8))
    for key in keys {
      for value in values(key) { column.append(value.bitPattern) }
    }
    return (Data(column.bytes), keys.joined(separator: "\n"))
  }

  /// Writes a Parquet file of float32, with a column a class.
  func writeParquet(to path: String, _ values: (String) -> [Double]) throws {
    let names = TinyImages.classes
    let file = try ParquetWriter(
      path: path, fields: [ParquetField("__key__", .string)] + names.map { .init($0, .float32) })
    try file.write(
      [.strings(ParquetStrings(keys))]
        + names.indices.map { index in .float32(keys.map { Float(values($0)[index]) }) })
    try file.finish()
  }
}
