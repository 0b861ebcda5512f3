import ArgumentParser
import Files
import Foundation
import Pipeline
import Synchronization
import Terminal
import Torch

/// How the processes that a launcher starts work together: what every command that trains takes.
struct DistributedOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: .init(
      "Under torchrun, srun or halcyon launch: for how many seconds without a sign of life, or in one sum of gradients, another process is waited for.",
      valueName: "seconds"))
  var distributedTimeout = 600.0

  func validate() throws {
    guard 1...1e6 ~= distributedTimeout else {
      throw ValidationError(
        "--distributed-timeout is \(distributedTimeout); it must be from 1 to 1,000,000 seconds")
    }
  }

  /// Calls `body`, the work of `command`, with the processes that a launcher has started with this one, or with
  /// this one alone. All must have the same command, version and `facts` before they exchange anything else.
  ///
  /// What is wrong is said once: by the process that it went wrong in, or by the first where all found it. The
  /// others end with its exit code.
  func perform(
    _ command: any ParsableCommand.Type, _ facts: [String: String] = [:],
    _ body: (any ProcessGroup) throws -> Void
  ) throws {
    guard let rendezvous = try Rendezvous() else { return try body(SingleProcess()) }
    if rendezvous.rank > 0 { ProcessName.prefix.withLock { $0 = "process \(rendezvous.rank): " } }
    let group = try StopSignal.savingNothing {
      try DistributedGroup(
        rendezvous, timeout: distributedTimeout, interruption: { try StopSignal.check() },
        say: { Console(quiet: false).say($0) })
    }
    do {
      let facts = facts.merging([
        "subcommand": command.configuration.commandName ?? "\(command)",
        "Halcyon's version": Halcyon.configuration.version,
      ]) { $1 }
      try group.requireSame(facts, what: "the command")
      try StopSignal.asking(group.othersAreThere, during: { try body(group) })
      group.leave()
    } catch {
      let error =
        (error as? DistributedGroup.StopRequest).map { Stopped(signal: $0.signal) } ?? error
      let line = PipelineError.line(about: error)
      let signal = (error as? Stopped)?.signal ?? 0
      guard group.leave(because: error, line: line, signal: signal) else {
        throw ExitCode(PipelineError.exitCode(of: error))
      }
      throw error
    }
  }
}
