import Copies
import Foundation
import Testing

@testable import ImageData

private let photos = ProcessInfo.processInfo.environment["HALCYON_PHOTOS"]

extension LoaderTests {
  /// Real photographs, where HALCYON_PHOTOS names a folder of some.
  @Suite("Photographs", .enabled(if: photos != nil, "HALCYON_PHOTOS names no folder"))
  struct PhotographTests {
    let dataset: FolderDataset
    let decoder: ImageDecoder

    init() throws {
      dataset = try FolderDataset(root: photos ?? "", unlabelled: true)
      decoder = try ImageDecoder()
    }

    @Test("every photograph decodes to the size that its header gives")
    func decodes() throws {
      for index in 0..<dataset.count {
        let image = try dataset.read(at: index)
        let header = try ImageHeader(of: image.bytes, key: dataset.key(at: index))
        let (pixels, width, height) = try decoder.pixels(of: image, key: dataset.key(at: index))
        #expect(width == header.width && height == header.height)
        #expect(pixels.count == width * height * 3)
        #expect(Set(pixels.prefix(3 * width * (height / 2 + 1))).count > 8, "a blank picture")
      }
    }

    @Test("a training crop stays close to the one cut from the wholly decoded photograph")
    func trainCrops() throws {
      let preset = Preset.train(TrainPreset(size: 224))
      var errors: [Double] = []
      for index in 0..<min(dataset.count, 200) {
        let image = try dataset.read(at: index)
        let whole = try decoder.pixels(of: image)
        let plain = EncodedImage.pixels(
          Data(whole.pixels), width: whole.width, height: whole.height, channels: 3)
        let random = CounterRandom(seed: 1, pass: 0, sample: index)
        let fast = try decoder.rendered(image, preset, random: random)
        let exact = try decoder.rendered(plain, preset, random: random)
        let sum = zip(fast, exact).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        errors.append(Double(sum) / Double(exact.count))
        #expect((errors.last ?? 0) < 8, "\(dataset.key(at: index))")
      }
      #expect(errors.reduce(0, +) / Double(errors.count) < 1)
    }

    @Test("any number of workers gives the same batches")
    func workers() throws {
      func bytes(_ workers: Int) throws -> [ContentHash] {
        let loader = try BatchLoader(
          dataset: dataset, order: ShuffledOrder(count: dataset.count, seed: 2), positions: 0..<100,
          batchSize: 16, preset: .train(TrainPreset(size: 96)), seed: 2, workers: workers)
        var hashes: [ContentHash] = []
        while let batch = try loader.next() { hashes.append(ContentHash(of: Data(batch.pixels))) }
        return hashes
      }
      let one = try bytes(1)
      #expect(one.count == 7)
      #expect(try bytes(2) == one)
      #expect(try bytes(5) == one)
    }
  }
}
