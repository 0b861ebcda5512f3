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

  @Test("MPI's ranks and Grid Engine's arrays number their processes, too")
  func others() throws {
    let expected = try WorkShare(index: 2, count: 5)
    #expect(try share(["OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "5"]) == expected)
    #expect(try share(["PMI_RANK": "2", "PMI_SIZE": "5"]) == expected)
    // -t 10-32:5, whose last task is 30: 10, 15, 20, 25, 30.
    let task = [
      "SGE_TASK_ID": "20", "SGE_TASK_FIRST": "10", "SGE_TASK_LAST": "32", "SGE_TASK_STEPSIZE": "5",
    ]
    #expect(try share(task) == expected)
    #expect(
      try share(task)?.reason == "SGE_TASK_ID is 20 and SGE_TASK_FIRST 10 and SGE_TASK_LAST 32")
    #expect(try share(task.mapValues { _ in "undefined" }) == nil)
    // A job of an array that starts a launcher: the processes share the job's work.
    let both = task.merging(["RANK": "2", "WORLD_SIZE": "5", "SGE_TASK_ID": "25"]) { $1 }
    #expect(try share(both) == expected)
    #expect(
      try share(both)?.reason == "RANK is 2 and WORLD_SIZE 5 (SGE_TASK_ID is left aside)")
  }

  @Test("a number without a count is not taken, and told with what to give instead")
  func countless() throws {
    for name in ["PBS_ARRAY_INDEX", "PBS_ARRAYID", "LSB_JOBINDEX"] {
      #expect(try share([name: "3"]) == nil)
      let line = WorkShare.unusedLine([name: "3"])
      #expect(line?.hasPrefix("\(name) is 3, which does not say") ?? false)
      #expect(line?.hasSuffix("give --shard-index (from 0) and --num-shards") ?? false)
    }
    // A job of LSF that is none of an array.
    #expect(WorkShare.unusedLine(["LSB_JOBINDEX": "0"]) == nil)
    #expect(WorkShare.unusedLine([:]) == nil)
  }

  @Test("an array with gaps is refused in each of its tasks, one with even steps in none")
  func gaps() throws {
    func tasks(_ list: [Int], step: Int, last: Int? = nil) throws -> [WorkShare?] {
      try list.map { task in
        try share([
          "SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_ARRAY_TASK_MIN": "\(list[0])",
          "SLURM_ARRAY_TASK_MAX": "\(last ?? list[list.count - 1])",
          "SLURM_ARRAY_TASK_STEP": "\(step)", "SLURM_ARRAY_TASK_COUNT": "\(list.count)",
        ])
      }
    }
    for list in [[0, 1, 5], [0, 2, 4, 5], [3, 4, 6]] {
      for task in list {
        #expect(throws: PipelineError.self, "\(task) of \(list)") {
          try share([
            "SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_ARRAY_TASK_MIN": "\(list[0])",
            "SLURM_ARRAY_TASK_MAX": "\(list[list.count - 1])", "SLURM_ARRAY_TASK_STEP": "1",
            "SLURM_ARRAY_TASK_COUNT": "\(list.count)",
          ])
        }
      }
    }
    let thirds = try (0..<3).map { try WorkShare(index: $0, count: 3) }
    #expect(try tasks([0, 1, 2], step: 1) == thirds)
    // --array=2-12:4, whether the last task or the end of the range is told.
    #expect(try tasks([2, 6, 10], step: 4) == thirds)
    #expect(try tasks([2, 6, 10], step: 4, last: 12) == thirds)
    #expect(try tasks([7], step: 1) == [WorkShare(index: 0, count: 1)])
    // Whoever says how many there are knows that some are left out.
    #expect(
      try share(count: 6, ["SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MAX": "5"])
        == WorkShare(index: 5, count: 6))
    #expect(throws: PipelineError.self) {
      try share([
        "SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_MIN": "\(Int.min)",
        "SLURM_ARRAY_TASK_COUNT": "2",
      ])
    }
  }

  @Test(
    "half a number is refused",
    arguments: [
      ["RANK": "2"], ["RANK": "x", "WORLD_SIZE": "5"], ["RANK": "5", "WORLD_SIZE": "5"],
      ["SLURM_ARRAY_TASK_ID": "1"], ["JOB_COMPLETION_INDEX": "0"], ["OMPI_COMM_WORLD_RANK": "0"],
      ["PMI_RANK": "0"], ["SGE_TASK_ID": "1"],
      ["SGE_TASK_ID": "9", "SGE_TASK_FIRST": "1", "SGE_TASK_LAST": "8"],
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
