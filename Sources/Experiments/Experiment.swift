public import Pipeline

/// One of the paper's tables or figures, on pictures and networks of a size that fits the machine: recipes that
/// differ in what is asked about, what is measured of each, and what the paper claims of it.
public struct Experiment: Sendable {
  /// One recipe of the experiment.
  public struct Row: Sendable {
    /// Its name in file names: `width-16`.
    public var name: String
    /// What distinguishes it, as a table shows it.
    public var title: String
    /// What it changes in the experiment's recipe, each as KEY=VALUE.
    public var settings: [String]
    /// Its place on the horizontal axis of a plot.
    public var x: Double?
    /// The ranks in a class that it is about, where it is not about all.
    public var ranks: ClosedRange<Int>?
    /// The stage whose network it is about, where rows are about several.
    public var measured: Stage?
    /// The stage whose network then learns other classes, where it is about that.
    public var transfersFrom: Stage?
  }

  /// What a run of a row came to.
  public struct Outcome: Sendable {
    /// The run's summary.
    public var summary: Summary
    /// The selection by ranks; empty unless rows are about some.
    public var ranks: [Inspection.Ranks]
    /// What the network of `transfersFrom` learned of other classes.
    public var transfers: [TransferMode: TransferResults] = [:]
  }

  /// A figure of each row.
  public struct Column: Sendable {
    /// What it is.
    public var title: String
    /// The figure, in percent or points; nil where it is not known.
    public var value: @Sendable (Outcome, Row) -> Double?
  }

  /// How a plot's horizontal axis goes.
  public struct Plot: Sendable {
    /// What it measures.
    public var axis: String
    /// The columns that are drawn, at most two.
    public var columns: [Int]
  }

  /// What it is called: `table2`.
  public var name: String
  /// What it asks, in a few words.
  public var title: String
  /// What is done, in a sentence or two.
  public var about: String
  /// The recipes.
  public var rows: [Row]
  /// What is measured of each.
  public var columns: [Column]
  /// The paper's own table, of ImageNet: a line of titles, then its lines, as it prints them; empty where it
  /// has none.
  public var paper: [[String]]
  /// What the paper claims.
  public var claims: [Claim]
  /// How it is drawn; nil where a table says it all.
  public var plot: Plot?
  /// What other classes its rows transfer to; nil where they do not.
  public var transfer: ExperimentTransfer?
  /// Rows that the recipe gives no ground for, and what they would take, in a line; nil where there are none.
  public var leftOut: String?
  /// Why it cannot be made of the recipe that it is to change; nil where it can.
  public var refusal: String?
}

extension Experiment.Column {
  /// A figure of a run's summary.
  private static func summary(
    _ title: String, _ value: @escaping @Sendable (Summary) -> Double?
  ) -> Self {
    Self(title: title) { outcome, _ in value(outcome.summary) }
  }

  /// Top-1 of the student's network trained on the labelled pictures alone.
  static let supervised = summary("Supervised") { $0[.baseline].top1 }
  /// Top-1 of the teacher.
  static let teacher = summary("Teacher") { $0[.teacher].top1 }
  /// Top-1 of the student before fine-tuning.
  static let pretrained = summary("Pre-trained only") { $0[.student].top1 }
  /// Top-1 of the student, of several rounds the last one's.
  static let student = summary("Fine-tuned") { $0[.fineTuning].top1 }
  /// Top-1 of the network that the row is about.
  static let ofRow = Self(title: "Top-1") { outcome, row in
    row.measured.flatMap { outcome.summary[$0].top1 }
  }
  /// The student's top-1 less the supervised one's, in points.
  static let gain = summary("Gain", \.gain)
  /// The part of selected labels that are right, in percent.
  static let purity = summary("Purity", \.selectionPurity)
  /// The pictures of the class that got fewest, in percent of those of the one that got most.
  static let leastFilled = summary("Least-filled class") { summary in
    guard let counts = summary.imagesPerClass?.values, let least = counts.min(),
      let most = counts.max(), most > 0
    else { return nil }
    return 100 * Double(least) / Double(most)
  }
  /// A figure of the ranks that the row is about.
  private static func ranks(
    _ title: String, _ value: @escaping @Sendable (Inspection.Ranks) -> Double?
  ) -> Self {
    Self(title: title) { outcome, row in
      outcome.ranks.first { $0.from == row.ranks?.lowerBound && $0.to == row.ranks?.upperBound }
        .flatMap(value)
    }
  }

  /// The part of these ranks' labels that are right, in percent.
  static let purityOfRanks = ranks("Purity") { $0.purity.map { 100 * $0 } }
  /// The mean probability that the teacher gives them, in percent.
  static let probabilityOfRanks = ranks("Probability") { $0.probability.map { 100 * $0 } }

  /// Top-1 on the test pictures of the classes that are transferred to.
  static func transferred(_ title: String, _ mode: TransferMode) -> Self {
    Self(title: title) { outcome, _ in outcome.transfers[mode]?.testTop1 }
  }

  /// The same of the vote of the nearest pictures.
  static let neighbours = Self(title: "Nearest neighbours") { outcome, _ in
    outcome.transfers[.fc]?.neighbours.testTop1
  }

  /// Top-1 of the row's network on the classes that it was trained on.
  static let start = Self(title: "On its own classes") { outcome, row in
    row.transfersFrom.flatMap { outcome.summary[$0].top1 }
  }
}
