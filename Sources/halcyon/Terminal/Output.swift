import Files
import Foundation
import Synchronization
import Pipeline
import Terminal

/// Prints a line for people to standard output, its control characters written out.
/// - Throws: `FileError` when it cannot be written, for example to a full disk.
func printLine(_ line: String) throws { try printText(Format.visible(line)) }

/// Prints a text for programs to standard output, as it is, and a newline; a reader that has gone away
/// (`halcyon models | head`) is none to miss it.
/// - Throws: `FileError` when it cannot be written, for example to a full disk.
func printText(_ text: String) throws { try printBytes(Array((text + "\n").utf8)) }

/// Prints bytes for programs to standard output, as they are; a reader that has gone away is none to miss
/// them.
/// - Throws: `FileError` when they cannot be written, for example to a full disk.
func printBytes(_ bytes: [UInt8]) throws {
  let code = bytes.withUnsafeBytes { WholeTransfer.write($0, to: STDOUT_FILENO).code }
  guard code == 0 || code == EPIPE else { throw FileError("write", "standard output", code: code) }
}

/// Prints a line to standard error, with the number of the process that says it, where there are several.
func printError(_ line: String) {
  Console.tell("halcyon: \(ProcessName.prefix.withLock { $0 })\(line)")
}

/// What the processes of a group are called, but for the first, which speaks for all.
enum ProcessName {
  /// "process 3: ".
  static let prefix = Mutex("")
}

/// Prints lines to standard output; on a terminal long ones are broken between words, and what is left of
/// them stands further in.
func printWrapped(_ lines: [String]) throws {
  var size = winsize()
  let isTerminal =
    isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
  let width = isTerminal && size.ws_col >= 20 ? Int(size.ws_col) : Int.max
  for line in lines {
    try Format.wrapped(line, to: width).forEach(printLine)
  }
}

/// Prints `value` as JSON to standard output: one line, or over several where it is for reading.
func printJSON(_ value: some Encodable, pretty: Bool = true) throws {
  let data =
    try pretty
    ? JSON.indented(value, spellsNonFinite: true) : JSON.line(value, spellsNonFinite: true)
  try printText(String(decoding: data, as: UTF8.self))
}

/// Rows of cells as columns; cells that are numbers stand to the right.
func table(_ rows: [[String]], rightAligned: Set<Int>) -> [String] {
  let widths = (rows.first ?? []).indices.map { column in
    rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    var line = ""
    for (column, cell) in row.enumerated() {
      let space = String(repeating: " ", count: widths[column] - cell.count)
      line += (rightAligned.contains(column) ? space + cell : cell + space) + "  "
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
