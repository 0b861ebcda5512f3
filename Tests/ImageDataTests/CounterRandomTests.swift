import Testing

@testable import ImageData

@Suite("CounterRandom")
struct CounterRandomTests {
  struct KnownAnswer: Sendable {
    let counter: SIMD4<UInt32>
    let key: SIMD2<UInt32>
    let answer: SIMD4<UInt32>
  }

  // Random123's kat_vectors, philox4x32 with 10 rounds.
  static let knownAnswers = [
    KnownAnswer(
      counter: SIMD4(0, 0, 0, 0), key: SIMD2(0, 0),
      answer: SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
    KnownAnswer(
      counter: SIMD4(repeating: 0xffff_ffff), key: SIMD2(repeating: 0xffff_ffff),
      answer: SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)),
    KnownAnswer(
      counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      key: SIMD2(0xa409_3822, 0x299f_31d0),
      answer: SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)),
  ]

  @Test("Philox gives the published answers", arguments: knownAnswers)
  func published(_ known: KnownAnswer) {
    #expect(CounterRandom.philox(counter: known.counter, key: known.key) == known.answer)
  }

  @Test("draws are a function of seed, pass and sample, and differ with each of them")
  func keys() {
    func draws(_ seed: UInt64, _ pass: Int, _ sample: Int) -> [UInt32] {
      var random = CounterRandom(seed: seed, pass: pass, sample: sample)
      return (0..<9).map { _ in random.next() }
    }
    let first = draws(1, 2, 3)
    #expect(first == draws(1, 2, 3))
    #expect(Set(first).count == 9)
    let others = [draws(2, 2, 3), draws(1, 3, 3), draws(1, 2, 4), draws(1, 2, 3 + 1 << 32)]
    for other in others + [draws(1 + 1 << 32, 2, 3)] {
      #expect(Set(first).isDisjoint(with: other))
    }
  }

  @Test("uniform numbers, whole numbers and chances are spread evenly")
  func spread() {
    var random = CounterRandom(seed: 5, pass: 0, sample: 0)
    let count = 40_000
    var quarters = [Int](repeating: 0, count: 4), sevenths = [Int](repeating: 0, count: 7)
    var hits = 0
    for _ in 0..<count {
      let value = random.uniform(in: -3...5)
      quarters[min(3, Int((value + 3) / 2))] += 1
      sevenths[random.integer(below: 7)] += 1
      hits += random.happens(0.3) ? 1 : 0
    }
    #expect(isEven(quarters, total: count))
    #expect(isEven(sevenths, total: count))
    #expect(isEven([hits, count - hits], total: count, shares: [0.3, 0.7]))
  }
}

/// Whether counts are within five standard deviations of their shares.
func isEven(_ counts: [Int], total: Int, shares: [Double]? = nil) -> Bool {
  let shares = shares ?? counts.map { _ in 1 / Double(counts.count) }
  return zip(counts, shares).allSatisfy { count, share in
    let deviation = (Double(total) * share * (1 - share)).squareRoot()
    return abs(Double(count) - Double(total) * share) <= 5 * deviation
  }
}
