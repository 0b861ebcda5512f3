import Files
import Foundation

/// Runs several copies of a program together on this machine, as torchrun does: each knows its number and how
/// many there are, and where one fails, all end or begin again.
///
/// None outlives this process: what ends it, SIGKILL too, ends them (`cprocess_start`).
public final class Launcher {
  private let request: LaunchRequest
  private let cores: Cores
  private let say: (String) -> Void
  private let show: (String) -> Void
  private var signals = WaitedSignals()

  /// The variable by which a process knows the one that launched it.
  private static let variable = "HALCYON_LAUNCHER"

  /// Whether a launcher started this process: it says when to stop, so that a signal which arrives from it and
  /// from elsewhere, as Ctrl-C does, counts once.
  public static var isParent: Bool {
    ProcessInfo.processInfo.environment[variable] == "\(getppid())"
  }

  /// A launcher of `request`, which says what happens with `say` and hands the lines of all processes but the
  /// first to `show`.
  /// - Throws: `LaunchError` where it asks for what cannot be.
  public init(
    _ request: LaunchRequest, cores: Cores, say: @escaping (String) -> Void,
    show: @escaping (String) -> Void
  ) throws {
    guard request.processes >= 1 else {
      throw LaunchError.usage("--processes is \(request.processes); it must be 1 or more")
    }
    if let threads = request.threads, !(1...max(1, cores.count) ~= threads) {
      throw LaunchError.usage(
        "--threads is \(threads); it must be from 1 to the \(cores.count) cores that this process may use"
      )
    }
    self.request = request
    self.cores = cores
    self.say = say
    self.show = show
  }

  /// Starts all and waits for their end, with the restarts that are allowed: a failure is followed by one, a lost
  /// process too, and what somebody has stopped is not.
  /// - Returns: The exit code: 0, that of the process that failed first, or 75 where all were stopped.
  /// - Throws: `LaunchError` where they cannot be started.
  public func run() throws -> Int32 {
    try signals.hold()
    defer { signals.release() }
    tellOfCores()
    var restarts = 0
    while true {
      let round = try LaunchRound(
        request, ranks: start(restarts), restartsLeft: request.maxRestarts - restarts, say: say,
        show: show)
      switch round.wait(for: signals) {
      case .ended(let code): return code
      case .restart:
        restarts += 1
        say("all \(request.processes) start again: restart \(restarts) of \(request.maxRestarts)")
      }
    }
  }

  /// Starts all; where one cannot be started, those before it are ended.
  private func start(_ restarts: Int) throws -> [RankProcess] {
    if let port = request.port { try request.interface.requireFree(port) }
    let port = try request.port ?? request.interface.freePort()
    var request = request
    request.environment[Self.variable] = "\(getpid())"
    var ranks: [RankProcess] = []
    do {
      for rank in 0..<request.processes {
        ranks.append(
          try RankProcess(
            request, rank: rank,
            cores: cores.share(of: rank, processes: request.processes, threads: request.threads),
            port: port, restarts: restarts))
      }
    } catch {
      for rank in ranks {
        rank.send(SIGKILL)
        while rank.ending == nil { if !rank.look() { usleep(1000) } }
      }
      throw error
    }
    return ranks
  }

  /// Says so where processes share cores, which makes each wait for the others.
  private func tellOfCores() {
    let each = cores.share(of: 0, processes: request.processes, threads: request.threads).count
    guard each * request.processes > cores.count else { return }
    say(
      "\(Format.counted(request.processes, "process", "processes")) of "
        + "\(Format.counted(each, "thread", "threads")) share \(Format.counted(cores.count, "core", "cores"))"
        + " and will wait for each other; lower --processes or --threads")
  }
}
