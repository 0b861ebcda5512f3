import Foundation

/// A file on a web server, fetched by the `curl` program and taken up again where it stopped.
final class FetchedStream: ByteStream {
  /// When to give a server up.
  struct Patience: Sendable {
    /// How often in a row nothing may come before it is an error.
    var attempts = 5
    /// Milliseconds to wait before the second attempt, twice as many before the third, …
    var firstWait = 500
    /// Fewer than 1,000 bytes a second for so many seconds are a stall.
    var stallSeconds = 30
    /// A command that gives nothing for so many seconds is ended.
    var commandIdleSeconds = CommandStream.mostIdleSeconds
  }

  private let address: String
  private let patience: Patience
  private let messages: Int32
  private var child: ChildProcess?
  private var received = 0
  /// Bytes that come once more because the server has no ranges.
  private var repeated = 0
  private var failures = 0
  private var canResume = true
  private var isAtEnd = false

  /// Begins to fetch `address`.
  /// - Throws: `StreamFailure` when curl cannot be started.
  init(_ address: String, patience: Patience = Patience()) throws {
    self.address = address
    self.patience = patience
    // curl's messages go to a file without a name, from which the last one is quoted.
    var name = Array((NSTemporaryDirectory() + "/halcyon-curl-XXXXXX").utf8CString)
    messages = mkstemp(&name)
    guard messages >= 0 else {
      throw StreamFailure(
        .source, "cannot write to the temporary folder: \(String(cString: strerror(errno)))")
    }
    unlink(name)
    _ = fcntl(messages, F_SETFD, FD_CLOEXEC)
    try start()
  }

  deinit {
    child?.end()
    Foundation.close(messages)
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    while !isAtEnd, let child {
      let got = try child.read(into: room)
      if got > 0, repeated > 0 {
        // These are known already; what follows them within `room` is new.
        let known = min(got, repeated)
        repeated -= known
        guard got > known, let base = room.baseAddress else { continue }
        memmove(base, base + known, got - known)
        return took(got - known)
      }
      if got > 0 { return took(got) }
      let ending = child.wait()
      if ending == .exit(0) {
        guard repeated == 0 else {
          throw StreamFailure(.source, "\(address) is shorter than it was a moment ago")
        }
        isAtEnd = true
        return 0
      }
      try tryAgain(after: ending)
    }
    return 0
  }

  func close() { child?.end() }

  private func took(_ count: Int) -> Int {
    received += count
    failures = 0
    return count
  }

  private func start() throws {
    var arguments = [
      "--silent", "--show-error", "--fail", "--location", "--max-redirs", "10", "--proto",
      "=http,https", "--globoff", "--connect-timeout", "30", "--speed-limit", "1000",
      "--speed-time", String(patience.stallSeconds), "--url", address,
    ]
    repeated = 0
    if received > 0, canResume {
      arguments += ["--continue-at", String(received)]
    } else {
      repeated = received
    }
    ftruncate(messages, 0)
    lseek(messages, 0, SEEK_SET)
    do {
      child = try ChildProcess("curl", arguments, errors: messages)
    } catch let failure as StreamFailure {
      throw StreamFailure(.source, "\(failure.reason); shards by http need the curl program")
    }
  }

  private func tryAgain(after ending: ChildProcess.Ending) throws {
    if ending == .exit(33), canResume {  // the server has no ranges: from the start once more
      canResume = false
      return try start()
    }
    let message = lastMessage()
    failures += 1
    guard failures < patience.attempts, !Self.isFinal(ending, message) else {
      throw StreamFailure(
        .source,
        "cannot fetch \(address): \(message.isEmpty ? "curl gave no reason" : message) "
          + "(curl's \(ending)) after \(received) bytes and \(failures) attempts in a row")
    }
    usleep(UInt32(min(patience.firstWait << (failures - 1), 60_000)) * 1000)
    try start()
  }

  /// Whether another attempt would say the same: a wrong address, or refused for good.
  private static func isFinal(_ ending: ChildProcess.Ending, _ message: String) -> Bool {
    guard case .exit(let code) = ending else { return false }
    if [1, 2, 3, 4, 47].contains(code) { return true }
    let refusals = [400, 401, 403, 404, 405, 410, 414]
    return code == 22 && refusals.contains { message.contains("error: \($0)") }
  }

  private func lastMessage() -> String {
    var bytes = [UInt8](repeating: 0, count: 500)
    let size = lseek(messages, 0, SEEK_END)
    let got = pread(messages, &bytes, bytes.count, max(0, size - off_t(bytes.count)))
    let text = String(decoding: bytes.prefix(max(0, got)), as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
  }
}
