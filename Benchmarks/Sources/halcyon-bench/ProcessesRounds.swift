import ArgumentParser
import Foundation
import Models
import Torch
import Training

/// `train`, as `TrainRounds` has it, in several processes of this machine, each with its part of a batch and so
/// many compute threads; or, for comparison, in one process that has it whole.
struct ProcessesRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "processes")

  @OptionGroup var work: NetworkWork

  @Option(help: "Processes that share a batch.")
  var processes = 2

  @Option(help: "Compute threads of each.")
  var threads = 1

  @Option(help: "Steps in a round.")
  var steps = 2

  @Option(help: "What the first process says to those it starts: which they are, and its port.")
  var member: [Int] = []

  func run() throws {
    try Libtorch.setThreads(threads)
    guard processes > 1 else { return try train(in: SingleProcess()) }
    guard member.isEmpty else { return try train(in: join(member[0], at: member[1])) }
    let port = 20_000 + Int(getpid()) % 40_000
    let others = try (1..<processes).map { rank in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments =
        CommandLine.arguments.dropFirst() + ["--member", "\(rank)", "--member", "\(port)"]
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      return process
    }
    try train(in: join(0, at: port))
    others.forEach { $0.waitUntilExit() }
  }

  /// All are stopped while others work, so that no silence means anything.
  private func join(_ rank: Int, at port: Int) throws -> DistributedGroup {
    try DistributedGroup(Rendezvous(rank: rank, size: processes, port: port), timeout: 36_000)
  }

  /// The first process counts the rounds; what it says of the end all hear of with their next step.
  private func train(in group: any ProcessGroup) throws {
    let rounds = StepRounds(of: steps, amount: work.batch, cost: try work.cost())
    try work.train(guardedBy: CountedSteps(rounds: group.rank == 0 ? rounds : nil), in: group)
    (group as? DistributedGroup)?.leave()
  }
}
