import Foundation
import Testing

@testable import ImageData

@Suite("PairMixing")
struct PairMixingTests {
  /// Pictures of one colour each: 10, 20, …
  private struct Plain: ImageDataset {
    let count = 8
    var name: String { "plain" }
    var classes: [String] { [] }
    func key(at index: Int) -> String { "\(index)" }
    func label(at index: Int) -> Int? { nil }
    func read(at index: Int) throws -> EncodedImage {
      .pixels(
        Data(repeating: UInt8(10 * (index + 1)), count: 64), width: 8, height: 8, channels: 1)
    }
  }

  private func batches(
    _ mixing: PairMixing?, size: Int, from start: Int = 0, workers: Int = 2
  ) throws -> [(pixels: [UInt8], shares: [Float])] {
    let loader = try BatchLoader(
      dataset: Plain(), order: SequentialOrder(), positions: start..<8, batchSize: size,
      preset: .train(TrainPreset(size: 8, channels: 1, crop: .none, flip: 0)), mixing: mixing,
      seed: 4, workers: workers)
    var all: [(pixels: [UInt8], shares: [Float])] = []
    while let batch = try loader.next() {
      all.append((Array(batch.pixels), batch.mixed.map(\.share)))
    }
    return all
  }

  @Test("Mixup fades neighbours into each other by their share, rounded to whole bytes")
  func mixup() throws {
    for batch in try batches(PairMixing(mixup: 1), size: 4) {
      for pair in 0..<2 {
        let share = batch.shares[2 * pair]
        #expect(batch.shares[2 * pair + 1] == share)
        let (a, b) = (batch.pixels[pair * 128], batch.pixels[pair * 128 + 64])
        #expect(Set(batch.pixels[pair * 128..<pair * 128 + 64]).count == 1)
        // Both sum to what they were, and the first moved towards the second by 10 (1 - share).
        #expect((Int(a) + Int(b)) % 20 == 10)
        let whole = (Int(a) + Int(b) - 10) / 2
        #expect(abs(Float(a) - (Float(whole) + 10 * (1 - share))) <= 0.5)
      }
    }
  }

  @Test("CutMix exchanges a rectangle, and the share is what is left of a picture")
  func cutmix() throws {
    var patched = 0
    for batch in try batches(PairMixing(cutmix: 1), size: 8) {
      for row in 0..<8 {
        let own = UInt8(10 * (row + 1)), other = UInt8(10 * ((row ^ 1) + 1))
        let pixels = batch.pixels[row * 64..<row * 64 + 64]
        #expect(pixels.allSatisfy { $0 == own || $0 == other })
        #expect(Float(pixels.count { $0 == own }) / 64 == batch.shares[row])
        let places = pixels.enumerated().filter { $0.element == other }.map(\.offset)
        let rows = Set(places.map { $0 / 8 }), columns = Set(places.map { $0 % 8 })
        #expect(rows.count * columns.count == places.count)
        if !places.isEmpty { patched += 1 }
      }
    }
    #expect(patched >= 4)
  }

  @Test("any parts, workers and first position give the same pictures and shares")
  func function() throws {
    let mixing = PairMixing(mixup: 0.2, cutmix: 1)
    let whole = try batches(mixing, size: 8)[0]
    for size in [2, 4] {
      let parts = try batches(mixing, size: size, workers: 1)
      #expect(parts.flatMap(\.pixels) == whole.pixels)
      #expect(parts.flatMap(\.shares) == whole.shares)
    }
    let rest = try batches(mixing, size: 2, from: 6)
    #expect(rest.flatMap(\.pixels) == Array(whole.pixels[6 * 64..<8 * 64]))
    #expect(try batches(nil, size: 8)[0].shares.isEmpty)
    #expect(PairMixing(mixup: 0, cutmix: 0) == nil)
  }

  @Test("with both, either comes half of the time")
  func either() throws {
    let mixing = try #require(PairMixing(mixup: 0.4, cutmix: 1))
    let faded = (0..<2000).count { pair in
      if case .faded = mixing.mix(at: pair, size: 28, seed: 9) { true } else { false }
    }
    #expect(isEven([faded, 2000 - faded], total: 2000))
  }

  @Test(
    "shares have the mean and the variance of Beta(α, α)", arguments: [0.1, 0.4, 0.5, 0.8, 1, 4])
  func beta(alpha: Double) {
    let values = (0..<20_000).map { sample in
      var random = CounterRandom(seed: 3, pass: 0, sample: sample)
      return random.symmetricBeta(alpha)
    }
    #expect(values.allSatisfy { 0...1 ~= $0 })
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / 20_000
    // Of Beta(α, α) the mean is 1/2 and the variance 1 / (4 (2α + 1)); at most 1/4, so that a mean of
    // 20,000 deviates by 0.0035.
    #expect(abs(mean - 0.5) < 0.0177)
    #expect(abs(variance - 1 / (4 * (2 * alpha + 1))) < 0.006)
  }

  @Test("in parts of an odd number the last picture stays as it is, however parts make up batches")
  func odd() throws {
    let mixing = PairMixing(mixup: 1, within: 3)
    let parts = try batches(mixing, size: 3)
    let alone = parts.flatMap(\.shares).enumerated().filter { $0.element == 1 }.map(\.offset)
    #expect(alone == [2, 5])
    #expect(try batches(mixing, size: 6).flatMap(\.pixels) == parts.flatMap(\.pixels))
    #expect(throws: ImageDataError.self) { try batches(PairMixing(mixup: 1, within: 0), size: 2) }
  }
}
