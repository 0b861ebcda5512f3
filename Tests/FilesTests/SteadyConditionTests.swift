import Foundation
import Testing

@testable import Files

@Suite("Waiting")
struct SteadyConditionTests {
  @Test("what is there already is not waited for, and what never comes no longer than was said")
  func limits() {
    let condition = SteadyCondition()
    #expect(condition.withLock { condition.wait(atMost: 1e12) { true } })
    let watch = Stopwatch()
    #expect(!condition.withLock { condition.wait(atMost: 0.02) { false } })
    #expect(watch.seconds >= 0.02)
    #expect(!condition.withLock { condition.wait(atMost: -1) { false } })
  }

  @Test("who waits is woken, and looks again where it was for nothing")
  func woken() {
    let condition = SteadyCondition()
    nonisolated(unsafe) var count = 0
    Thread {
      for _ in 0..<3 {
        usleep(1000)
        condition.withLock {
          count += 1
          condition.broadcast()
        }
      }
    }.start()
    #expect(condition.withLock { condition.wait(atMost: 60) { count == 3 } })
  }
}
