import Foundation
import TestSupport

/// Processes of `halcyon` that a launcher would start together on this machine.
struct Processes {
  let all: [Command]

  /// Starts `size` of them; they meet at `address` and a port that is free, unless one is given.
  init(
    _ size: Int, _ arguments: [String], address: String = "127.0.0.1", port: Int? = nil,
    environment: [String: String] = [:]
  ) throws {
    let port = try port ?? FreePort.find()
    all = try (0..<size).map { rank in
      try Command(
        arguments,
        environment: [
          "RANK": "\(rank)", "WORLD_SIZE": "\(size)", "LOCAL_RANK": "\(rank)",
          "LOCAL_WORLD_SIZE": "\(size)", "MASTER_ADDR": address, "MASTER_PORT": "\(port)",
        ].merging(environment) { $1 })
    }
  }

  /// Waits for all.
  func wait() throws -> [Command.Outcome] { try all.map { try $0.wait() } }

  /// What all of them said to standard error, without the lines that tell how far they are.
  static func lines(_ outcomes: [Command.Outcome]) -> [String] {
    outcomes.flatMap { $0.errors.split(separator: "\n").map(String.init) }
      .filter { $0.hasPrefix("halcyon: ") }
  }
}

extension TinyRun {
  /// Settings with which up to four processes share each training's batches.
  static let shared =
    ["teacher", "student", "fineTuning", "baseline"].flatMap {
      ["\($0).training.accumulate=1", "\($0).training.replicas=4"]
    } + ["precision=float32"]

  /// Runs `verb` in so many processes to its end.
  func run(
    _ verb: String, _ name: String, processes: Int, _ settings: [String] = shared,
    flags: [String] = []
  ) throws -> [Command.Outcome] {
    try Processes(processes, arguments(verb, name, settings) + flags).wait()
  }
}
