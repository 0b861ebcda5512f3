import ArgumentParser
import Foundation
import ImageData
import Shards

/// The index of a shard of small samples, from its headers to the files on the disk.
struct IndexRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "index")

  @Option(help: "A folder of tar shards.")
  var shard: String

  @Option(help: "How many samples they hold.")
  var samples: Int

  @Option(help: "Where the index is kept while it lasts.")
  var runs: String

  func run() throws {
    let folder = "\(runs)/\(ProcessInfo.processInfo.processIdentifier).index"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try serve(amount: Double(samples)) {
      try? FileManager.default.removeItem(atPath: folder)
      let summary = try buildIndex(of: shard, in: folder)
      guard summary.samples == samples else {
        throw ValidationError("\(summary.samples) samples, not \(samples)")
      }
    }
  }
}
