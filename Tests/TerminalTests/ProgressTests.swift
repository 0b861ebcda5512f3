import Foundation
import Testing

@testable import Terminal

/// The process has one terminal, and so one bar at a time.
@Suite("Progress on a terminal", .serialized)
struct ProgressTests {
  /// Collects what a console writes.
  private final class Screen {
    var text = ""

    /// The last state of the line that `\r` begins anew.
    var bar: String {
      text.split(separator: "\r").last.map { String($0).replacing("\u{1B}[2K", with: "") } ?? ""
    }
  }

  private func drawn(width: Int, title: String = "teacher") -> String {
    let screen = Screen()
    let console = Console(isTerminal: true, width: width) { screen.text += $0 }
    let progress = console.progress(title, total: 100_000)
    progress.update(40_000, speed: 12_345, loss: 1.2345, accuracy: 0.876, learningRate: 0.00125)
    defer { console.endBar() }
    return screen.bar
  }

  @Test("the percentage and the time left stand at every width", arguments: 20...140)
  func timeLeft(width: Int) {
    let bar = drawn(width: width)
    #expect(bar.contains(" 40%  ") && bar.hasSuffix(" left"), "\(bar)")
    #expect(bar.count < width, "\(bar)")
  }

  @Test("what does not fit is left out, the learning rate first, then accuracy, loss and speed")
  func order() {
    let parts = ["12,345 img/s", "loss 1.234", "top-1 87.6", "lr 0.00125"]
    var before = parts.count
    for width in stride(from: 140, through: 20, by: -1) {
      let bar = drawn(width: width)
      let shown = parts.filter(bar.contains)
      #expect(shown == Array(parts.prefix(shown.count)), "\(bar)")
      #expect(shown.count <= before)
      before = shown.count
    }
    #expect(before == 0)
    #expect(drawn(width: 60).contains("12,345 img/s  0:00 left"))
  }

  @Test("a line that is said while a bar stands begins below it, and the next one does not")
  func below() {
    let screen = Screen()
    let console = Console(isTerminal: true, width: 80) { screen.text += $0 }
    console.progress("scores", total: 10).advance(by: 3)
    console.say("halcyon: stopped")
    console.say("again")
    #expect(screen.text.hasSuffix(" left\nhalcyon: stopped\nagain\n"), "\(screen.text)")
  }

  @Test("control characters, as file names may hold them, never reach the terminal")
  func controls() {
    let screen = Screen()
    let console = Console(isTerminal: true, width: 80) { screen.text += $0 }
    console.say("a\u{1B}[31m\nb.png")
    console.note("c\r.png")
    #expect(screen.text == "a\\x1B[31m\\nb.png\nc\\r.png\n")
  }

  @Test("a warning is broken between words at the terminal's width, and one line elsewhere")
  func warnings() {
    let screen = Screen()
    for isTerminal in [true, false] {
      let console = Console(isTerminal: isTerminal, width: 24) { screen.text += $0 }
      console.warn("one two three four five")
    }
    #expect(
      screen.text
        == "warning: one two three\n  four five\nwarning: one two three four five\n")
  }

  @Test("piped, every state is a line with all that is known")
  func piped() {
    let screen = Screen()
    let console = Console(isTerminal: false) { screen.text += $0 }
    console.progress("teacher", total: 4)
      .update(1, speed: 8, loss: 2, accuracy: 0.5, learningRate: 0.1)
    #expect(screen.text.hasPrefix("teacher: 25%  8.0 img/s  loss 2.000  top-1 50.0  lr 0.1  "))
    #expect(screen.text.hasSuffix(" left\n"))
  }
}
