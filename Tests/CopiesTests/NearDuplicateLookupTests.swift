import Foundation
import Testing

@testable import Copies

@Suite("Near-duplicate lookup")
struct NearDuplicateLookupTests {
  let known: [PerceptualHash]
  let queries: [PerceptualHash]

  init() {
    var draws = NearDuplicatesTests.Draws(state: 21)
    var known = (0..<2000).map { _ in draws.hash() }
    known[5] = known[3]
    known[9] = .none
    known[11] = draws.flipped(known[10], 6)
    self.known = known
    queries = (0..<1000).map { draws.flipped(known[$0], $0 % 31) } + [draws.hash(), .none]
  }

  func nearest(_ query: PerceptualHash) -> NearDuplicateLookup.Match? {
    guard query.carriesInformation else { return nil }
    var best: NearDuplicateLookup.Match?
    for row in known.indices where known[row].carriesInformation {
      let distance = known[row].distance(to: query)
      if distance <= 24, distance < best?.distance ?? .max {
        best = NearDuplicateLookup.Match(row: row, distance: distance)
      }
    }
    return best
  }

  @Test("the nearest known picture is found, the first of equal ones")
  func nearest() throws {
    let lookup = try NearDuplicateLookup(known)
    for query in queries { #expect(lookup.nearest(to: query) == nearest(query)) }
    #expect(lookup.nearest(to: known[5])?.row == 3)
    #expect(lookup.nearest(to: .none) == nil)
    #expect(try NearDuplicateLookup([]).nearest(to: known[0]) == nil)
    #expect(try NearDuplicateLookup([.none]).nearest(to: known[0]) == nil)
  }

  @Test("threads may ask at the same time")
  func threads() throws {
    let lookup = try NearDuplicateLookup(known)
    let expected = queries.map { lookup.nearest(to: $0) }
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      #expect(queries.map { lookup.nearest(to: $0) } == expected)
    }
  }

  @Test("of many known pictures close ones are certain")
  func many() throws {
    var draws = NearDuplicatesTests.Draws(state: 22)
    let many = (0..<100_000).map { _ in draws.hash() }
    let lookup = try NearDuplicateLookup(many)
    let certain = 2 * HashBlocks(rows: 2 * many.count, logPerKey: 2).blocks.count - 1
    for row in stride(from: 0, to: many.count, by: 50) {
      let distance = row % (certain + 1)
      let match = lookup.nearest(to: draws.flipped(many[row], distance))
      #expect(match == NearDuplicateLookup.Match(row: row, distance: distance))
    }
  }
}
