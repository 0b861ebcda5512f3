import ArgumentParser
import Foundation
import ImageData
import Shards

/// A list of very many paths, from the file to the first batch of a shuffled pass, or to the first one of a
/// run that goes on in the middle of it: nothing is left from the start before.
struct StartupRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "startup")

  @Option(help: "A CSV of paths and labels.")
  var list: String

  @Option(help: "How many there are.")
  var paths: Int

  @Option(help: "How many were seen before.")
  var seen = 0

  @Option(help: "Pictures in the batch.")
  var batch = 32

  func run() throws {
    try serve(amount: Double(paths)) {
      let dataset = try openDataset(list)
      guard dataset.count == paths else {
        throw ValidationError("\(dataset.count) paths, not \(paths)")
      }
      let loader = try BatchLoader(
        dataset: dataset, order: ShuffledOrder(count: dataset.count, seed: 0),
        positions: seen..<seen + batch, batchSize: batch, preset: .train(TrainPreset(size: 224)),
        seed: 0, workers: ProcessInfo.processInfo.activeProcessorCount)
      defer { loader.stop() }
      guard try loader.next()?.count == batch else { throw ValidationError("no batch") }
    }
  }
}
