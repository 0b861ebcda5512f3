import Files
import Foundation

/// A program whose standard output is read here.
///
/// It leads a process group of its own, so that a shell's children end with it; it has no standard
/// input, and none of this process's descriptors besides standard error.
final class ChildProcess {
  /// How a program ended.
  enum Ending: Equatable, CustomStringConvertible {
    case exit(Int32)
    case signal(Int32)

    var description: String {
      switch self {
      case .exit(let code): "exit status \(code)"
      case .signal(let number): "signal \(number)"
      }
    }
  }

  private static let starting = NSLock()
  private let identifier: pid_t
  private var output: Int32
  private var ending: Ending?

  /// Starts `program`, which is looked for in PATH.
  /// - Parameters:
  ///   - program: The program's name or path.
  ///   - arguments: Its arguments, without its name.
  ///   - variables: What its environment has besides this process's.
  /// - Throws: `StreamFailure` when it cannot be started.
  init(
    _ program: String, _ arguments: [String], variables: [String: String] = [:]
  ) throws {
    // One at a time: a program that another thread starts between these lines would hold this
    // pipe's end open, and its reader would wait for that program too.
    Self.starting.lock()
    defer { Self.starting.unlock() }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw StreamFailure(.source, "cannot make a pipe: \(String(cString: strerror(errno)))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { Foundation.close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // What this process ignores or blocks is no business of the program's: without SIGPIPE a
    // producer would not notice that nobody reads any more.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP, SIGCHLD] {
      sigaddset(&signals, number)
    }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))
    // What is a path in them is so by its bytes.
    let environment =
      ProcessInfo.processInfo.environment.filter { variables[$0.key] == nil }
      .map { Array("\($0.key)=\($0.value)".utf8) }
      + variables.map { PathText.bytes(of: "\($0.key)=\($0.value)") }
    var child: pid_t = 0
    let code = Self.withStrings(([program] + arguments).map(PathText.bytes)) { argv in
      Self.withStrings(environment) { envp in
        posix_spawnp(&child, program, &actions, &attributes, argv, envp)
      }
    }
    guard code == 0 else {
      Foundation.close(ends[0])
      throw StreamFailure(
        .source, "cannot start \(program): \(String(cString: strerror(code)))")
    }
    identifier = child
    output = ends[0]
  }

  deinit { end() }

  /// Reads from the program's standard output; 0 at the end.
  /// - Throws: `StreamFailure`.
  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    guard output >= 0 else { return 0 }
    while true {
      let got = Foundation.read(output, room.baseAddress, room.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw StreamFailure(.source, String(cString: strerror(errno))) }
      return got
    }
  }

  /// Waits at most `seconds`, or for ever, until the program has written something or ended its output.
  /// - Returns: Whether it has.
  /// - Throws: `StreamFailure` of the kind `stopped` as soon as `shouldStop` says so.
  func hasOutput(within seconds: Int?, shouldStop: () -> Bool) throws -> Bool {
    guard output >= 0 else { return true }
    let end = seconds.map { Self.now + $0 * 1000 } ?? .max
    while true {
      var descriptor = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      if poll(&descriptor, 1, Int32(max(0, min(end - Self.now, Self.interval)))) > 0 { return true }
      if shouldStop() { throw StreamFailure.stopped }
      if Self.now >= end { return false }
    }
  }

  /// Waits at most `seconds` until the program has ended by itself; nil where it has not.
  /// - Throws: `StreamFailure` of the kind `stopped` as soon as `shouldStop` says so.
  func wait(atMost seconds: Int, shouldStop: () -> Bool) throws -> Ending? {
    let end = Self.now + seconds * 1000
    var pause: UInt32 = 100
    while ending == nil {
      var status: Int32 = 0
      let found = waitpid(identifier, &status, WNOHANG)
      if found == identifier { return record(Self.ending(status)) }
      // Someone else took the status; what was read has to speak for itself.
      if found < 0, errno != EINTR { return record(.exit(0)) }
      if shouldStop() { throw StreamFailure.stopped }
      if Self.now >= end { return nil }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
    return ending
  }

  /// How many milliseconds pass between two questions whether to stop.
  private static let interval = 100

  /// Milliseconds of a clock that nobody sets.
  private static var now: Int { Int(DispatchTime.now().uptimeNanoseconds / 1_000_000) }

  /// Waits until the program has ended by itself.
  func wait() -> Ending {
    if let ending { return ending }
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 {
      // Someone else took the status; what was read has to speak for itself.
      guard errno == EINTR else { return record(.exit(0)) }
    }
    return record(Self.ending(status))
  }

  /// Ends the program: politely, and after a second with force; what is left of its process group
  /// then ends with it.
  func end() {
    if output >= 0 {
      Foundation.close(output)
      output = -1
    }
    guard ending == nil else { return }
    kill(-identifier, SIGTERM)
    var status: Int32 = 0
    for _ in 0..<100 {
      let found = waitpid(identifier, &status, WNOHANG)
      if found != 0 {
        _ = record(Self.ending(status))
        if found > 0 { kill(-identifier, SIGKILL) }
        return
      }
      usleep(10_000)
    }
    kill(-identifier, SIGKILL)
    _ = wait()
  }

  private func record(_ ending: Ending) -> Ending {
    self.ending = ending
    return ending
  }

  private static func ending(_ status: Int32) -> Ending {
    status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
  }

  private static func withStrings<Result>(
    _ strings: [[UInt8]], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0.map { CChar(bitPattern: $0) } + [0]) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
  }
}
