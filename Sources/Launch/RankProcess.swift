import CProcess
import Foundation

/// One of the processes that run together.
final class RankProcess {
  let rank: Int
  private let process: pid_t
  /// Where what it says is read; -1 where it says it itself, and at its end.
  private(set) var output: Int32
  private(set) var ending: RankEnding?
  /// Whether it ended because it was told to, or killed.
  private(set) var isTold = false
  private(set) var isKilled = false
  private var lines: PrefixedLines

  /// Starts a process of `request`. The first one has this process's streams, and with them the terminal;
  /// the others' lines are read here.
  /// - Throws: `LaunchError.system`.
  init(_ request: LaunchRequest, rank: Int, cores: [Int], port: Int, restarts: Int) throws {
    self.rank = rank
    lines = PrefixedLines(prefix: "[rank\(rank)]: ")
    var ends: [Int32] = [-1, -1]
    if rank > 0 {
      guard pipe(&ends) == 0 else { throw LaunchError.system("cannot make a pipe", code: errno) }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    }
    defer { if ends[1] >= 0 { close(ends[1]) } }
    let environment = request.environment(of: rank, port: port, restarts: restarts)
      .map { Array("\($0.key)=\($0.value)".utf8) }
    let numbers = cores.map { Int32($0) }
    var child: Int32 = 0
    let arguments = [Array("halcyon".utf8)] + request.arguments
    let code = Self.withStrings(arguments) { arguments in
      Self.withStrings(environment) { environment in
        cprocess_start(
          request.program, arguments, environment, numbers, numbers.count, ends[1], &child)
      }
    }
    guard code == 0 else {
      if ends[0] >= 0 { close(ends[0]) }
      throw LaunchError.system("cannot start \(request.program)", code: code)
    }
    process = child
    output = ends[0]
  }

  deinit { if output >= 0 { close(output) } }

  /// Sends it `signal`, unless it has ended.
  func send(_ signal: Int32) {
    guard ending == nil else { return }
    isTold = true
    if signal == SIGKILL { isKilled = true }
    kill(process, signal)
    // A process that was stopped hears nothing but that.
    if signal == SIGKILL { kill(process, SIGCONT) }
  }

  /// Looks whether it has ended.
  /// - Returns: Whether it has just done so.
  func look() -> Bool {
    guard ending == nil else { return false }
    var status: Int32 = 0
    let found = waitpid(process, &status, WNOHANG)
    guard found != 0, !(found < 0 && errno == EINTR) else { return false }
    ending = found < 0 ? .exit(1) : RankEnding(status: status)
    return true
  }

  /// Reads what it has said; after its end also a last line without an end.
  func read(_ say: (String) -> Void) {
    guard output >= 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var isOver = false
    // As much as a pipe holds, so that one that never ceases does not hold up the others.
    for _ in 0..<4 {
      let got = Foundation.read(output, &buffer, buffer.count)
      if got > 0 { lines.take(buffer[..<got], say) }
      isOver = got == 0 || (got < 0 && ![EINTR, EAGAIN, EWOULDBLOCK].contains(errno))
      if got <= 0, isOver || errno != EINTR { break }
    }
    if isOver || ending != nil { lines.end(say) }
    guard isOver else { return }
    close(output)
    output = -1
  }

  private static func withStrings<Result>(
    _ strings: [[UInt8]], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0.map { CChar(bitPattern: $0) } + [0]) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
  }
}
