import ArgumentParser
import Dispatch
import Foundation
@_spi(Benchmarks) import Ranking

/// Selects from up to a billion images, read as score files of the real format; no peer does this.
///
/// A pool of files is read again and again under new shard indices. Each time every key's hash is
/// changed and every score raised by a tenth at most, after the checksum, so that no pass repeats
/// another. Prints one JSON line for each number of images:
///
///     {"images": 1000000000, "seconds": …, "peak_mib": …, "rows_per_second": …, "read_seconds": …}
///
/// `peak_mib` is the growth of the highest resident memory over that before the selection,
/// `read_seconds` what reading and verifying the same bytes takes with nothing selected: the roof.
struct SelectBillion: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "select-billion")

  @Option(help: "A folder for the pool, kept between runs.")
  var pool: String

  @Option(help: "Files in the pool, of 100,000 images and 6.8 MB each.")
  var files = 300

  @Option(parsing: .upToNextOption, help: "Numbers of images, ascending.")
  var images = [10_000_000, 100_000_000, 1_000_000_000]

  @Option(help: "Threads.")
  var threads = 2

  private static let rows = 100_000
  private static let classes = 1000
  private static let labels = 10
  private static let top = 16_000

  func run() throws {
    try fillPool()
    for count in images { try measure(count) }
  }

  private func measure(_ count: Int) throws {
    let record = Self.record()
    let shards = (0..<max(1, count / Self.rows)).map {
      ScoredShard(record: record, scoresPath: path($0 % files), index: $0)
    }
    var request = SelectionRequest(
      shards: shards, classesPerSample: Self.labels, imagesPerClass: Self.top, threads: threads)
    // The checksum of every block is compared; there are no records whose SHA-256 could be.
    request.verifiesFiles = false
    request.disturbance = { shard, keyHashes, scores in
      let mask = KeyHash.hash(of: String(shard))
      let rise = Float(mask >> 40) / 0x1p24 * 0.1
      for row in keyHashes.indices { keyHashes[row] ^= mask }
      for row in scores.indices { scores[row] += rise }
    }
    let clock = ContinuousClock()
    let reading = try clock.measure { _ = try request.readOnly() } / .seconds(1)
    let before = Self.memory("VmRSS")
    let time = try clock.measure {
      _ = try request.select(writingTo: "\(pool)/selected.bin") { "\($0.shard)/\($0.position)" }
    }
    let seconds = time / .seconds(1)
    let line: [String: Any] = [
      "work": "select-billion", "images": count, "seconds": Self.rounded(seconds, 2),
      "peak_mib": Self.rounded(Self.memory("VmHWM") - before, 1),
      "rows_per_second": Self.rounded(Double(count * Self.labels) / seconds, 0),
      "read_seconds": Self.rounded(reading, 2),
    ]
    let json = try JSONSerialization.data(withJSONObject: line, options: [.sortedKeys])
    FileHandle.standardOutput.write(json + Data("\n".utf8))
  }

  /// Writes the files that are not there yet.
  private func fillPool() throws {
    try FileManager.default.createDirectory(atPath: pool, withIntermediateDirectories: true)
    let missing = (0..<files).filter { !FileManager.default.fileExists(atPath: path($0)) }
    DispatchQueue.concurrentPerform(iterations: missing.count) { index in
      // A file that fails is missed when it is read.
      try? fill(missing[index])
    }
  }

  private func fill(_ number: Int) throws {
    var random = SplitMix(state: UInt64(number) << 32)
    let file = try ScoreFileWriter(
      path: path(number), classesPerSample: Self.labels, classes: Self.classes)
    var scores = Array(repeating: Float(0), count: Self.labels)
    var classes = Array(repeating: 0, count: Self.labels)
    for _ in 0..<Self.rows {
      var score = random.normal() * 3
      for column in 0..<Self.labels {
        scores[column] = score
        classes[column] = Int(random.next() % UInt64(Self.classes))
        score -= abs(random.normal())
      }
      try file.append(keyHash: random.next(), classes: classes, scores: scores)
    }
    try file.finish()
  }

  private func path(_ number: Int) -> String { "\(pool)/\(number).scores" }

  private static func record() -> ShardRecord {
    ShardRecord(
      shard: "pool", count: rows, modelSHA256: "", recipeHash: "", inputIdentity: "",
      leftOutIdentity: "", batch: 1,
      precision: "", libtorch: "", cpuFeatures: "", device: "", classesPerSample: labels,
      classes: classes, scoresSHA256: "", seconds: 0, imagesPerSecond: 0)
  }

  /// A line of /proc/self/status, in MiB.
  private static func memory(_ name: String) -> Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
    let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap {
      Double($0)
    }
    return (kibibytes ?? .nan) / 1024
  }

  private static func rounded(_ value: Double, _ digits: Double) -> Double {
    (value * pow(10, digits)).rounded() / pow(10, digits)
  }
}
