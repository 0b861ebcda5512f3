import Testing
import Torch

@Suite("What launchers say")
struct RendezvousTests {
  private let torchrun = [
    "RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500",
  ]

  @Test("torchrun's variables are the process's place, and its store and restarts are known")
  func torchrunVariables() throws {
    var expected = Rendezvous(rank: 3, size: 4, address: "10.0.0.1", port: 29500)
    (expected.localRank, expected.localSize) = (1, 2)
    #expect(try Rendezvous(environment: torchrun) == expected)
    (expected.isLaunchersStore, expected.job, expected.interface) = (true, "j1", "eth1")
    #expect(
      try Rendezvous(
        environment: torchrun.merging([
          "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RUN_ID": "j1",
          "GLOO_SOCKET_IFNAME": "eth1,eth2",
        ]) { $1 }) == expected)
  }

  @Test("a start of the job is known where its launcher counts them for all processes alike")
  func starts() throws {
    func start(_ variables: [String: String]) throws -> Int? {
      try Rendezvous(environment: torchrun.merging(variables) { $1 })?.start
    }
    #expect(try start(["TORCHELASTIC_RESTART_COUNT": "2", "GROUP_WORLD_SIZE": "1"]) == 2)
    // Each of two agents counts its own.
    #expect(try start(["TORCHELASTIC_RESTART_COUNT": "2", "GROUP_WORLD_SIZE": "2"]) == nil)
    let slurm = [
      "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_NODELIST": "a",
      "SLURM_RESTART_COUNT": "3",
    ]
    #expect(try Rendezvous(environment: slurm)?.start == 3)
  }

  @Test("processes of a machine share its cores, unless their launcher has divided them")
  func cores() throws {
    // torchrun starts two a machine, here.
    #expect(try Rendezvous(environment: torchrun)?.share(ofCores: 16) == 8)
    #expect(try Rendezvous(environment: torchrun)?.share(ofCores: 1) == 1)
    let launched = torchrun.merging(["HALCYON_LAUNCHER": "1"]) { $1 }
    #expect(try Rendezvous(environment: launched)?.share(ofCores: 4) == 4)
    // A container with the time of four cores of many: each of the two has that of two.
    #expect(try Rendezvous(environment: launched)?.share(ofCores: 4, quota: 4) == 2)
    #expect(try Rendezvous(environment: launched)?.share(ofCores: 4, quota: 1) == 1)
    #expect(try Rendezvous(environment: torchrun)?.share(ofCores: 4, quota: 4) == 2)
    let slurm = [
      "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_NODELIST": "a",
      "SLURM_STEP_TASKS_PER_NODE": "2", "SLURM_CPUS_PER_TASK": "6",
    ]
    #expect(try Rendezvous(environment: slurm)?.share(ofCores: 64) == 6)
    #expect(try Rendezvous(environment: slurm)?.share(ofCores: 4) == 4)
  }

  @Test("who is one of one, or has no launcher, is alone")
  func alone() throws {
    #expect(try Rendezvous(environment: [:]) == nil)
    let one = torchrun.merging(["RANK": "0", "WORLD_SIZE": "1"]) { $1 }
    #expect(try Rendezvous(environment: one) == nil)
    // A batch script outside of srun has these numbers, too.
    #expect(try Rendezvous(environment: ["SLURM_PROCID": "0", "SLURM_NTASKS": "4"]) == nil)
  }

  @Test("srun's variables suffice: the first machine of its list, and a port of the job's")
  func slurm() throws {
    let found = try Rendezvous(environment: [
      "SLURM_PROCID": "5", "SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "8", "SLURM_LOCALID": "1",
      "SLURM_STEP_ID": "0", "SLURM_JOB_ID": "41234", "SLURM_STEP_NODELIST": "gpu[007-008,011]",
      "SLURM_STEP_TASKS_PER_NODE": "4(x2)",
    ])
    var expected = Rendezvous(rank: 5, size: 8, address: "gpu007", port: 21_234)
    (expected.localRank, expected.localSize, expected.job) = (1, 4, "41234.0")
    #expect(found == expected)
  }

  @Test(
    "what is missing or no number is named",
    arguments: [
      ("WORLD_SIZE", nil, "RANK is set but WORLD_SIZE is not"),
      ("MASTER_ADDR", nil, "RANK is set but MASTER_ADDR is not"),
      ("MASTER_PORT", "many", "MASTER_PORT is many, which is no whole number"),
      ("RANK", "4", "process 4 of 4: processes are numbered from 0"),
    ] as [(String, String?, String)])
  func refused(name: String, value: String?, line: String) {
    var environment = torchrun
    environment[name] = value
    let error = #expect(throws: DistributedError.self) {
      try Rendezvous(environment: environment)
    }
    #expect(error?.description.hasPrefix(line) == true)
    #expect(error?.exitCode == 64)
  }
}
