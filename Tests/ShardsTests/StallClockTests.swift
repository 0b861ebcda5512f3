import Testing

@testable import Shards

@Suite("StallClock")
struct StallClockTests {
  private static let second = 1_000_000_000

  @Test("a stall is so many seconds in a row with fewer than 1,000 bytes each")
  func stalls() {
    var clock = StallClock()
    for number in 1...30 {
      #expect(!clock.isStalled(for: 30))
      // Ten answers a second, of 99 bytes each.
      for _ in 0..<10 { clock.add(nanoseconds: Self.second / 10, bytes: 99) }
      #expect(clock.isStalled(for: number))
    }
    #expect(clock.isStalled(for: 30))
    clock.add(nanoseconds: Self.second, bytes: 1000)
    #expect(!clock.isStalled(for: 1))
  }

  @Test("one good second in between is no stall")
  func interrupted() {
    var clock = StallClock()
    for second in 0..<300 {
      clock.add(nanoseconds: Self.second, bytes: second % 29 == 28 ? 1000 : 0)
      #expect(!clock.isStalled(for: 30))
    }
  }

  @Test("bytes that nobody had to wait for are no stall, however few and seldom")
  func seldom() {
    var clock = StallClock()
    for _ in 0..<100_000 { clock.add(nanoseconds: 1000, bytes: 1) }
    #expect(!clock.isStalled(for: 1))
  }
}
