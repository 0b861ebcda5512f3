import Pipeline
import Testing

@Suite("WorkShare")
struct WorkShareTests {
  private func share(
    index: Int? = nil, count: Int? = nil, _ environment: [String: String] = [:]
  ) throws -> WorkShare? {
    try WorkShare(index: index, count: count, environment: environment)
  }

  @Test("a process that nobody numbered stands alone")
  func alone() throws {
    #expect(try share() == nil)
  }

  @Test("torchrun, Slurm arrays and Kubernetes indexed jobs number their processes")
  func schedulers() throws {
    let expected = try WorkShare(index: 2, count: 5)
    #expect(try share(["RANK": "2", "WORLD_SIZE": "5"]) == expected)
    #expect(
      try share(["SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "5"]) == expected)
    // --array=10-30:5
    #expect(
      try share([
        "SLURM_ARRAY_TASK_ID": "20", "SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_STEP": "5",
        "SLURM_ARRAY_TASK_COUNT": "5",
      ]) == expected)
    #expect(try share(count: 5, ["JOB_COMPLETION_INDEX": "2"]) == expected)
    #expect(try share(index: 2, count: 5, ["RANK": "0", "WORLD_SIZE": "9"]) == expected)
  }

  @Test(
    "half a number is refused",
    arguments: [
      ["RANK": "2"], ["RANK": "x", "WORLD_SIZE": "5"], ["RANK": "5", "WORLD_SIZE": "5"],
      ["SLURM_ARRAY_TASK_ID": "1"], ["JOB_COMPLETION_INDEX": "0"],
    ])
  func refused(environment: [String: String]) {
    #expect(throws: PipelineError.self) { try share(environment) }
  }

  @Test("every shard belongs to exactly one share")
  func parts() throws {
    for count in 1...7 {
      let shares = try (0..<count).map { try WorkShare(index: $0, count: count) }
      for shard in 0..<50 { #expect(shares.count { $0.contains(shard) } == 1) }
    }
  }

  private func share(_ environment: [String: String]) throws -> WorkShare? {
    try share(index: nil, count: nil, environment)
  }
}
