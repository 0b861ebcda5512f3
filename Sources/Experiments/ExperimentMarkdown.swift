import Files

/// `results.md`: an experiment's figures, the paper's and the verdicts, as a section of `Experiments.md`.
struct ExperimentMarkdown {
  let experiment: Experiment
  let results: ExperimentResults

  var text: String {
    let seeds = results.seeds.map(String.init).joined(separator: ",")
    let figures =
      [[""] + results.columns]
      + results.rows.map { row in
        [row.title] + row.intervals.map { $0.map(ExperimentReport.text) ?? "-" }
      }
    var parts = [
      "## \(results.name): \(results.title)", experiment.about, Self.table(figures),
      "Mean and 95 % interval over the seeds \(seeds); "
        + "\(Format.duration(results.seconds)) on \(results.device), \(results.precision): "
        + "`\(results.command)`.",
    ]
    if !experiment.paper.isEmpty {
      parts += ["The paper, on ImageNet:", Self.table(experiment.paper)]
    }
    let claims = results.claims.map { outcome in
      let lines = outcome.comparisons.map { comparison in
        "  - \(comparison.first) − \(comparison.second): "
          + (comparison.difference.map(ExperimentReport.signed) ?? "not known")
          + ", \(comparison.verdict.rawValue)"
      }
      return (["- \(outcome.claim): **\(outcome.verdict.rawValue)**"] + lines)
        .joined(separator: "\n")
    }
    return (parts + [claims.joined(separator: "\n")]).joined(separator: "\n\n") + "\n"
  }

  private static func table(_ rows: [[String]]) -> String {
    guard let head = rows.first else { return "" }
    let rule = "|---|" + head.dropFirst().map { _ in "---:|" }.joined()
    let lines = rows.map { "| " + $0.joined(separator: " | ") + " |" }
    return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
  }
}
