import Foundation

/// What a shell command writes to its standard output.
final class CommandStream: ByteStream {
  private let command: String
  private let child: ChildProcess
  private var received = 0
  private var isAtEnd = false

  /// Runs `command` by `/bin/sh -c`, with `variables` in its environment.
  /// - Throws: `StreamFailure` when the shell cannot be started.
  init(_ command: String, variables: [String: String] = [:]) throws {
    self.command = command
    child = try ChildProcess("/bin/sh", ["-c", command], variables: variables)
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !isAtEnd else { return 0 }
    let got = try child.read(into: room)
    received += got
    guard got == 0 else { return got }
    isAtEnd = true
    let ending = child.wait()
    guard ending == .exit(0) else {
      throw StreamFailure(
        .source, "the command \(command) ended with \(ending) after \(received) bytes")
    }
    return 0
  }

  func close() { child.end() }
}
