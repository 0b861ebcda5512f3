import Foundation
import ImageData
import Testing

@testable import Pipeline

@Suite("Made tags")
struct MakeTagsTests {
  private static let classes = ["Ankle boot", "Bag", "Coat", "T-shirt/top"]

  private func made(_ settings: TagSettings, count: Int) throws -> [TagGenerator.Tags] {
    let generator = try TagGenerator(settings, classes: Self.classes)
    return (0..<count).map { generator.tags(of: $0, label: $0 % 4) }
  }

  /// Within 5 standard deviations of a binomial distribution.
  private func isNear(_ count: Int, _ share: Double, of all: Int) -> Bool {
    abs(Double(count) - share * Double(all)) < 5 * (share * (1 - share) * Double(all)).squareRoot()
  }

  @Test("a quarter is missing, of the others three in ten are wrong, all other classes alike")
  func statistics() throws {
    let count = 20_000
    let tags = try made(TagSettings(), count: count)
    #expect(isNear(tags.count { $0.class == nil }, 0.25, of: count))
    let right = tags.enumerated().count { $1.class == $0 % 4 }
    #expect(isNear(right, 0.75 * 0.7, of: count))
    for step in 1...3 {
      let wrong = tags.enumerated().count { $1.class == ($0 + step) % 4 }
      #expect(isNear(wrong, 0.75 * 0.3 / 3, of: count))
    }
  }

  @Test("one to three tags alike; words follow Zipf's law")
  func words() throws {
    let count = 30_000
    var settings = TagSettings()
    (settings.words, settings.exponent, settings.missing) = (50, 1, 0)
    let tags = try made(settings, count: count)
    // The first word of each picture with any: 2 or 3 tags of 1 to 3.
    let first = tags.compactMap(\.words.first)
    #expect(isNear(first.count, 2.0 / 3, of: count))
    let harmonic = (1...50).reduce(0.0) { $0 + 1 / Double($1) }
    for rank in [1, 2, 5, 20] {
      let found = first.count { $0 == rank - 1 }
      #expect(isNear(found, 1 / Double(rank) / harmonic, of: first.count), "rank \(rank)")
    }
    #expect(tags.allSatisfy { $0.names.count == $0.words.count + 1 && $0.names.count <= 3 })
    #expect(tags.allSatisfy { Set($0.words).count == $0.words.count })
  }

  @Test(
    "without noise, gaps and words each picture has the tag of its class; a seed decides the rest")
  func exact() throws {
    var settings = TagSettings()
    (settings.noise, settings.missing, settings.tagsPerImage) = (0, 0, 1)
    #expect(
      try made(settings, count: 4).map(\.names) == [
        ["ankle_boot"], ["bag"], ["coat"], ["t-shirt/top"],
      ])
    let some = try made(TagSettings(), count: 100)
    #expect(try made(TagSettings(), count: 100) == some)
    var other = TagSettings()
    other.seed = 1
    #expect(try made(other, count: 100) != some)
    // A picture's tags do not depend on how many there are.
    #expect(try made(TagSettings(), count: 40) == Array(some.prefix(40)))
  }

  @Test("one class, or two whose names are one tag, are refused")
  func refused() throws {
    for names in [["a"], ["Ankle boot", "ankle,boot"]] {
      #expect(throws: PipelineError.self) { try TagGenerator(TagSettings(), classes: names) }
    }
  }
}
