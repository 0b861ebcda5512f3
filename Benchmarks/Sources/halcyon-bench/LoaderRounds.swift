import ArgumentParser
import Copies
import Foundation
import ImageData
import Models
import Shards
import Torch
import Training

/// JPEGs → random resized crop, flip → a normalised float tensor: what stands before a network.
struct LoaderRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "loader")

  @Option(help: "A folder of JPEGs, or of shards of them.")
  var photos: String

  @Flag(help: "Read them from shards.")
  var shards = false

  @Option(
    help: "Read copies of them at training size, as halcyon score --cache leaves them: jpeg or raw."
  )
  var cached: String?

  @Option(help: "The shorter side of the copies.")
  var cacheSize = 256

  @Option(help: "Where an index or a cache is kept while it lasts.")
  var runs = NSTemporaryDirectory()

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
    // As a run does.
    Libtorch.keepMemory()
    let folder = "\(runs)/\(ProcessInfo.processInfo.processIdentifier)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let dataset = try pictures(in: folder)
    let loader = try BatchLoader(
      dataset: dataset, order: ShuffledOrder(count: dataset.count, seed: 0),
      positions: 0..<Int(Int32.max), batchSize: batch, preset: .train(TrainPreset(size: size)),
      seed: 0, workers: threads)
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

  private var threads: Int {
    workers > 0 ? workers : ProcessInfo.processInfo.activeProcessorCount
  }

  private func pictures(in folder: String) throws -> any ImageDataset {
    var pictures: any ImageDataset
    if shards {
      try buildIndex(of: photos, in: folder + "/index")
      pictures = try IndexedCollection(folder: folder + "/index")
    } else {
      pictures = try openDataset(photos, unlabelled: true)
    }
    guard let cached else { return pictures }
    guard let encoding = CacheFormat.Encoding(rawValue: cached) else {
      throw ValidationError("--cached \(cached); it is jpeg or raw")
    }
    return try copies(
      of: pictures, as: CacheFormat(size: cacheSize, encoding: encoding), in: folder + "/cache")
  }

  /// What scoring would leave of `pictures`, as one shard.
  private func copies(of pictures: any ImageDataset, as format: CacheFormat, in folder: String)
    throws -> CachedImages
  {
    let cache = try ImageCache(in: folder, as: format)
    let writer = try cache.writer(
      of: CacheSource(name: "00000", count: pictures.count, identity: "", filesState: nil) { _ in
        nil
      })
    let loader = try BatchLoader(
      dataset: pictures, order: SequentialOrder(), positions: 0..<pictures.count, batchSize: 32,
      preset: .evaluation(EvaluationPreset(resize: 256, crop: 224)), seed: 0, workers: threads,
      copying: format, onUnreadable: .mark)
    while let batch = try loader.next() {
      for (index, copy) in zip(batch.indices, batch.copies) {
        try writer.append(copy, key: pictures.key(at: index), of: .none)
      }
    }
    try writer.finish()
    return CachedImages(
      in: cache, name: "copies", count: pictures.count, place: { (0, $0) },
      shardName: { _ in "00000" }, keys: { "\($0)" })
  }
}
