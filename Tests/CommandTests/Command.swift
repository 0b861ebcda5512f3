import Foundation
import TestSupport
import Testing

/// The built `halcyon`, run as a process of its own as users run it.
struct Command {
  /// How a process ended and what it said.
  struct Outcome {
    /// The exit code; 128 and the signal's number for a process that a signal ended.
    let code: Int32
    let output: String
    let errors: String

    /// Standard output as JSON.
    func json() throws -> Any {
      try JSONSerialization.jsonObject(with: Data(output.utf8), options: .fragmentsAllowed)
    }

    /// Standard output as a JSON object.
    func object() throws -> [String: Any] { try #require(try json() as? [String: Any]) }
  }

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  /// The executable: the build puts it beside the tests.
  static func executable() throws -> String {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = (tests as NSString).deletingLastPathComponent + "/halcyon"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw Missing(description: "no \(path): build it with `make build` or `swift build`")
    }
    return path
  }

  let process = Process()
  private let texts: TemporaryFolder

  /// Starts `halcyon` with `arguments`; with `shell`, through `sh`, which sees it as "$@".
  init(
    _ arguments: [String], environment: [String: String] = [:], folder: String? = nil,
    shell: String? = nil, errors: FileHandle? = nil
  ) throws {
    texts = try TemporaryFolder()
    let command = [try Self.executable()] + arguments
    if let shell {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", shell, "sh"] + command
    } else {
      process.executableURL = URL(fileURLWithPath: command[0])
      process.arguments = arguments
    }
    let inherited = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("HALCYON_") && $0.key != "NO_COLOR"
    }
    process.environment = inherited.merging(environment) { $1 }
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Self.file(texts.path + "/output")
    let file = try Self.file(texts.path + "/errors")
    process.standardError = errors ?? file
    try process.run()
  }

  /// Runs `halcyon` to its end.
  static func run(
    _ arguments: String..., environment: [String: String] = [:], folder: String? = nil,
    shell: String? = nil
  ) throws -> Outcome {
    try run(arguments, environment: environment, folder: folder, shell: shell)
  }

  /// Runs `halcyon` to its end.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], folder: String? = nil,
    shell: String? = nil
  ) throws -> Outcome {
    try Command(arguments, environment: environment, folder: folder, shell: shell).wait()
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end.
  func wait() throws -> Outcome {
    process.waitUntilExit()
    let status = process.terminationStatus
    return Outcome(
      code: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      output: try text("output"), errors: try text("errors"))
  }

  /// Waits until `condition` holds or the process ends.
  /// - Returns: whether it holds.
  func wait(until condition: () -> Bool) -> Bool {
    while process.isRunning {
      if condition() { return true }
      usleep(500)
    }
    return condition()
  }

  /// The highest value of a field of the process's status until its end, in KiB.
  func peak(_ field: String) -> Double {
    var peak = 0.0
    let status = "/proc/\(process.processIdentifier)/status"
    _ = wait {
      let lines =
        (try? String(contentsOfFile: status, encoding: .utf8))?.split(separator: "\n") ?? []
      let words = lines.first { $0.hasPrefix(field) }?.split(separator: " ") ?? []
      peak = max(peak, words.compactMap { Double($0) }.first ?? 0)
      return false
    }
    return peak
  }

  private func text(_ name: String) throws -> String {
    String(
      decoding: try Data(contentsOf: URL(fileURLWithPath: "\(texts.path)/\(name)")), as: UTF8.self)
  }

  private static func file(_ path: String) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }
}
