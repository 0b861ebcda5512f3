import Foundation

/// What a shell command writes to its standard output.
final class CommandStream: ByteStream {
  /// A command that gives nothing for so many seconds is ended: one that has lost its server may wait
  /// for ever, and nobody would know.
  static let mostIdleSeconds = 300

  private let command: String
  private let patience: FetchedStream.Patience
  private let child: ChildProcess
  private var received = 0
  private var isAtEnd = false

  /// Runs `command` by `/bin/sh -c`, with `variables` in its environment.
  /// - Throws: `StreamFailure` when the shell cannot be started.
  init(
    _ command: String, variables: [String: String] = [:],
    patience: FetchedStream.Patience = FetchedStream.Patience()
  ) throws {
    self.command = command
    self.patience = patience
    child = try ChildProcess("/bin/sh", ["-c", command], variables: variables)
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !isAtEnd else { return 0 }
    let (idleSeconds, shouldStop) = (patience.commandIdleSeconds, patience.shouldStop)
    guard try child.hasOutput(within: idleSeconds, shouldStop: shouldStop) else { throw ended() }
    let got = try child.read(into: room)
    received += got
    guard got == 0 else { return got }
    isAtEnd = true
    // It may have closed its output and go on.
    guard let ending = try child.wait(atMost: idleSeconds, shouldStop: shouldStop) else {
      throw ended()
    }
    guard ending == .exit(0) else {
      throw StreamFailure(
        .source, "the command \(command) ended with \(ending) after \(received) bytes")
    }
    return 0
  }

  func close() { child.end() }

  /// Ends a command that has stalled, with all that it started.
  private func ended() -> StreamFailure {
    child.end()
    return StreamFailure(
      .source,
      "the command \(command) gave nothing for \(patience.commandIdleSeconds) s after \(received) bytes and was "
        + "ended")
  }
}
