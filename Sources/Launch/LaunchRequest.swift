/// What is to be started, how often and where.
public struct LaunchRequest: Sendable {
  /// The program.
  public var program: String
  /// Its arguments, without its name, each as bytes.
  public var arguments: [[UInt8]]
  /// How many copies of it run together.
  public var processes: Int
  /// How many cores each gets; nil divides them.
  public var threads: Int?
  /// How often all are started again after one has failed.
  public var maxRestarts = 0
  /// Where they talk to each other.
  public var interface: Interface
  /// Where the first one listens; nil takes a free port for each start.
  public var port: Int?
  /// How many seconds the others have to end after one has failed, before they are killed.
  public var grace = 30.0
  /// What their environment has besides theirs.
  public var environment: [String: String]

  /// Copies of `program` that talk over `interface`.
  public init(
    program: String, arguments: [[UInt8]], processes: Int, interface: Interface,
    environment: [String: String]
  ) {
    self.program = program
    self.arguments = arguments
    self.processes = processes
    self.interface = interface
    self.environment = environment
  }

  /// The environment of one process: torchrun's variables, and which interface Gloo and NCCL bind to unless
  /// the environment says otherwise.
  func environment(of rank: Int, port: Int, restarts: Int) -> [String: String] {
    var result = environment
    for name in ["GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"] where result[name] == nil {
      result[name] = interface.name
    }
    // The first process is the store; no agent is.
    result["TORCHELASTIC_USE_AGENT_STORE"] = nil
    return result.merging(
      [
        "RANK": "\(rank)", "LOCAL_RANK": "\(rank)", "GROUP_RANK": "0", "ROLE_RANK": "\(rank)",
        "WORLD_SIZE": "\(processes)", "LOCAL_WORLD_SIZE": "\(processes)", "GROUP_WORLD_SIZE": "1",
        "ROLE_WORLD_SIZE": "\(processes)", "MASTER_ADDR": interface.address,
        "MASTER_PORT": "\(port)", "TORCHELASTIC_RESTART_COUNT": "\(restarts)",
        "TORCHELASTIC_MAX_RESTARTS": "\(maxRestarts)",
      ]
    ) { $1 }
  }
}
