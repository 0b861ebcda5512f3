import Files
public import Foundation

/// Where the processes that train one network meet, and which of them this one is, as their launcher says it
/// in the environment: torchrun and `halcyon launch` (RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE,
/// MASTER_ADDR, MASTER_PORT), or Slurm's srun.
public struct Rendezvous: Equatable, Sendable {
  /// Which of the processes this one is, from 0.
  public var rank: Int
  /// How many there are.
  public var size: Int
  /// Which of those on this machine this one is, from 0.
  public var localRank = 0
  /// How many of them are on this machine.
  public var localSize = 1
  /// The machine of process 0.
  public var address: String
  /// The port where it, or the launcher, keeps the store in which all find each other.
  public var port: Int
  /// Whether the launcher keeps that store.
  public var isLaunchersStore = false
  /// What the launcher calls the job, by which a stranger at the same port is known; empty where it says nothing.
  public var job = ""
  /// Which start of the job this is, from 0, where its launcher counts them for all processes alike; who is left over
  /// from an earlier one is then nobody of this one.
  public var start: Int?
  /// How many cores the launcher has set apart for this process; nil where those of a machine share what there is.
  public var ownCores: Int?
  /// The network interface that sums go over (`GLOO_SOCKET_IFNAME`); nil for the one that leads to `address`.
  public var interface: String?

  /// A meeting of `size` processes at `address`.
  public init(rank: Int, size: Int, address: String = "127.0.0.1", port: Int) {
    self.rank = rank
    self.size = size
    self.address = address
    self.port = port
  }

  /// What `environment` says; nil where this process stands alone.
  /// - Throws: `DistributedError.usage` naming the variable that is missing or cannot be.
  public init?(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    let variables = Variables(environment: environment)
    if environment["RANK"] != nil || environment["WORLD_SIZE"] != nil {
      let size = try variables.number("WORLD_SIZE", beside: "RANK")
      let rank = try variables.number("RANK", beside: "WORLD_SIZE")
      try Self.require(rank, of: size)
      guard size > 1 else { return nil }
      self.init(
        rank: rank, size: size,
        address: try variables.text("MASTER_ADDR", beside: "RANK"),
        port: try variables.number("MASTER_PORT", beside: "RANK"))
      localRank = try variables.optional("LOCAL_RANK") ?? 0
      localSize = try variables.optional("LOCAL_WORLD_SIZE") ?? 1
      // It says which cores are whose.
      ownCores = environment["HALCYON_LAUNCHER"] == nil ? nil : .max
      isLaunchersStore = environment["TORCHELASTIC_USE_AGENT_STORE"] == "True"
      job =
        environment["TORCHELASTIC_RUN_ID"]
        ?? environment["HALCYON_LAUNCHER"].map { "halcyon launch \($0)" } ?? ""
      // Of several agents each counts its own.
      let isOneAgents = environment["GROUP_WORLD_SIZE"] == "1"
      start = isOneAgents ? try variables.optional("TORCHELASTIC_RESTART_COUNT") : nil
    } else if let size = try variables.slurmTasks(), size > 1 {
      self.init(
        rank: try variables.number("SLURM_PROCID", beside: "SLURM_NTASKS"), size: size,
        address: try environment["MASTER_ADDR"] ?? variables.firstSlurmMachine(),
        port: try variables.optional("MASTER_PORT") ?? variables.slurmPort())
      localRank = try variables.optional("SLURM_LOCALID") ?? 0
      localSize = variables.slurmTasksHere(of: size)
      ownCores = try variables.optional("SLURM_CPUS_PER_TASK")
      job = ["SLURM_JOB_ID", "SLURM_STEP_ID"].compactMap { environment[$0] }.joined(separator: ".")
      start = try variables.optional("SLURM_RESTART_COUNT")
    } else {
      return nil
    }
    interface = environment["GLOO_SOCKET_IFNAME"].flatMap { names in
      names.split(separator: ",").first.map(String.init)
    }
    try Self.require(rank, of: size)
    guard 1...65535 ~= port, localSize >= 1 else {
      throw DistributedError.usage(
        "MASTER_PORT is \(port) and LOCAL_WORLD_SIZE \(localSize): ports are from 1 to 65535, and a machine has at "
          + "least one process")
    }
  }

