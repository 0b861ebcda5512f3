import ArgumentParser
import Foundation
import ImageData
import Models
import Shards
import Torch
import Training

/// JPEGs → random resized crop, flip → a normalised float tensor: what stands before a network.
struct LoaderRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "loader")

  @Option(help: "A folder of JPEGs.")
  var photos: String

  @Option(help: "Decoding threads; 0 means as many as there are cores.")
  var workers = 0

  @Option(help: "Pictures in a batch.")
  var batch = 32

  @Option(help: "Pictures in a round, rounded up to whole batches.")
  var images = 512

  @Option(help: "Pixels along each side of what comes out.")
  var size = 224

  func run() throws {
    // Pictures are the unit of parallel work.
    try Libtorch.setThreads(1)
    let dataset = try openDataset(photos, unlabelled: true)
    let loader = try BatchLoader(
      dataset: dataset, order: ShuffledOrder(count: dataset.count, seed: 0),
      positions: 0..<Int(Int32.max), batchSize: batch, preset: .train(TrainPreset(size: size)),
      seed: 0, workers: workers > 0 ? workers : ProcessInfo.processInfo.activeProcessorCount)
    defer { loader.stop() }
    var input = ImageInput()
    input.size = size
    let pictures = try ImageTensor(input, device: .cpu)
    let count = (images + batch - 1) / batch

    try serve(amount: Double(count * batch)) {
      for _ in 0..<count {
        guard let next = try loader.next() else { throw ValidationError("no pictures left") }
        _ = try pictures(next)
      }
    }
  }
}
