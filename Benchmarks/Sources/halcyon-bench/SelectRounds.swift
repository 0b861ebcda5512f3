import ArgumentParser
import Foundation
import Ranking

/// The highest K of each class: `SelectionRequest`, as `halcyon select` asks, from score files to a
/// durable `selected.bin`.
struct SelectRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "select")

  @Option(help: "The folder that select-rows has filled.")
  var folder: String

  @Option(help: "Images selected of each class, K.")
  var top = 4000

  @Option(help: "Threads.")
  var threads = 2

  func run() throws {
    let shards = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".json") }.sorted().enumerated().map { index, name in
        let path = "\(folder)/\(name)"
        return ScoredShard(
          record: try ShardRecord(path: path),
          scoresPath: path.replacingOccurrences(of: ".json", with: ".scores"), index: index)
      }
    let request = SelectionRequest(
      shards: shards, classesPerSample: SelectRows.labels, imagesPerClass: top, threads: threads)
    try serve(amount: Double(SelectRows.images * SelectRows.labels)) {
      _ = try request.select(writingTo: "\(folder)/selected.bin") { "\($0.shard)/\($0.position)" }
    }
  }
}

/// Writes the rows that are selected from: as score files with their records, and for the peers as
/// columns, `image`, `class` and `score`, one number after another.
struct SelectRows: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "select-rows")

  static let images = 2_000_000
  static let labels = 10
  static let classes = 1000
  private static let shard = 100_000

  @Option(help: "A folder.")
  var folder: String

  func run() throws {
    for name in ["image", "class", "score"] {
      FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil)
    }
    let columns = try ["image", "class", "score"].map {
      try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/\($0)"))
    }
    for first in stride(from: 0, to: Self.images, by: Self.shard) {
      try write(first, to: columns)
    }
  }

  /// Log-odds around −column with a deviation of 3, and classes without preference.
  private func write(_ first: Int, to columns: [FileHandle]) throws {
    let name = "\(folder)/" + String(first + Self.images).dropFirst()
    let file = try ScoreFileWriter(
      path: name + ".scores", classesPerSample: Self.labels, classes: Self.classes)
    var random = SplitMix(state: UInt64(first))
    var (images, classes, scores): ([UInt32], [UInt16], [Float]) = ([], [], [])
    for image in first..<(first + Self.shard) {
      let labels = (0..<Self.labels).map { _ in Int(random.next() % UInt64(Self.classes)) }
      let values = (0..<Self.labels).map { random.normal() * 3 - Float($0) }
      try file.append(keyHash: random.next(), classes: labels, scores: values)
      images += labels.map { _ in UInt32(image) }
      classes += labels.map(UInt16.init)
      scores += values
    }
    try file.finish()
    var record = ShardRecord(
      shard: URL(fileURLWithPath: name).lastPathComponent, count: Self.shard, modelSHA256: "",
      recipeHash: "", inputIdentity: "", leftOutIdentity: "", batch: 1, precision: "float32",
      libtorch: "", cpuFeatures: "", device: "cpu", classesPerSample: Self.labels,
      classes: Self.classes, scoresSHA256: "", seconds: 0, imagesPerSecond: 0)
    record.scoresChecksum = file.checksum
    try record.json().write(to: URL(fileURLWithPath: name + ".json"))
    let bytes = [
      images.withUnsafeBytes { Data($0) }, classes.withUnsafeBytes { Data($0) },
      scores.withUnsafeBytes { Data($0) },
    ]
    for (column, bytes) in zip(columns, bytes) { try column.write(contentsOf: bytes) }
  }
}

/// SplitMix64 (Steele, Lea, Flood, doi:10.1145/2660193.2660195).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// About normal: the sum of four 16-bit numbers, centred, with deviation 1.
  mutating func normal() -> Float {
    let bits = next()
    let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
    return (Float(sum) / 65_536 - 2) * 3.464_102
  }
}