  private static func require(_ rank: Int, of size: Int) throws {
    guard 0..<max(0, size) ~= rank else {
      throw DistributedError.usage(
        "process \(rank) of \(size): processes are numbered from 0 and below their number; look at RANK and "
          + "WORLD_SIZE")
    }
  }

  /// How many of so many cores that this process may use it is to use, where a container gives all processes of this
  /// machine the time of `quota` cores.
  package func share(ofCores all: Int, quota: Int? = Threads.quota) -> Int {
    let isPinned = ownCores == .max
    let timeShare = isPinned ? quota.map { $0 / max(1, localSize) } : nil
    return max(1, min(all, ownCores ?? all / max(1, localSize), timeShare ?? all))
  }

  /// What a stranger's job differs in: its name, and which start of it this is.
  var jobAndStart: String { start.map { "\(job), start \($0)" } ?? job }

  /// What the names begin with by which the processes of this start find each other in a store that may outlive it.
  var prefix: String { start.map { "start-\($0)/" } ?? "" }

  /// "10.0.0.1:29500".
  public var place: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

/// What a launcher has written into the environment.
private struct Variables {
  let environment: [String: String]

  func text(_ name: String, beside other: String) throws -> String {
    guard let text = environment[name], !text.isEmpty else {
      throw DistributedError.usage(
        "\(other) is set but \(name) is not: several processes are started by torchrun, srun or "
          + "`halcyon launch`; for one alone unset \(other)")
    }
    return text
  }

  func number(_ name: String, beside other: String) throws -> Int {
    let text = try text(name, beside: other)
    guard let number = Int(text) else {
      throw DistributedError.usage("\(name) is \(text), which is no whole number")
    }
    return number
  }

  func optional(_ name: String) throws -> Int? {
    guard environment[name].map({ !$0.isEmpty }) ?? false else { return nil }
    return try number(name, beside: "RANK")
  }

  /// How many tasks srun has started; nil outside of srun, where a batch script has such numbers, too.
  func slurmTasks() throws -> Int? {
    if let tasks = try optional("SLURM_STEP_NUM_TASKS") { return tasks }
    let isStep = environment["SLURM_STEP_ID"] != nil || environment["MASTER_ADDR"] != nil
    guard isStep, environment["SLURM_PROCID"] != nil else { return nil }
    return try optional("SLURM_NTASKS")
  }

  /// The first of `node[003-010,017]`.
  func firstSlurmMachine() throws -> String {
    let list = try text(
      environment["SLURM_STEP_NODELIST"] != nil ? "SLURM_STEP_NODELIST" : "SLURM_JOB_NODELIST",
      beside: "SLURM_PROCID")
    guard let bracket = list.firstIndex(of: "["), !list[..<bracket].contains(",") else {
      return String(list.prefix { $0 != "," })
    }
    let number = list[list.index(after: bracket)...].prefix { !"-,]".contains($0) }
    return String(list[..<bracket] + number)
  }

  /// A port that two jobs on one machine hardly share.
  func slurmPort() throws -> Int { 20_000 + (try optional("SLURM_JOB_ID") ?? 0) % 40_000 }

  /// Of "4(x2),3" the first number where all are alike; as few as can be where they are not.
  func slurmTasksHere(of size: Int) -> Int {
    let text =
      environment["SLURM_STEP_TASKS_PER_NODE"] ?? environment["SLURM_TASKS_PER_NODE"] ?? ""
    let counts = text.split(separator: ",").compactMap { Int($0.prefix { $0.isNumber }) }
    return max(1, min(size, counts.max() ?? 1))
  }
}
