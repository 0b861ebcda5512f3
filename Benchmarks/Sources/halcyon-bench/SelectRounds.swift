import ArgumentParser
import Foundation
import Ranking

/// The highest K of each class from columns of scores and classes in memory, ranked.
struct SelectRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "select")

  @Option(help: "Images.")
  var images = 2_000_000

  @Option(help: "Classes of each image, P.")
  var labels = 10

  @Option(help: "Classes, L.")
  var classes = 1000

  @Option(help: "Images selected of each class, K.")
  var top = 4000

  @Option(help: "Threads.")
  var threads = 2

  @Option(help: "Selections in a round: together they take about as long as one of a peer's.")
  var selections = 8

  func run() throws {
    let blocks = try stride(from: 0, to: images, by: 4096).map { start in
      try Self.block(start..<min(start + 4096, images), labels: labels, classes: classes)
    }
    try serve(amount: Double(selections * images * labels)) {
      for _ in 0..<selections {
        let ranking = TopImagesPerClass(classes: classes, imagesPerClass: top) { "\($0)" }
        try ranking.insert(blocks, shard: 0, threads: threads)
        ranking.rank(threads: threads)
      }
    }
  }

  /// Log-odds around −column with a deviation of 3, and classes without preference: the numbers
  /// of peers/select_top.py are spread the same.
  private static func block(_ images: Range<Int>, labels: Int, classes: Int) throws -> ScoreBlock {
    var random = SplitMix(state: UInt64(images.lowerBound))
    return try ScoreBlock(
      firstPosition: images.lowerBound, keyHashes: images.map { _ in random.next() },
      scores: (0..<labels).map { column in
        images.map { _ in random.normal() * 3 - Float(column) }
      },
      classes: (0..<labels).map { _ in images.map { _ in UInt32(random.next() % UInt64(classes)) }
      },
      classCount: classes)
  }
}

/// SplitMix64 (Steele, Lea, Flood, doi:10.1145/2660193.2660195).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// About normal: the sum of four 16-bit numbers, centred, with deviation 1.
  mutating func normal() -> Float {
    let bits = next()
    let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
    return (Float(sum) / 65_536 - 2) * 3.464_102
  }
}
