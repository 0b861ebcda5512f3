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
  }

  /// A figure of each row.
  public struct Column: Sendable {
    /// What it is.
    public var title: String
    /// The figure in a run's summary, in percent or points; nil where it is not known.
    public var value: @Sendable (Summary) -> Double?
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
}

extension Experiment.Column {
  /// Top-1 of the student's network trained on the labelled pictures alone.
  static let supervised = Self(title: "Supervised") { $0[.baseline].top1 }
  /// Top-1 of the teacher.
  static let teacher = Self(title: "Teacher") { $0[.teacher].top1 }
  /// Top-1 of the student before fine-tuning.
  static let pretrained = Self(title: "Pre-trained only") { $0[.student].top1 }
  /// Top-1 of the student.
  static let student = Self(title: "Fine-tuned") { $0[.fineTuning].top1 }
  /// The student's top-1 less the supervised one's, in points.
  static let gain = Self(title: "Gain") { $0.gain }
  /// The part of selected labels that are right, in percent.
  static let purity = Self(title: "Purity") { $0.selectionPurity }
}
