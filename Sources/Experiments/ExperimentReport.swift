import Files
import Foundation
import Pages

/// `report.html` of an experiment: the verdicts, the table with the paper's figures beside ours, the plot, and how
/// each row is run again.
struct ExperimentReport {
  private let experiment: Experiment
  private let results: ExperimentResults

  init(_ experiment: Experiment, _ results: ExperimentResults) {
    self.experiment = experiment
    self.results = results
  }

  var html: String {
    Page.html(
      title: "\(results.name): \(results.title)",
      [
        """
        <header>
        <h1>\(results.title)</h1>
        <p class="lead">\(experiment.about)</p>
        </header>
        """,
        claims, table, plot, making,
      ])
  }

  // MARK: - Claims

  private var claims: HTML {
    let items = results.claims.map { outcome -> HTML in
      let style =
        switch outcome.verdict {
        case .holds: "gained"
        case .doesNotHold: "lost"
        case .tooClose, .notMeasured, .notTested: "open"
        }
      let lines = outcome.comparisons.map { comparison -> HTML in
        let difference = comparison.difference.map { Self.signed($0) } ?? "not known"
        return """
          <li>\(comparison.first) − \(comparison.second): \
          <span class="nowrap">\(difference)</span>, \(comparison.verdict.rawValue)</li>
          """
      }
      return """
        <div class="verdict \(style)">
        <div><p><b>\(outcome.claim): \(outcome.verdict.rawValue).</b></p>
        <ul class="small">
        \(lines)
        </ul></div>
        </div>
        """
    }
    return """
      <section aria-label="Claims">
      \(items)
      <p class="small">Differences are in points, taken within each seed: their mean and 95 % interval by \
      Student's t. A claim holds where all of each interval says so, and does not where all of one contradicts \
      it.</p>
      </section>
      """
  }

  // MARK: - The table

  private var table: HTML {
    let rows = results.rows.map { row in
      [row.title] + row.intervals.map { $0.map(Self.text) ?? "-" }
    }
    let seeds = results.seeds.map(String.init).joined(separator: ", ")
    return """
      <section>
      <h2>Figures</h2>
      \(lines("Here: mean over the seeds \(seeds), and 95 % interval", [[""] + results.columns] + rows))
      \(experiment.paper.isEmpty ? .none : lines("In the paper, of ImageNet with its own networks", experiment.paper))
      </section>
      """
  }

  /// A table whose first row has the titles of its columns.
  private func lines(_ caption: String, _ rows: [[String]]) -> HTML {
    let heads = (rows.first ?? []).map { title -> HTML in
      title.isEmpty ? "<td></td>" : "<th scope=\"col\">\(title)</th>"
    }
    let body = rows.dropFirst().map { row -> HTML in
      let cells = row.dropFirst().map { cell -> HTML in "<td>\(cell)</td>" }
      return "<tr><th scope=\"row\" class=\"text\">\(row.first ?? "")</th>\(cells)</tr>"
    }
    return """
      <table>
      <caption>\(caption)</caption>
      <thead><tr>\(heads)</tr></thead>
      <tbody>
      \(body)
      </tbody>
      </table>
      """
  }

  // MARK: - The plot

  private var plot: HTML {
    guard let plot = experiment.plot else { return .none }
    let series = zip(plot.columns, ["first", "second"]).map { column, style in
      LineChart.Series(
        name: results.columns[column], style: style,
        points: zip(experiment.rows, results.rows).compactMap { row, result in
          row.x.flatMap { x in result.intervals[column].map { (x, $0.mean) } }
        }.sorted { $0.x < $1.x }, isMarked: true)
    }
    let (xs, ys) = (series.flatMap { $0.points.map(\.x) }, series.flatMap { $0.points.map(\.y) })
    guard let left = xs.min(), let right = xs.max(), let low = ys.min(), let high = ys.max(),
      left > 0
    else { return .none }
    let legend = series.map { series -> HTML in
      """
      <li><svg aria-hidden="true"><path class="line \(series.style)" d="M0 7h30"/>\
      <circle class="mark \(series.style)" cx="15" cy="7" r="3"/></svg>\(series.name)</li>
      """
    }
    let chart = LineChart(
      title: "Percent, by \(plot.axis)", x: .logarithmic(plot.axis, left...right, isExact: true),
      y: .linear("", low...high), series: series)
    return """
      <section>
      <h2>Plot</h2>
      <ul class="legend">\(legend)</ul>
      <div class="charts one">
      \(chart.html)
      </div>
      </section>
      """
  }

  // MARK: - How it was made

  private var making: HTML {
    let commands = results.rows.map { row -> HTML in
      "<li>\(row.title): <code>halcyon run \(row.recipe) --set seed=\(results.seeds.first ?? 0)</code></li>"
    }
    return """
      <section>
      <h2>How it was made</h2>
      <p>Scale \(results.scale), \(Format.duration(results.seconds)) of training and scoring on \
      \(results.device), \(results.precision), libtorch \(results.libtorch). All again, or on with it: \
      <code>\(results.command) --out \(Format.shellWord(results.out))</code>. One row:</p>
      <ul>
      \(commands)
      </ul>
      </section>
      """
  }

  static func text(_ interval: Interval) -> String {
    Format.fixed(interval.mean, 2)
      + (interval.margin.map { " ± \(Format.fixed($0, 2))" } ?? "")
  }

  static func signed(_ interval: Interval) -> String {
    let size = Format.fixed(abs(interval.mean), 2)
    let sign = size == "0.00" ? "" : interval.mean < 0 ? "−" : "+"
    return sign + size
      + (interval.margin.map { " ± \(Format.fixed($0, 2))" } ?? "")
  }
}
