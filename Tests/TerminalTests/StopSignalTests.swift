import Terminal
import Testing

@Suite("Stop signal")
struct StopSignalTests {
  private struct Gone: Error, Equatable {}

  @Test("who asks whether to stop hears of other processes, too, however often, and only meanwhile")
  func asking() throws {
    try StopSignal.asking({}) {
      for _ in 0..<200_000 { try StopSignal.check() }
    }
    #expect(throws: Gone()) {
      try StopSignal.asking({ throw Gone() }) { try StopSignal.check() }
    }
    try StopSignal.check()
  }
}
