import ArgumentParser
import Files
import Foundation
import Launch
import Pipeline
import Terminal

/// `halcyon launch`: several processes of one command on this machine.
struct LaunchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "launch",
    abstract: "Run a command as several processes that share its work on this machine.",
    usage: "halcyon launch --processes N [OPTIONS] SUBCOMMAND …",
    discussion: """
      `halcyon launch --processes 4 run birds.yaml` does what `torchrun --no-python --standalone \
      --nproc-per-node 4 halcyon run birds.yaml` does, without Python: it starts `halcyon run birds.yaml` four \
      times, with RANK, LOCAL_RANK, WORLD_SIZE, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT and \
      TORCHELASTIC_RESTART_COUNT in the environment. What can be shared: \(shared.joined(separator: ", ")).

      Rank 0 has the terminal and standard output; lines of the others go to standard error, each behind its \
      rank. Where one fails, the others are told to stop (SIGTERM), and after --grace seconds killed; with \
      --max-restarts all then start again, and go on from what is saved. The exit code is that of the rank \
      that failed first. A signal to this process goes to all; they save and exit with 75, and so does this \
      one, without a restart. None outlives it.

      Each process has its part of the cores and computes with as many threads; two hardware threads of one \
      core are of one process.

      The processes talk over the loopback interface, which no other machine reaches. Whoever reaches another \
      --interface can take part and read along: the protocol (c10d) has no passwords and encrypts nothing.
      """)

  /// The subcommands whose work processes share.
  static let shared = [
    "run", "pretrain-teacher", "train-teacher", "score", "features", "pretrain", "fine-tune",
  ]

  @Option(
    name: [.customShort("n"), .long, .customLong("nproc-per-node")],
    help: "How many processes (torchrun's --nproc-per-node).")
  var processes: Int

  @Option(help: "How often all start again after one has failed or was lost; never after a stop.")
  var maxRestarts = 0

  @Option(help: "Threads and cores of each process (default: all cores, divided).")
  var threads: Int?

  @Option(help: "The port on which rank 0 listens (default: one that is free).")
  var masterPort: Int?

  @Option(help: "The interface to bind to: its name or IPv4 address.")
  var interface = "lo"

  @Option(
    parsing: .unconditional,
    help: "How many seconds the others have to save and end after one has failed.")
  var grace = 30.0

  @Argument(
    parsing: .captureForPassthrough,
    help: .init("What each process does: a subcommand and its arguments.", valueName: "subcommand"),
    completion: .list(Self.shared))
  var command: [String] = []

  func validate() throws {
    guard processes >= 1, processes <= 4096 else {
      throw ValidationError("--processes is \(processes); it must be from 1 to 4096")
    }
    guard maxRestarts >= 0 else {
      throw ValidationError("--max-restarts is \(maxRestarts); it must be 0 or more")
    }
    if let masterPort, !(1...65_535 ~= masterPort) {
      throw ValidationError("--master-port is \(masterPort); it must be from 1 to 65535")
    }
    guard grace >= 0, grace < 1e6 else {
      throw ValidationError("--grace is \(grace); it must be a number of seconds from 0 on")
    }
    guard let name = words.first else {
      throw ValidationError("what should be launched? Give a subcommand, such as run RECIPE")
    }
    guard Self.shared.contains(name) else {
      throw ValidationError(
        name.hasPrefix("-")
          ? "there is no option \(name) of launch"
          : "\(name) is not shared by several processes; \(Self.shared.joined(separator: ", ")) are"
      )
    }
  }

  /// The subcommand and its arguments, without the `--` that may stand before them.
  private var words: [String] { command.first == "--" ? Array(command.dropFirst()) : command }

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    if let size = environment["WORLD_SIZE"].flatMap({ Int($0) }), size > 1 {
      throw PipelineError.usage(
        "this is one of \(size) processes that a launcher started already (WORLD_SIZE); start the command "
          + "itself here, or unset WORLD_SIZE and RANK")
    }
    var request = LaunchRequest(
      program: Self.program, arguments: words.map(PathText.bytes), processes: processes,
      interface: try Interface(interface), environment: environment)
    request.threads = threads
    request.maxRestarts = maxRestarts
    request.port = masterPort
    request.grace = grace
    let launcher = try Launcher(
      request, cores: .ofThisProcess(), say: { Self.tell("halcyon: \($0)") }, show: Self.tell)
    throw ExitCode(try launcher.run())
  }

  /// This very program, by the name that the system's lists show, or where that is gone, by the kernel's.
  private static var program: String {
    let linked = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    guard let linked, access(linked, X_OK) == 0 else { return "/proc/self/exe" }
    return linked
  }

  /// Prints a line to standard error, in place of the progress bar that rank 0 may have drawn there and will
  /// draw again.
  private static func tell(_ line: String) {
    if isatty(STDERR_FILENO) == 1 { WholeTransfer.write("\r\u{1B}[2K", to: STDERR_FILENO) }
    Console.tell(line)
  }
}
