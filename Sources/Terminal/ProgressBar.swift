import Files
import Foundation

/// How far one stage is.
package final class ProgressBar {
  private let console: Console
  private let title: String
  private let total: Int
  private let unit: String
  private let began = Stopwatch()
  private let firstStep: Int
  private var step: Int
  private var lastShown = Stopwatch(ran: 3600)
  private var smoothLoss: Double?
  private var smoothAccuracy: Double?
  private var parts: [String] = []

  init(
    console: Console, title: String, total: Int, start: Int, unit: String, counting: String
  ) {
    self.console = console
    self.title = title
    self.total = total
    self.unit = unit
    firstStep = start
    step = start
    if start > 0 { console.note("\(title): goes on at \(counting) \(start) of \(total)") }
  }

  /// Prints a line that only matters to somebody watching.
  package func note(_ line: String) { console.note(line) }

  /// Says where a training is, with the means over the steps since it was last said, which are smoothed
  /// over some 20 steps.
  package func update(
    _ step: Int, speed: Double, loss: Double, accuracy: Double, learningRate: Double
  ) {
    if loss.isFinite {
      let kept = pow(0.95, Double(max(1, step - self.step)))
      smoothLoss = smoothLoss.map { $0 * kept + loss * (1 - kept) } ?? loss
      smoothAccuracy = smoothAccuracy.map { $0 * kept + accuracy * (1 - kept) } ?? accuracy
    }
    self.step = step
    show([
      "\(Format.count(speed)) \(unit)/s", "loss \(Format.fixed(smoothLoss ?? .nan, 3))",
      "top-1 \(Format.fixed(100 * (smoothAccuracy ?? .nan), 1))",
      "lr \(Format.significant(learningRate, 3))",
    ])
  }

  /// Says that `count` more pictures went by.
  package func advance(by count: Int) {
    step += count
    guard isDue else { return }
    let seconds = began.seconds
    show(["\(Format.count(Double(step - firstStep) / max(seconds, 1e-9))) \(unit)/s"])
  }

  /// Leaves the last state on a line of its own.
  package func finish() {
    guard console.isTerminal, !console.isQuiet else { return }
    step = max(step, total)
    show(parts)
    console.endBar()
  }

  /// Whether it is time to say again how far it is.
  package var isDue: Bool {
    !console.isQuiet && lastShown.seconds >= (console.isTerminal ? 0.1 : 10)
  }

  /// Shows how far it is with `parts`, the most important first.
  private func show(_ parts: [String]) {
    lastShown = Stopwatch()
    self.parts = parts
    let share = min(1, Double(step) / Double(max(total, 1)))
    let percent = "\(Int((share * 100).rounded(.down)))%"
    let seconds = began.seconds
    let done = step - firstStep
    let left = done > 0 ? seconds / Double(done) * Double(max(total - step, 0)) : 0
    let time = step >= total ? "\(Format.duration(seconds))" : "\(Format.duration(left)) left"
    if console.isTerminal {
      console.draw(line(share: share, percent: percent, parts: parts, time: time))
    } else {
      console.note("\(title): \(([percent] + parts + [time]).joined(separator: "  "))")
    }
  }

  /// One line of the terminal: the title, a bar where there is room, the percentage, as many of
  /// `parts` as fit, and the time, which stays.
  private func line(share: Double, percent: String, parts: [String], time: String) -> String {
    // Two columns are left for the ^C that a terminal writes at its end.
    let width = console.width - 3
    let aligned = String(repeating: " ", count: max(0, 4 - percent.count)) + percent
    func tail(_ count: Int) -> String {
      " " + ([aligned] + parts.prefix(count) + [time]).joined(separator: "  ")
    }
    var head = title.padding(toLength: max(titleWidth, title.count), withPad: " ", startingAt: 0)
    if head.count + tail(0).count > width { head = title }
    var shown = parts.count
    while shown > 0, head.count + tail(shown).count > width { shown -= 1 }
    let tail = tail(shown)
    // As much room for the numbers as most need, so that the bars of all stages are of one length.
    let numbers = max(tail.count, min(64, width - head.count - 12))
    let room = min(30, width - head.count - numbers)
    var bar = ""
    if room >= 5 {
      let filled = Int(share * Double(room))
      bar = String(repeating: "━", count: filled)
      let rest = String(repeating: "─", count: room - filled)
      bar = console.isColoured ? "\u{1B}[36m\(bar)\u{1B}[90m\(rest)\u{1B}[0m" : bar + rest
    }
    // Where not even that fits, the title gives way, so that the line is one line.
    return String(head.prefix(max(0, width - tail.count))) + bar + tail.prefix(max(width, 8))
  }

  private let titleWidth = 16
}
