import Foundation

/// What the user sees while work goes on: a bar on a terminal, plain lines elsewhere.
///
/// Everything goes to standard error, so that standard output holds results only.
public final class Console {
  let isTerminal: Bool
  let isColoured: Bool
  let isQuiet: Bool
  private let write: (String) -> Void

  /// The console of this process. `quiet` shows nothing but what `say` is given.
  public init(quiet: Bool = false) {
    isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    isColoured =
      isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    isQuiet = quiet
    // A terminal or a log that went away is no reason for the work to end.
    write = { _ = writeAll($0, to: STDERR_FILENO) }
  }

  /// A console that hands what it shows to `write`.
  init(isTerminal: Bool, isColoured: Bool = false, write: @escaping (String) -> Void) {
    self.isTerminal = isTerminal
    self.isColoured = isColoured
    isQuiet = false
    self.write = write
  }

  /// Prints a line.
  public func say(_ line: String) { write(line + "\n") }

  /// Prints a line that only matters to somebody watching.
  public func note(_ line: String) {
    if !isQuiet { write(line + "\n") }
  }

  /// How wide the terminal is, in columns.
  var width: Int {
    var size = winsize()
    let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return known ? Int(size.ws_col) : 100
  }

  func progress(_ title: String, total: Int, from start: Int = 0, unit: String = "img") -> Progress
  {
    Progress(console: self, title: title, total: total, start: start, unit: unit)
  }

  fileprivate func show(_ text: String) {
    if !isQuiet { write(text) }
  }
}

/// Writes all of `text` to an open file.
/// - Returns: 0, or the system's error number.
public func writeAll(_ text: String, to descriptor: Int32) -> Int32 {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if written < 0 {
      if errno == EINTR { continue }
      return errno
    }
    rest = rest.dropFirst(written)
  }
  return 0
}

/// How far one stage is.
final class Progress {
  private let console: Console
  private let title: String
  private let total: Int
  private let unit: String
  private let began = Date()
  private let firstStep: Int
  private var step: Int
  private var lastShown = Date.distantPast
  private var smoothLoss: Double?
  private var smoothAccuracy: Double?
  private var status = ""

  init(console: Console, title: String, total: Int, start: Int, unit: String) {
    self.console = console
    self.title = title
    self.total = total
    self.unit = unit
    firstStep = start
    step = start
    if start > 0 { console.note("\(title): goes on at step \(start) of \(total)") }
  }

  /// Says where a training is; the loss and the accuracy are smoothed over some 20 steps.
  func update(
    _ step: Int, speed: Double, loss: Double, accuracy: Double, learningRate: Double
  ) {
    if loss.isFinite {
      smoothLoss = smoothLoss.map { $0 * 0.95 + loss * 0.05 } ?? loss
      smoothAccuracy = smoothAccuracy.map { $0 * 0.95 + accuracy * 0.05 } ?? accuracy
    }
    self.step = step
    guard isDue else { return }
    let parts = [
      "\(Format.count(speed)) \(unit)/s", "loss \(Format.fixed(smoothLoss ?? .nan, 3))",
      "top-1 \(Format.fixed(100 * (smoothAccuracy ?? .nan), 1))",
      "lr \(Format.significant(learningRate, 3))",
    ]
    show(parts.joined(separator: "  "))
  }

  /// Says that `count` more pictures went by.
  func advance(by count: Int) {
    step += count
    guard isDue else { return }
    let seconds = -began.timeIntervalSinceNow
    show("\(Format.count(Double(step - firstStep) / max(seconds, 1e-9))) \(unit)/s")
  }

  /// Leaves the last state on a line of its own.
  func finish() {
    guard console.isTerminal, !console.isQuiet else { return }
    step = max(step, total)
    show(status)
    console.show("\n")
  }

  private var isDue: Bool {
    -lastShown.timeIntervalSinceNow >= (console.isTerminal ? 0.1 : 10)
  }

  private func show(_ status: String) {
    lastShown = Date()
    self.status = status
    let share = min(1, Double(step) / Double(max(total, 1)))
    let percent = "\(Int((share * 100).rounded(.down)))%"
    let seconds = -began.timeIntervalSinceNow
    let done = step - firstStep
    let left = done > 0 ? seconds / Double(done) * Double(max(total - step, 0)) : 0
    let time = step >= total ? "\(Format.duration(seconds))" : "\(Format.duration(left)) left"
    guard console.isTerminal else {
      console.show("\(title): \(percent)  \(status)  \(time)\n")
      return
    }
    let head = title.padding(toLength: 16, withPad: " ", startingAt: 0)
    let tail =
      " \(String(repeating: " ", count: max(0, 4 - percent.count)))\(percent)  \(status)  \(time)"
    // As much room for the numbers as most need, so that the bars of all stages are of one length.
    let numbers = max(tail.count, min(64, console.width - head.count - 12))
    let room = min(30, console.width - head.count - numbers - 1)
    var bar = ""
    if room >= 5 {
      let filled = Int(share * Double(room))
      bar = String(repeating: "━", count: filled)
      let rest = String(repeating: "─", count: room - filled)
      bar = console.isColoured ? "\u{1B}[36m\(bar)\u{1B}[90m\(rest)\u{1B}[0m" : bar + rest
    }
    console.show(
      "\r\u{1B}[2K\(head)\(bar)\(tail.prefix(max(20, console.width - head.count - max(room, 0) - 1)))"
    )
  }
}

/// Numbers as people read them.
public enum Format {
  /// With so many digits behind the point.
  public static func fixed(_ value: Double, _ digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : "-"
  }

  /// With so many significant digits.
  public static func significant(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)g", value)
  }

  /// A whole number with separators; one digit behind the point under ten.
  public static func count(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    if value < 10 { return fixed(value, 1) }
    return count(Int(value.rounded()))
  }

  /// A whole number with a comma before every third digit.
  public static func count(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var result = value < 0 ? "-" : ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// A number with leading zeros: 00042.
  static func padded(_ value: Int, digits: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// Hours, minutes and seconds: 1:02:03, or 0:07.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "-" }
    let all = Int(seconds.rounded())
    let tail = String(format: "%02d", all % 60)
    return all >= 3600
      ? "\(all / 3600):" + String(format: "%02d", all / 60 % 60) + ":\(tail)"
      : "\(all / 60):\(tail)"
  }

  /// Bytes in GiB, MiB or KiB.
  public static func bytes(_ count: Double) -> String {
    let units: [(Double, String)] = [(0x1p40, "TiB"), (0x1p30, "GiB"), (0x1p20, "MiB")]
    for (size, name) in units where count >= size {
      return "\(fixed(count / size, count / size < 10 ? 1 : 0)) \(name)"
    }
    return "\(fixed(count / 1024, 0)) KiB"
  }
}
