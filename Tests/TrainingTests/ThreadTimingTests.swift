import Testing

@testable import Training

@Suite("Numbers of threads that are timed")
struct ThreadTimingTests {
  /// What a timing makes of rounds of 64 images at the speeds that `speed` says a number of threads has.
  private func run(
    _ timing: inout ThreadTiming, rounds: Int, _ speed: (Int) -> Double
  ) -> (used: [Int], changes: [ThreadTiming.Change]) {
    var used: [Int] = []
    var changes: [ThreadTiming.Change] = []
    for _ in 0..<rounds {
      used.append(timing.threads)
      let seconds = 64 / speed(timing.threads)
      if let change = timing.note(amount: 64, seconds: seconds) { changes.append(change) }
    }
    return (used, changes)
  }

  @Test("all, half and one are tried, each once; two of two, and one alone")
  func candidates() {
    #expect(ThreadTiming(upTo: 8).candidates == [1, 4, 8])
    #expect(ThreadTiming(upTo: 3).candidates == [1, 3])
    #expect(ThreadTiming(upTo: 2).candidates == [1, 2])
    #expect(ThreadTiming(upTo: 1).candidates == [1])
  }

  @Test("each is timed for three rounds after one that is not counted, and the fastest goes on")
  func fastest() {
    var timing = ThreadTiming(upTo: 8)
    // 0.16 s, 0.08 s and 0.1 s a round.
    let rounds = run(&timing, rounds: 20) { [1: 400.0, 4: 800, 8: 640][$0] ?? 0 }
    #expect(
      rounds.used == Array(repeating: 8, count: 4) + [4, 4, 4, 4, 1, 1, 1, 1]
        + Array(repeating: 4, count: 8))
    #expect(timing.speed == 800)
    #expect(rounds.changes.isEmpty)
  }

  @Test("of rounds of half a second and more one is enough")
  func long() {
    var timing = ThreadTiming(upTo: 8)
    // 0.8 s, 0.4 s and 0.5 s a round.
    let rounds = run(&timing, rounds: 12) { [1: 80.0, 4: 160, 8: 128][$0] ?? 0 }
    #expect(rounds.used == [8, 8] + [4, 4, 4] + [1, 1] + [4, 4, 4, 4, 4])
    #expect(timing.speed == 160)
  }

  @Test("short rounds are timed for a tenth of a second")
  func short() {
    var timing = ThreadTiming(upTo: 2)
    // 0.015625 s a round: six are 0.09375 s, seven are enough.
    let rounds = run(&timing, rounds: 20) { _ in 4096 }
    #expect(rounds.used.prefix(16) == [2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1])
  }

  @Test("threads that are hardly faster are left to others")
  func worthwhile() {
    var timing = ThreadTiming(upTo: 2)
    _ = run(&timing, rounds: 20) { $0 == 1 ? 200 : 205 }
    #expect(timing.threads == 1)
    timing = ThreadTiming(upTo: 2)
    _ = run(&timing, rounds: 20) { $0 == 1 ? 200 : 207 }
    #expect(timing.threads == 2)
  }

  @Test("at less than a third of the speed they are timed again, once, and that is told")
  func slow() {
    var timing = ThreadTiming(upTo: 2)
    _ = run(&timing, rounds: 8) { $0 == 1 ? 300 : 400 }
    #expect(timing.threads == 2)
    // A little more than a third is borne.
    #expect(run(&timing, rounds: 50) { _ in 140 }.changes.isEmpty)
    let rounds = run(&timing, rounds: 100) { $0 == 1 ? 150 : 100 }
    #expect(
      rounds.changes
        == [
          .init(
            reason: .fell, was: 400, became: 100, before: 2, threads: 1, speed: 150, candidates: 2)
        ])
    #expect(timing.threads == 1)
    // What was measured then is what later speeds are compared with.
    #expect(run(&timing, rounds: 100) { _ in 60 }.changes.isEmpty)
    #expect(run(&timing, rounds: 100) { _ in 40 }.changes.count == 1)
  }

  @Test("at half more than the speed of fewer threads than there are they are timed again")
  func risen() {
    var timing = ThreadTiming(upTo: 2)
    _ = run(&timing, rounds: 8) { $0 == 1 ? 128 : 64 }
    #expect(timing.threads == 1)
    #expect(run(&timing, rounds: 50) { _ in 180 }.used.allSatisfy { $0 == 1 })
    let rounds = run(&timing, rounds: 100) { $0 == 1 ? 256 : 512 }
    #expect(
      rounds.changes
        == [
          .init(
            reason: .rose, was: 128, became: 256, before: 1, threads: 2, speed: 512, candidates: 2)
        ])
    // Of all threads there is nothing to time, but what they have reached is what they may fall from.
    #expect(run(&timing, rounds: 100) { _ in 1024 }.used.allSatisfy { $0 == 2 })
    #expect(timing.speed == 1024)
    #expect(run(&timing, rounds: 100) { _ in 256 }.changes.first?.was == 1024)
  }

  @Test("fewer threads since the work was slow are timed against more after five minutes, then ten")
  func due() {
    var timing = ThreadTiming(upTo: 2)
    _ = run(&timing, rounds: 8) { $0 == 1 ? 256 : 512 }
    // Something else takes a core. A round of one thread takes 0.25 s.
    let beside = { (threads: Int) in threads == 1 ? 256.0 : 128 }
    #expect(run(&timing, rounds: 30, beside).changes.map(\.threads) == [1])
    #expect(run(&timing, rounds: 1100, beside).used.allSatisfy { $0 == 1 })
    let tried = run(&timing, rounds: 200, beside)
    #expect(tried.used.contains(2) && timing.threads == 1 && tried.changes.isEmpty)
    #expect(run(&timing, rounds: 2200, beside).used.allSatisfy { $0 == 1 })
    // It has left, which one thread does not see.
    let freed = run(&timing, rounds: 300) { $0 == 1 ? 256 : 512 }
    #expect(
      freed.changes
        == [
          .init(
            reason: .due, was: 256, became: 256, before: 1, threads: 2, speed: 512, candidates: 2)
        ])
    #expect(run(&timing, rounds: 10_000) { $0 == 1 ? 256 : 512 }.used.allSatisfy { $0 == 2 })
  }

  @Test("one round that hangs is no fallen speed")
  func spike() {
    var timing = ThreadTiming([2])
    _ = run(&timing, rounds: 10) { _ in 640 }
    // 384 images in 2.5 s, then as before.
    var round = 0
    let rounds = run(&timing, rounds: 40) { _ in
      round += 1
      return round == 20 ? 32 : 640
    }
    #expect(rounds.changes.isEmpty)
  }

  @Test("the line says what was made of it, or what could be; one thread cannot do anything")
  func lines() {
    let runtime = Runtime()
    func line(
      _ before: Int, _ threads: Int, of candidates: Int, sharing: Int = 1,
      because reason: ThreadTiming.Reason = .fell
    ) -> String? {
      ThreadTiming.Change(
        reason: reason, was: 3200, became: 900, before: before, threads: threads, speed: 1500,
        candidates: candidates
      ).line(unit: "img", sharing: sharing, runtime)
    }
    #expect(
      line(1, 2, of: 2, because: .rose)
        == "the speed had risen from 3,200 to 900 img/s, so the threads were timed again: 2 instead of 1 "
        + "from now on, 1,500 img/s")
    #expect(
      line(1, 2, of: 2, because: .due)
        == "the threads were timed again, since something else may have left their cores: 2 instead of 1 "
        + "from now on, 1,500 img/s")
    #expect(
      line(2, 1, of: 2)
        == "the speed had fallen from 3,200 to 900 img/s, so the threads were timed again: 1 instead of 2 "
        + "from now on, 1,500 img/s")
    #expect(
      line(2, 2, of: 2)
        == "the speed had fallen from 3,200 to 900 img/s, so the threads were timed again: 2, as before, "
        + "1,500 img/s")
    #expect(
      line(2, 2, of: 1, sharing: 2)
        == "the speed has fallen from 3,200 to 900 img/s: something else takes the cores that 2 threads "
        + "share; Runtime.threads .count(1) computes with one")
    #expect(line(1, 1, of: 1) == nil)
  }
}
