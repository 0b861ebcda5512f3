import Testing

@testable import Copies

@Suite("Duplicate rows")
struct DuplicateRowsTests {
  /// A picture of bytes number `bytes` that shows `shown` with some bits changed.
  func picture(_ bytes: Int, shows shown: Int, but bits: Int = 0) -> ImageContents {
    ImageContents(
      contentHash: ContentHash.Prefix(first: UInt64(bytes), second: 1),
      // Two numbers below 4 differ in 64 bits or more.
      perceptualHash: PerceptualHash(
        whole: Fingerprint(
          low: (shown & 1 == 0 ? 0xF0F0 : ~0xF0F0) ^ (1 << UInt64(bits) - 1),
          high: shown & 2 == 0 ? 0xABCD : ~0xABCD),
        inner: .none),
      width: 10, height: 10)
  }

  func drop(
    _ row: Int, for original: Int, _ kind: DuplicateRows.Kind
  ) -> DuplicateRows.Duplicate {
    DuplicateRows.Duplicate(row: row, original: original, kind: kind)
  }

  @Test("the first of equal and of near pictures stays")
  func both() throws {
    let rows = [
      picture(1, shows: 0), picture(2, shows: 1), picture(1, shows: 0),
      picture(3, shows: 0, but: 7), picture(4, shows: 2), picture(2, shows: 1),
      picture(3, shows: 0, but: 7), picture(5, shows: 2, but: 30),
    ]
    #expect(
      try DuplicateRows.find(in: rows) == [
        drop(2, for: 0, .exact), drop(3, for: 0, .near(distance: 7)), drop(5, for: 1, .exact),
        drop(6, for: 0, .near(distance: 7)),
      ])
    #expect(
      try DuplicateRows.find(in: rows, within: nil) == [
        drop(2, for: 0, .exact), drop(5, for: 1, .exact), drop(6, for: 3, .exact),
      ])
  }

  @Test("every original is a row that stays")
  func originalsStay() throws {
    // A line of pictures, each 10 bits from the next; row 0 is near rows 1 and 2 only.
    let rows = (0..<6).map { picture($0 + 1, shows: 0, but: 10 * $0) }
    let found = try DuplicateRows.find(in: rows)
    #expect(
      found == [
        drop(1, for: 0, .near(distance: 10)), drop(2, for: 0, .near(distance: 20)),
        drop(4, for: 3, .near(distance: 10)), drop(5, for: 3, .near(distance: 20)),
      ])
    let dropped = Set(found.map(\.row))
    #expect(found.allSatisfy { !dropped.contains($0.original) })
  }

  @Test("unreadable rows and flat pictures are no copies of each other")
  func unreadable() throws {
    let flat = (1...3).map {
      ImageContents(
        contentHash: ContentHash.Prefix(first: UInt64($0), second: 0), perceptualHash: .none,
        width: 4, height: 4)
    }
    let rows = [.unreadable, .unreadable] + flat + [flat[1]]
    #expect(try DuplicateRows.find(in: rows) == [drop(5, for: 3, .exact)])
    #expect(try DuplicateRows.find(in: []).isEmpty)
  }

  /// Pictures of which half are copies: of the same bytes, of the same hash, or of a near one.
  static func made(_ count: Int) -> [ImageContents] {
    var draws = NearDuplicatesTests.Draws(state: 31)
    var rows: [ImageContents] = []
    for number in 0..<count {
      var row = ImageContents(
        contentHash: .init(first: draws.word(), second: draws.word()),
        perceptualHash: draws.hash(), width: 100, height: 100)
      let original = number == 0 ? .unreadable : rows[Int(draws.word() % UInt64(number))]
      if number % 2 == 1, original.isReadable {
        row.perceptualHash = draws.flipped(original.perceptualHash, number % 26)
        if number % 4 == 1 { row.perceptualHash = original.perceptualHash }
        if number % 8 == 1 { row.contentHash = original.contentHash }
      }
      if number % 50 == 49 { row = .unreadable }
      if number % 50 == 48 { row.perceptualHash = .none }
      rows.append(row)
    }
    return rows
  }

  @Test("what goes is what comparing every row with every earlier one finds")
  func plainly() throws {
    let rows = Self.made(1500)
    let hashes = rows.map(\.perceptualHash)
    var copies: [Int: Int] = [:]  // rows of the same bytes, and the first of them
    var near: [Int: (original: Int, distance: Int)] = [:]
    var expected: [DuplicateRows.Duplicate] = []
    for row in rows.indices where rows[row].isReadable {
      let same = (0..<row).first { rows[$0].contentHash == rows[row].contentHash }
      if let same {
        copies[row] = same
        expected.append(
          near[same].map { drop(row, for: $0.original, .near(distance: $0.distance)) }
            ?? drop(row, for: same, .exact))
        continue
      }
      guard hashes[row].carriesInformation else { continue }
      let earlier = (0..<row).filter { copies[$0] == nil && rows[$0].isReadable }
      if let twin = earlier.first(where: { hashes[$0] == hashes[row] }) {
        near[row] = near[twin] ?? (twin, 0)
      } else if let original = earlier.first(where: {
        near[$0] == nil && hashes[$0].distance(to: hashes[row]) <= 24
      }) {
        near[row] = (original, hashes[original].distance(to: hashes[row]))
      }
      if let found = near[row] {
        expected.append(drop(row, for: found.original, .near(distance: found.distance)))
      }
    }
    #expect(expected.count > 600)
    #expect(try DuplicateRows.find(in: rows) == expected)
  }
}
