import ArgumentParser
import Copies
import Foundation
import ImageData
@_spi(Benchmarks) import Ranking

/// Selects from up to a billion images, read as files of the real formats (`ScorePool`); no peer does
/// this. Prints two JSON lines for each number of images, with copies kept and with near ones dropped:
///
///     {"copies": "kept", "images": 1000000000, "seconds": …, "peak_mib": …, "rows_per_second": …,
///      "read_seconds": …}
///     {"copies": "near", "images": 1000000000, "seconds": …, "peak_mib": …, "rows_per_second": …,
///      "candidates": …, "dropped": …, "select_seconds": …, "order_seconds": …,
///      "contents_seconds": …, "search_seconds": …, "write_seconds": …}
///
/// `peak_mib` is the growth of the highest resident memory over that before the selection,
/// `read_seconds` what reading and verifying the same bytes takes with nothing selected: the roof.
struct SelectBillion: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "select-billion")

  @Option(help: "A folder for the pool, kept between runs.")
  var pool: String

  @Option(help: "Files of 100,000 images in the pool, 6.8 MB of scores and 5.6 of contents each.")
  var files = 300

  @Option(parsing: .upToNextOption, help: "Numbers of images, ascending.")
  var images = [10_000_000, 100_000_000, 1_000_000_000]

  @Option(help: "Images selected of each class, K.")
  var top = 16_000

  @Option(help: "Candidates for each image, where copies are dropped.")
  var candidates = 2.0

  @Option(help: "Threads.")
  var threads = 2

  func run() throws {
    let pool = ScorePool(folder: pool, files: files)
    try pool.fill()
    for count in images {
      try keepCopies(count, pool)
      try dropCopies(count, pool)
    }
  }

  private static let key: @Sendable (SampleID) -> String = { "\($0.shard)/\($0.position)" }

  private func keepCopies(_ count: Int, _ pool: ScorePool) throws {
    let request = try pool.request(images: count, imagesPerClass: top, threads: threads)
    var steps = Steps()
    try steps.measure("read_seconds") { _ = try request.readOnly() }
    steps.seconds = 0
    let before = try Memory.forgetPeak()
    try steps.measure("select_seconds") {
      _ = try request.select(writingTo: "\(pool.folder)/selected.bin", key: Self.key)
    }
    steps.values["select_seconds"] = nil
    try steps.print(count, copies: "kept", from: before)
  }

  private func dropCopies(_ count: Int, _ pool: ScorePool) throws {
    let request = try pool.request(images: count, imagesPerClass: top, threads: threads)
    let before = try Memory.forgetPeak()
    var steps = Steps()
    let between = "\(pool.folder)/candidates.bin"
    defer { unlink(between) }
    let found = try steps.measure("select_seconds") {
      try request.candidates(perImage: candidates, writingTo: between, key: Self.key)
    }
    let order = try steps.measure("order_seconds") {
      try found.selection.rowsBestFirst(threads: threads, key: Self.key)
    }
    let copies = try drop(order, found.selection, pool, &steps)
    try steps.measure("write_seconds") {
      _ = try found.removing(
        copies.lazy.map { Int(order[$0.row]) }, writingTo: "\(pool.folder)/selected.bin")
    }
    steps.values["candidates"] = order.count
    steps.values["dropped"] = copies.count
    try steps.print(count, copies: "near", from: before)
  }

  private func drop(
    _ order: [UInt32], _ candidates: Selection, _ pool: ScorePool, _ steps: inout Steps
  ) throws -> [DuplicateRows.Duplicate] {
    let contents = try steps.measure("contents_seconds") {
      try pool.contents(of: candidates.images, order: order, threads: threads)
    }
    candidates.forgetPages()
    return try steps.measure("search_seconds") {
      try DuplicateRows.find(in: contents, threads: threads)
    }
  }
}

/// What the parts of a selection take.
private struct Steps {
  var values: [String: Any] = [:]
  var seconds = 0.0

  mutating func measure<Value>(_ name: String, _ work: () throws -> Value) rethrows -> Value {
    let clock = ContinuousClock()
    let start = clock.now
    let value = try work()
    let time = (clock.now - start) / .seconds(1)
    values[name] = Self.rounded(time, 2)
    seconds += time
    return value
  }

  func print(_ images: Int, copies: String, from before: Double) throws {
    let line: [String: Any] = [
      "work": "select-billion", "copies": copies, "images": images,
      "seconds": Self.rounded(seconds, 2),
      "peak_mib": Self.rounded(Memory.mebibytes("VmHWM") - before, 1),
      "rows_per_second": Self.rounded(Double(images * ScorePool.labels) / seconds, 0),
    ]
    let json = try JSONSerialization.data(
      withJSONObject: line.merging(values) { one, _ in one }, options: [.sortedKeys])
    FileHandle.standardOutput.write(json + Data("\n".utf8))
  }

  private static func rounded(_ value: Double, _ digits: Double) -> Double {
    (value * pow(10, digits)).rounded() / pow(10, digits)
  }
}

/// What the system says about this process's memory.
private enum Memory {
  /// Begins to look for the highest resident memory again.
  /// - Returns: That at present, in MiB.
  static func forgetPeak() throws -> Double {
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    return mebibytes("VmRSS")
  }

  /// A line of /proc/self/status.
  static func mebibytes(_ name: String) -> Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
    let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap {
      Double($0)
    }
    return (kibibytes ?? .nan) / 1024
  }
}
