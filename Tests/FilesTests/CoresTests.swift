import TestSupport
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
    #expect(Threads.coresOfQuota("inf 100000") == nil)
    #expect(Threads.coresOfQuota("1e300 1") == nil)
    #expect(Threads.coresOfQuota("-1 100000") == nil)
  }

  @Test("the least quota of a process's groups and of those around them counts, of either version")
  func groups() throws {
    let folder = try TemporaryFolder()
    func quota(_ list: String) -> Int? { Threads.quota(ofGroups: list, at: folder.path) }
    try folder.write("800000 100000\n", to: "cpu.max")
    try folder.write("300000 100000\n", to: "a/b/cpu.max")
    try folder.write("max 100000\n", to: "a/cpu.max")
    #expect(quota("0::/a/b\n") == 3)
    #expect(quota("0::/a\n") == 8)
    #expect(quota("0::/elsewhere/in/the/host\n") == 8)
    #expect(quota("5:memory:/a\n") == nil)
    try folder.write("-1\n", to: "cpu,cpuacct/cpu.cfs_quota_us")
    try folder.write("100000\n", to: "cpu,cpuacct/cpu.cfs_period_us")
    try folder.write("150000\n", to: "cpu,cpuacct/job/cpu.cfs_quota_us")
    try folder.write("100000\n", to: "cpu,cpuacct/job/cpu.cfs_period_us")
    #expect(quota("4:cpu,cpuacct:/job/task\n2:memory:/x\n") == 2)
    #expect(quota("4:cpu,cpuacct:/\n") == nil)
  }
}
