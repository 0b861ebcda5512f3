import Files
import Foundation
import TestSupport
import Testing

@testable import ImageData

/// What torchvision and Pillow make of pictures: `Tests/Reference/augment.json`, written by augment.py.
@Suite("AutoAugment")
struct AutoAugmentTests {
  private struct Reference: Decodable {
    let pictures: [String: [Field]]
    let magnitudes: [String: [Double]]
    let results: [[Field]]
  }

  /// A number or a text of the reference.
  private enum Field: Decodable {
    case number(Int)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    var number: Int {
      get throws { if case .number(let number) = self { number } else { throw Mistake() } }
    }
    var text: String {
      get throws { if case .text(let text) = self { text } else { throw Mistake() } }
    }
    struct Mistake: Error {}
  }

  private let reference: Reference

  init() throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    reference = try JSONDecoder().decode(
      Reference.self,
      from: Data(contentsOf: URL(fileURLWithPath: tests.path + "/Reference/augment.json")))
  }

  /// The pictures of augment.py, by its rule.
  private func pixels(_ name: String) throws -> [UInt8] {
    let (seed, low, high) = try #require(
      ["grey": (1, 0, 255), "colour": (2, 0, 255), "pale": (3, 90, 140)][name])
    let size = try size(of: name), channels = try channels(of: name)
    var state = UInt32(seed)
    var values: [UInt8] = []
    for y in 0..<size {
      for x in 0..<size {
        for c in 0..<channels {
          state = state &* 1_664_525 &+ 1_013_904_223
          let smooth = (x * (3 + c) + y * (5 - c)) % 97 + ((x / 7 + y / 5) % 2 == 1 ? 80 : 0)
          let value = (smooth + Int(state >> 24) / 8) % 256
          values.append(UInt8(low + value * (high - low) / 255))
        }
      }
    }
    return values
  }

  private func size(of name: String) throws -> Int {
    try #require(reference.pictures[name])[0].number
  }
  private func channels(of name: String) throws -> Int {
    try #require(reference.pictures[name])[1].number
  }

  private func sum(_ bytes: [UInt8]) -> String {
    String(Checksum.sha256(Data(bytes)).prefix(16))
  }

  private func operated(
    _ pixels: [UInt8], _ operation: AugmentationOperation, _ magnitude: Double, size: Int,
    channels: Int
  ) throws -> [UInt8] {
    var pixels = pixels
    var room = [UInt8](repeating: 7, count: pixels.count)
    try pixels.withUnsafeMutableBufferPointer { pixels in
      try room.withUnsafeMutableBufferPointer { room in
        operation.apply(
          magnitude, to: try #require(pixels.baseAddress), size: size, channels: channels,
          room: try #require(room.baseAddress))
      }
    }
    return pixels
  }

  @Test("every operation gives Pillow's bytes, grey and in colour, at every magnitude and sign")
  func operations() throws {
    #expect(reference.results.count == 1347)
    var seen: Set<AugmentationOperation> = []
    for result in reference.results {
      let name = try result[0].text
      let operation = try #require(AugmentationOperation(rawValue: try result[1].text))
      let (bins, step, sign) = try (result[2].text, result[3].number, result[4].number)
      let (size, channels) = (try size(of: name), try channels(of: name))
      let steps = try #require(reference.magnitudes["\(operation)/\(bins)/\(size)"])
      let magnitude = steps[step] * Double(sign)
      let made = try operated(pixels(name), operation, magnitude, size: size, channels: channels)
      let expected = try result[5].text
      #expect(sum(made) == expected, "\(name) \(operation) \(step) of \(bins), \(sign)")
      seen.insert(operation)
    }
    #expect(seen.count == AugmentationOperation.allCases.count)
  }

  @Test(
    "magnitudes are those of torchvision's tables, but for the last bit, which torch's vectors decide"
  )
  func magnitudes() throws {
    #expect(reference.magnitudes.count == 3 * 14 * 3)
    for (key, values) in reference.magnitudes {
      let parts = key.split(separator: "/").map(String.init)
      let operation = try #require(AugmentationOperation(rawValue: parts[0]))
      let (bins, size) = (
        try #require(Int(parts[1].prefix { $0 != " " })), try #require(Int(parts[2]))
      )
      for (step, value) in values.enumerated() {
        let magnitude = operation.magnitude(
          step, of: bins, size: size, isWide: parts[1].hasSuffix("wide"))
        #expect(abs(magnitude - value) <= 2e-7 * value, "\(key) \(step)")
      }
    }
  }

  @Test("RandAugment draws any of 14 operations as often as any other, each sign half of the time")
  func randAugment() {
    var counts: [AugmentationOperation: Int] = [:]
    var negative = 0, signed = 0
    let policy = AutoAugment.randAugment(operations: 3, magnitude: 9)
    for sample in 0..<4000 {
      var random = CounterRandom(seed: 5, pass: 0, sample: sample)
      let drawn = policy.draw(&random, size: 28)
      #expect(drawn.count == 3)
      for (operation, magnitude) in drawn {
        counts[operation, default: 0] += 1
        #expect(abs(magnitude) == operation.magnitude(9, of: 31, size: 28))
        guard operation.isSigned else { continue }
        signed += 1
        if magnitude < 0 { negative += 1 }
      }
    }
    #expect(counts[.invert] == nil)
    #expect(counts.count == 14)
    #expect(isEven(Array(counts.values), total: 12_000))
    #expect(isEven([negative, signed - negative], total: signed))
  }

  @Test("TrivialAugment draws one operation of any magnitude, as often as any other")
  func trivialAugment() {
    var counts: [AugmentationOperation: Int] = [:]
    var turns: [Double: Int] = [:]
    for sample in 0..<20_000 {
      var random = CounterRandom(seed: 8, pass: 0, sample: sample)
      let drawn = AutoAugment.trivialAugment.draw(&random, size: 28)
      #expect(drawn.count == 1)
      counts[drawn[0].operation, default: 0] += 1
      if drawn[0].operation == .rotate { turns[abs(drawn[0].magnitude), default: 0] += 1 }
    }
    #expect(isEven(Array(counts.values), total: 20_000))
    #expect(counts.count == 14)
    // 0, 4.5, … 135 degrees.
    #expect(turns.keys.sorted() == (0...30).map { 4.5 * Double($0) })
    #expect(isEven(Array(turns.values), total: counts[.rotate] ?? 0))
  }

  @Test("a policy's pairs come evenly, each operation as often as it says")
  func policies() {
    #expect(AutoAugment.imagenetPolicies.count == 25)
    #expect(AutoAugment.cifar10Policies.count == 25)
    // Of the ImageNet policy three pairs have a Posterize: 0.4, 0.6 and 0.6, 0.8, and one has 0.4.
    let expected = (0.4 + 0.6 + 0.6 + 0.8 + 0.4) / 25
    var count = 0
    for sample in 0..<10_000 {
      var random = CounterRandom(seed: 6, pass: 1, sample: sample)
      count += AutoAugment.imagenet.draw(&random, size: 28).count { $0.operation == .posterize }
    }
    // 10,000 draws of a probability near 0.1: a standard deviation of some 33.
    #expect(abs(Double(count) - 10_000 * expected) < 165)
  }

  @Test(
    "operations come after crop and flip and before erasing, and none leaves other draws as they were"
  )
  func place() throws {
    let decoder = try ImageDecoder()
    let picture = EncodedImage.pixels(Data(1...36), width: 6, height: 6, channels: 1)
    func rendered(_ autoAugment: AutoAugment?, erasing: Double = 0) throws -> [[UInt8]] {
      let preset = Preset.train(
        TrainPreset(
          size: 6, channels: 1, crop: .padded(1), flip: 0.5, autoAugment: autoAugment,
          erasing: .init(probability: erasing, fill: [200])))
      return try (0..<50).map {
        try decoder.rendered(picture, preset, random: CounterRandom(seed: 1, pass: 0, sample: $0))
      }
    }
    let plain = try rendered(nil)
    #expect(try rendered(.randAugment(operations: 0, magnitude: 9)) == plain)
    #expect(try rendered(.cifar10) != plain)
    // What is erased keeps its colour, whatever was done to the rest.
    let erased = try rendered(.randAugment(operations: 2, magnitude: 30), erasing: 1)
    #expect(erased.filter { $0.contains(200) }.count > 40)
  }
}
