import ArgumentParser
import Pipeline

/// `halcyon report`: the summary and the report of what a run directory holds.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write summary.json and report.html of a run anew.")

  @OptionGroup var options: RunOptions

  @Flag(help: "Print the summary as JSON, and nothing else.")
  var json = false

  func run() throws {
    let run = try options.open(quiet: json, needsImages: false)
    let summary = try Summarize.perform(in: run)
    if json {
      try printJSON(summary)
    } else {
      try resultLines(summary, directory: run.directory).forEach(printLine)
    }
  }
}
