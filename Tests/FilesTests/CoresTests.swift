import Testing

@testable import Files

@Suite("Cores that a process may use")
struct CoresTests {
  @Test("a control group's quota is so many cores, rounded up, or no limit")
  func quotas() {
    #expect(Threads.coresOfQuota("max 100000\n") == nil)
    #expect(Threads.coresOfQuota("400000 100000\n") == 4)
    #expect(Threads.coresOfQuota("150000 100000\n") == 2)
    #expect(Threads.coresOfQuota("5000 100000\n") == 1)
    #expect(Threads.coresOfQuota("") == nil)
    #expect(Threads.coresOfQuota("100000 0") == nil)
  }
}
