import Files
import Foundation
import Synchronization

/// What the user sees while work goes on: a bar on a terminal, plain lines elsewhere.
///
/// Everything goes to standard error, so that standard output holds results only. Control characters, which
/// file names may hold, are written out. On a terminal, lines are broken between words.
public final class Console {
  package let isTerminal: Bool
  package let isColoured: Bool
  package let isQuiet: Bool
  private let fixedWidth: Int?
  private let write: (String) -> Void

  /// The console of this process. `quiet` shows nothing but what `say` is given.
  public init(quiet: Bool = false) {
    isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    isColoured =
      isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    isQuiet = quiet
    fixedWidth = nil
    // A terminal or a log that went away is no reason for the work to end.
    write = { WholeTransfer.write($0, to: STDERR_FILENO) }
  }

  /// A console that hands what it shows to `write`.
  package init(
    isTerminal: Bool, isColoured: Bool = false, width: Int? = nil,
    write: @escaping (String) -> Void
  ) {
    self.isTerminal = isTerminal
    self.isColoured = isColoured
    isQuiet = false
    fixedWidth = width
    self.write = write
  }

  /// A console that shows nothing at all.
  package static var silent: Console { Console(isTerminal: false) { _ in } }

  /// Prints a line.
  public func say(_ line: String) { write(Self.below(line, width: isTerminal ? width : .max)) }

  /// Prints a warning.
  package func warn(_ message: String) { say("warning: \(message)") }

  /// Prints a line that only matters to somebody watching.
  public func note(_ line: String) {
    if !isQuiet { say(line) }
  }

  /// Prints a line to standard error from any thread; it begins on a line of its own.
  public static func tell(_ line: String) {
    let width = isatty(STDERR_FILENO) == 1 ? terminalWidth : .max
    WholeTransfer.write(below(line, width: width), to: STDERR_FILENO)
  }

  /// Whether a bar stands on the terminal's last line.
  private static let hasBar = Atomic<Bool>(false)

  private static func below(_ line: String, width: Int) -> String {
    let lines = Format.wrapped(Format.visible(line), to: max(20, width))
    return (hasBar.exchange(false, ordering: .relaxed) ? "\n" : "")
      + lines.joined(separator: "\n") + "\n"
  }

  /// How wide the terminal is, in columns.
  package var width: Int { fixedWidth ?? Self.terminalWidth }

  private static var terminalWidth: Int {
    var size = winsize()
    let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return known ? Int(size.ws_col) : 100
  }

  package func progress(
    _ title: String, total: Int, from start: Int = 0, unit: String = "img",
    counting: String = "step"
  ) -> ProgressBar {
    ProgressBar(
      console: self, title: title, total: total, start: start, unit: unit, counting: counting)
  }

  /// Draws a bar over the one before.
  func draw(_ bar: String) {
    guard !isQuiet else { return }
    Self.hasBar.store(true, ordering: .relaxed)
    write("\r\u{1B}[2K" + bar)
  }

  /// Leaves the bar where it stands and goes on below it.
  func endBar() {
    if !isQuiet, Self.hasBar.exchange(false, ordering: .relaxed) { write("\n") }
  }
}
