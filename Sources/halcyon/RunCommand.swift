import ArgumentParser
import Pipeline

/// `halcyon run`: all four stages.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run all four stages; run again to go on after a stop.")

  @OptionGroup var options: RunOptions

  @Flag(help: "Work out what would be done, in steps, memory, disk and time, and do nothing.")
  var dryRun = false

  @Flag(help: "Print the summary (or the dry run) as JSON, and nothing else.")
  var json = false

  func run() throws {
    if dryRun {
      let plan = try DryRun(options.read())
      if json { try printJSON(plan) } else { plan.lines.forEach(printLine) }
      return
    }
    let run = try options.open(quiet: json)
    let summary = try run.allStages()
    if json {
      try printJSON(summary)
    } else {
      resultLines(summary, directory: run.directory).forEach(printLine)
    }
  }
}

/// The result as a table, and where the report lies.
func resultLines(_ summary: Summary, directory: RunDirectory) -> [String] {
  func percent(_ value: Double?) -> String { value.map { Format.fixed($0, 2) } ?? "-" }
  var rows = [["", "top-1 %", "top-5 %"]]
  func row(_ name: String, _ top1: Double?, _ top5: Double?) {
    if top1 != nil { rows.append([name, percent(top1), percent(top5)]) }
  }
  row("supervised baseline", summary.supervisedTop1, summary.supervisedTop5)
  row(
    "baseline, as many images as the pipeline", summary.supervisedLongTop1,
    summary.supervisedLongTop5)
  row("teacher", summary.teacherTop1, summary.teacherTop5)
  row("student before fine-tuning", summary.pretrainedTop1, summary.pretrainedTop5)
  row("student", summary.studentTop1, summary.studentTop5)
  var lines = [""]
  if rows.count > 1 {
    lines += table(rows, rightAligned: [1, 2])
    if let gain = summary.gain {
      lines += ["", "gain of the student over the baseline: \(gain < 0 ? "" : "+")\(percent(gain)) points"]
    }
  } else {
    lines.append("no test pictures were given: set data.test to see accuracies")
  }
  return lines + ["report: \(directory.report)"]
}
