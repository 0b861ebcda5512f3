import Files
public import Pipeline

/// `results.json`: what an experiment came to. Keys may be added, not renamed.
public struct ExperimentResults: Codable, Sendable {
  /// One recipe's figures.
  public struct Row: Codable, Sendable {
    /// Its name and what it is.
    public var name, title: String
    /// What it changes in the experiment's recipe.
    public var settings: [String]
    /// The recipe with these changes, which `halcyon run` takes.
    public var recipe: String
    /// By column, the figure of each seed; nil where it is not known.
    public var values: [[Double?]]
    /// By column, the mean over the seeds.
    public var intervals: [Interval?]
    /// The run directory of each seed.
    public var runs: [String]
  }

  /// What the figures say of a claim.
  public struct Outcome: Codable, Sendable {
    /// One of its comparisons.
    public struct Comparison: Codable, Sendable {
      /// The two figures, as "row, column".
      public var first, second: String
      /// The first less the second, over the seeds; nil where one is not known.
      public var difference: Interval?
      /// What it says.
      public var verdict: Verdict
    }

    /// The claim.
    public var claim: String
    /// What its comparisons say together.
    public var verdict: Verdict
    /// All of them.
    public var comparisons: [Comparison]
  }

  /// The experiment, and what it asks.
  public var name, title: String
  /// Its size.
  public var scale: String
  /// The seeds, in the order of all figures.
  public var seeds: [Int]
  /// What is typed to have the same again, but for where.
  public var command: String
  /// Where: the folder of `--out`.
  public var out: String
  /// The titles of the columns.
  public var columns: [String]
  /// Its recipes.
  public var rows: [Row]
  /// Its claims.
  public var claims: [Outcome]
  /// Seconds that the stages of all its runs took, those once that several of them share.
  public var seconds: Double
  /// Where and how it was computed.
  public var device, precision, libtorch: String

  /// What `outcomes`, by row and seed, say of `experiment`.
  init(
    _ experiment: Experiment, _ request: ExperimentRequest, outcomes: [[Experiment.Outcome]],
    recipes: [String], runs: [[String]], seconds: Double
  ) {
    (name, title) = (experiment.name, experiment.title)
    (scale, seeds, command) = (request.scale.rawValue, request.seeds, request.command)
    out = request.out
    self.seconds = seconds
    columns = experiment.columns.map(\.title)
    let any = outcomes.first?.first?.summary
    (device, precision) = (any?.device ?? "", any?.precision ?? "")
    libtorch = any?.libtorch ?? ""
    rows = experiment.rows.enumerated().map { index, row in
      let values = experiment.columns.map { column in
        outcomes[index].map { column.value($0, row) }
      }
      return Row(
        name: row.name, title: row.title, settings: row.settings, recipe: recipes[index],
        values: values, intervals: values.map { Interval(of: $0.compactMap { $0 }) },
        runs: runs[index])
    }
    claims = []
    claims = experiment.claims.map(outcome)
  }

  /// By differences within each seed: what seeds have in common, such as the labels that they draw, is no part of
  /// them.
  private func outcome(_ claim: Claim) -> Outcome {
    let comparisons = claim.comparisons.map { comparison in
      let (first, second) = (values(comparison.first), values(comparison.second))
      let differences = zip(first, second).compactMap { a, b in
        a.flatMap { a in b.map { a - $0 } }
      }
      let interval = differences.count == seeds.count ? Interval(of: differences) : nil
      return Outcome.Comparison(
        first: words(comparison.first), second: words(comparison.second), difference: interval,
        verdict: interval.map { Verdict(comparison.relation, $0) } ?? .notMeasured)
    }
    return Outcome(
      claim: claim.text,
      verdict: Verdict(all: comparisons.map(\.verdict), premises: claim.premises),
      comparisons: comparisons)
  }

  private func values(_ cell: Claim.Cell) -> [Double?] {
    rows.first { $0.name == cell.row }?.values[cell.column] ?? []
  }

  private func words(_ cell: Claim.Cell) -> String {
    let row = rows.first { $0.name == cell.row }?.title ?? cell.row
    return "\(row), \(columns[cell.column].lowercased())"
  }

  /// Writes `results.json` and `results.csv`, a line for each figure of each seed, into `folder`.
  /// - Throws: `FileError` naming the file.
  func write(to folder: String) throws {
    try DurableFile.write(JSON.pretty(self), to: "\(folder)/results.json")
    var csv = "row,column,seed,value\n"
    for row in rows {
      for (column, values) in zip(columns, row.values) {
        for (seed, value) in zip(seeds, values) {
          csv += "\(row.name),\(column),\(seed),\(value.map { "\($0)" } ?? "")\n"
        }
      }
    }
    try DurableFile.write(csv, to: "\(folder)/results.csv")
  }
}
