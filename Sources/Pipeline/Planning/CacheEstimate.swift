import Files
import Foundation
import ImageData
import Models
import Recipes
import Shards
import Terminal
import Training

/// What a cache of U's pictures would cost and save, measured on a few of them by one thread.
struct CacheEstimate: Equatable {
  /// Bytes of a copy on the disk, on average.
  let bytes: Double
  /// The same of plain pixels.
  let rawBytes: Double
  /// Seconds that a copy takes beside the decoding that scoring does in any case.
  let copying: Double
  /// Seconds that a crop for training takes of the picture itself.
  let original: Double
  /// Seconds that one takes of its copy.
  let cached: Double

  /// So many pictures are looked at.
  private static let most = 24

  /// Measures pictures of `unlabelled`; nil where they cannot be read one by one, and where half of them are no
  /// larger than the copies would be, unless the recipe asks for a cache.
  /// - Throws: `Stopped`.
  init?(of unlabelled: any ShardedDataset, _ recipe: Recipe) throws {
    guard unlabelled.isRandomAccess, unlabelled.absence == nil, unlabelled.count > 0 else {
      return nil
    }
    let format = recipe.cacheFormat
    let step = max(1, unlabelled.count / Self.most)
    let pictures = try stride(from: 0, to: unlabelled.count, by: step).prefix(Self.most)
      .compactMap { index -> EncodedImage? in
        try StopSignal.check()
        return try? unlabelled.read(at: index)
      }
    let preset = Preset.train(recipe.input.trainPreset(recipe.student.training.augmentation))
    let decoder = try ImageDecoder(maxPixels: recipe.data.maxPixels)
    var room = [UInt8](repeating: 0, count: preset.size * preset.size * preset.channels)
    func crop(_ image: EncodedImage, _ number: Int) throws -> Double {
      let start = Stopwatch()
      try room.withUnsafeMutableBytes {
        try decoder.render(
          image, preset: preset, random: CounterRandom(seed: 0, pass: 0, sample: number),
          key: "a picture", into: $0)
      }
      return start.seconds
    }
    var sums = (bytes: 0.0, raw: 0.0, copying: 0.0, original: 0.0, cached: 0.0)
    var (measured, larger) = (0, 0)
    for (number, picture) in pictures.enumerated() {
      try StopSignal.check()
      guard let made = try? decoder.copy(of: picture, as: format, key: "a picture"),
        let original = try? crop(picture, number), let cached = try? crop(made.copy, number)
      else { continue }
      measured += 1
      if made.isSmaller { larger += 1 }
      // A member of a tar, its header and its entry in the index.
      sums.bytes += Double(made.copy.bytes.count + 512 + 256 + 80)
      sums.raw += Double(made.width * made.height * format.channels + 512 + 256 + 80)
      sums.copying += made.seconds
      sums.original += original
      sums.cached += cached
    }
    guard measured > 0, recipe.data.cache != nil || 2 * larger >= measured else { return nil }
    let count = Double(measured)
    bytes = sums.bytes / count
    rawBytes = sums.raw / count
    copying = sums.copying / count
    original = sums.original / count
    cached = sums.cached / count
  }
}

extension DryRun {
  /// What a cache of U's pictures costs and saves, where they are larger than the copies in it would be.
  public struct Cache: Encodable, Sendable {
    /// Where the recipe wants it; nil where it wants none.
    public let folder: String?
    /// What its copies are like: "JPEG of quality 90, shorter side 256".
    public let format: String
    /// What it takes on the disk, beside the run directory, in bytes.
    public let diskBytes: Double
    /// The same with plain pixels.
    public let rawDiskBytes: Double
    /// What the copies add to scoring, in seconds of all decoding threads.
    public let scoringSeconds: Double
    /// What loading takes less in the student's pre-training, in seconds of all decoding threads.
    public let savedSeconds: Double
    /// A crop of a picture itself, in milliseconds of a thread.
    public let originalMilliseconds: Double
    /// A crop of its copy.
    public let cachedMilliseconds: Double

    init(_ estimate: CacheEstimate, _ recipe: Recipe, unlabelled: Int, images: Int) {
      let threads = Double(
        recipe.workers > 0 ? recipe.workers : Threads.cores)
      folder = recipe.data.cache
      format = recipe.cacheFormat.words
      diskBytes = estimate.bytes * Double(unlabelled)
      rawDiskBytes = estimate.rawBytes * Double(unlabelled)
      scoringSeconds = estimate.copying * Double(unlabelled) / threads
      savedSeconds = (estimate.original - estimate.cached) * Double(images) / threads
      originalMilliseconds = 1000 * estimate.original
      cachedMilliseconds = 1000 * estimate.cached
    }

    /// The two lines for people.
    var lines: [String] {
      let isRaw = diskBytes == rawDiskBytes
      let raw = isRaw ? "" : "; as plain pixels \(Format.bytes(rawDiskBytes))"
      let start =
        folder.map { "cache: \(Format.bytes(diskBytes)) in \($0) (\(format)\(raw))" }
        ?? "cache: --cache DIR would leave \(Format.bytes(diskBytes)) there (\(format)\(raw))"
      let saves =
        savedSeconds > 0
        ? "takes \(DryRun.time(savedSeconds)) off loading in pre-training" : "saves nothing"
      return [
        start,
        "  adds \(DryRun.time(scoringSeconds)) to scoring and \(saves): a crop takes "
          + "\(Format.significant(cachedMilliseconds, 2)) instead of "
          + "\(Format.significant(originalMilliseconds, 2)) ms of a decoding thread",
      ]
    }
  }
}
