import Foundation

/// A file on a web server, fetched by the `curl` program and taken up again where it stopped.
final class FetchedStream: ByteStream {
  /// When to give up waiting.
  struct Patience: Sendable {
    /// How often in a row nothing may come before it is an error.
    var attempts = 5
    /// Milliseconds to wait before the second attempt, twice as many before the third, …
    var firstWait = 500
    /// Fewer than 1,000 bytes a second for so many seconds are a stall.
    var stallSeconds = 30
    /// A command that gives nothing for so many seconds is ended.
    var commandIdleSeconds = CommandStream.mostIdleSeconds
    /// Asked several times a second while nothing comes; true ends the waiting.
    var shouldStop: @Sendable () -> Bool = { false }

    /// Waits before another attempt.
    /// - Throws: `StreamFailure` of the kind `stopped`.
    func pause(milliseconds: Int) throws {
      let end = DispatchTime.now() + .milliseconds(milliseconds)
      while DispatchTime.now() < end {
        if shouldStop() { throw StreamFailure.stopped }
        usleep(UInt32(min(milliseconds, 50)) * 1000)
      }
    }
  }

  private let address: String
  private let patience: Patience
  private let note: ((String) -> Void)?
  private let messages: Int32
  /// Where curl writes the headers of its answers.
  private let headers: Int32
  /// What the first answer said about the file; nil before it.
  private(set) var served: ServedFile?
  /// Whether the headers of the answer that is being read have been looked at.
  private var isChecked = false
  private var hasNoted = false
  private var child: ChildProcess?
  private var received = 0
  /// Bytes that come once more because the server has no ranges.
  private var repeated = 0
  private var failures = 0
  private var canResume = true
  private var isAtEnd = false

  /// Begins to fetch `address`.
  /// - Parameters:
  ///   - address: Where the file is.
  ///   - patience: When to give the server up.
  ///   - note: Told the first time that the server fails and is asked again.
  /// - Throws: `StreamFailure` when curl cannot be started.
  init(
    _ address: String, patience: Patience = Patience(), note: ((String) -> Void)? = nil
  ) throws {
    self.address = address
    self.patience = patience
    self.note = note
    // curl's messages and headers go to files without names; the last message is quoted.
    messages = Self.unnamedFile()
    headers = Self.unnamedFile()
    guard messages >= 0, headers >= 0 else {
      throw StreamFailure(
        .source, "cannot write to the temporary folder: \(String(cString: strerror(errno)))")
    }
    try start()
  }

  deinit {
    child?.end()
    for file in [messages, headers] where file >= 0 { Foundation.close(file) }
  }

  private static func unnamedFile() -> Int32 {
    var name = Array((NSTemporaryDirectory() + "/halcyon-curl-XXXXXX").utf8CString)
    let file = mkstemp(&name)
    guard file >= 0 else { return file }
    unlink(name)
    // Above what a child's descriptors are put at.
    let copy = fcntl(file, F_DUPFD_CLOEXEC, 10)
    Foundation.close(file)
    return copy
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    while !isAtEnd, let child {
      // curl itself gives a server up that says nothing.
      _ = try child.hasOutput(within: nil, shouldStop: patience.shouldStop)
      let got = try child.read(into: room)
      if got > 0 { try checkAnswer() }
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
        try checkAnswer()
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
      "--speed-time", String(patience.stallSeconds), "--dump-header", "/dev/fd/3", "--url", address,
    ]
    repeated = 0
    if received > 0, canResume {
      arguments += ["--continue-at", String(received)]
      if let validator = served?.validator { arguments += ["--header", "If-Range: \(validator)"] }
    } else {
      repeated = received
    }
    for file in [messages, headers] {
      ftruncate(file, 0)
      lseek(file, 0, SEEK_SET)
    }
    isChecked = false
    do {
      child = try ChildProcess("curl", arguments, errors: messages, third: headers)
    } catch let failure as StreamFailure {
      throw StreamFailure(.source, "\(failure.reason); shards by http need the curl program")
    }
  }

  private func tryAgain(after ending: ChildProcess.Ending) throws {
    if ending == .exit(33), canResume {
      // The server has no ranges, or the file is another one: from the start once more, where it shows.
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
    if !hasNoted {
      hasNoted = true
      let what = message.isEmpty ? "curl's \(ending)" : message
      note?("\(address) failed after \(received) bytes (\(what)); it is asked again")
    }
    try patience.pause(milliseconds: min(patience.firstWait << (failures - 1), 60_000))
    try start()
  }

  /// Compares what the answer says about the file with what the first one said: the rest of another
  /// file would fit nothing.
  private func checkAnswer() throws {
    guard !isChecked else { return }
    isChecked = true
    // curl writes an answer's headers, and flushes them, before its first byte.
    let answer = ServedFile(headers: text(of: headers, last: 1 << 19))
    guard let served else {
      served = answer
      return
    }
    guard !answer.differs(from: served) else {
      throw StreamFailure(
        .source, "\(address) changed while it was read, after \(received) bytes; run it again")
    }
  }

  /// Whether another attempt would say the same: a wrong address, or refused for good.
  private static func isFinal(_ ending: ChildProcess.Ending, _ message: String) -> Bool {
    guard case .exit(let code) = ending else { return false }
    if [1, 2, 3, 4, 47].contains(code) { return true }
    let refusals = [400, 401, 403, 404, 405, 410, 414]
    return code == 22 && refusals.contains { message.contains("error: \($0)") }
  }

  private func lastMessage() -> String {
    text(of: messages, last: 500).split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
  }

  private func text(of file: Int32, last most: Int) -> String {
    var bytes = [UInt8](repeating: 0, count: most)
    let size = lseek(file, 0, SEEK_END)
    let got = pread(file, &bytes, bytes.count, max(0, size - off_t(bytes.count)))
    return String(decoding: bytes.prefix(max(0, got)), as: UTF8.self)
  }
}
