import Files
import Foundation
import TestSupport
import Testing

@testable import Copies

@Suite("Ordered contents")
struct OrderedContentsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Every row once, in an order that has nothing to do with theirs.
  func order(_ count: Int) -> [UInt32] {
    (0..<UInt32(count)).sorted {
      SplitMix64.finalized(UInt64($0)) < SplitMix64.finalized(UInt64($1))
    }
  }

  func ordered(_ rows: [ImageContents], _ order: [UInt32]) throws -> OrderedContents {
    try OrderedContents(order: order, in: folder.path, threads: 3) { range, note in
      for row in range { try note(rows[row]) }
    }
  }

  @Test("copies are the same from a file and from memory")
  func copies() throws {
    let rows = DuplicateRowsTests.made(1500), order = order(rows.count)
    let contents = try ordered(rows, order)
    #expect(contents.count == 1500)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let sorted = order.map { rows[Int($0)] }
    for distance in [nil, 10, 24] {
      let copies = try DuplicateRows.find(in: contents, within: distance, threads: 2)
      #expect(copies.count > 100)
      #expect(try copies == DuplicateRows.find(in: sorted, within: distance))
    }
  }

  @Test("many pictures come to their places, by whichever thread")
  func places() throws {
    // More than two ranges of 2^16 rows, and ten parts of 2^14.
    let order = order(150_000)
    let contents = try OrderedContents(order: order, in: folder.path, threads: 4) { range, note in
      for row in UInt64(range.lowerBound)..<UInt64(range.upperBound) {
        try note(
          ImageContents(
            contentHash: .init(first: row, second: ~row),
            perceptualHash: PerceptualHash(
              whole: Fingerprint(low: row + 1, high: row + 2),
              inner: Fingerprint(low: row + 3, high: row + 4)),
            width: 1, height: 1))
      }
    }
    var wrong = 0
    try contents.contentHashes.forEach(in: 0..<order.count) { place, hash in
      let row = UInt64(order[place])
      wrong += hash == .init(first: row, second: ~row) ? 0 : 1
    }
    try contents.perceptualHashes.forEach(in: 0..<order.count) { place, hash in
      let row = UInt64(order[place])
      let expected = PerceptualHash(
        whole: Fingerprint(low: row + 1, high: row + 2),
        inner: Fingerprint(low: row + 3, high: row + 4))
      wrong += hash == expected ? 0 : 1
    }
    #expect(wrong == 0)
    let last = UInt64(order[149_999])
    #expect(try contents.contentHashes.value(at: 149_999).first == last)
  }

  @Test("no pictures have no copies")
  func empty() throws {
    #expect(try DuplicateRows.find(in: ordered([], [])).isEmpty)
  }

  @Test("what is no order, too few or too many pictures, and a missing folder are refused")
  func refusals() throws {
    let rows = DuplicateRowsTests.made(3)
    for order: [UInt32] in [[0, 1, 1], [0, 1, 3], [1, 2, .max]] {
      #expect(throws: CopiesError.self) { try ordered(rows, order) }
    }
    for count in [2, 4] {
      #expect(throws: CopiesError.self) {
        try OrderedContents(order: [2, 0, 1], in: folder.path) { _, note in
          for _ in 0..<count { try note(rows[0]) }
        }
      }
    }
    let missing = folder.path + "/missing"
    let error = #expect(throws: FileError.self) {
      try OrderedContents(order: [0], in: missing) { _, note in try note(rows[0]) }
    }
    #expect(error?.description.hasPrefix("cannot write \(missing)/") == true)
    #expect(throws: CancellationError.self) {
      try OrderedContents(order: [2, 0, 1], in: folder.path) { _, _ in throw CancellationError() }
    }
  }
}
