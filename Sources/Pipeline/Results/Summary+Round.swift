import Files

extension Summary {
  /// What a round of several came to, in percent; nil where it is not known.
  public struct Round: Codable, Equatable, Sendable {
    /// Its number, from 1 on.
    public var round: Int
    /// Top-1 of its teacher, which from round 2 on is the student of the one before.
    public var teacher: Double?
    /// Pictures that it selected.
    public var selectedImages: Int?
    /// The part of its selected labels that are right.
    public var selectionPurity: Double?
    /// The same estimated by pictures that its teacher did not learn.
    public var purityEstimate: Estimate?
    /// Top-1 of its student before fine-tuning.
    public var pretrained: Double?
    /// Top-1 of its student.
    public var student: Double?
    /// Seconds that its stages took.
    public var seconds: Double

    /// The purity as a table has it: measured, or, with a ≈ before it, estimated; nil where it is not known.
    public var purityText: String? {
      selectionPurity.map { Format.fixed($0, 2) }
        ?? purityEstimate.map { "≈ \(Format.fixed($0.value, 2))" }
    }

    /// That of the run of a round.
    init(_ round: Int, _ summary: Summary) {
      self.round = round
      (teacher, student) = (summary[.teacher].top1, summary[.fineTuning].top1)
      pretrained = summary[.student].top1
      (selectedImages, selectionPurity) = (summary.selectedImages, summary.selectionPurity)
      purityEstimate = summary.purityEstimate
      seconds = Stage.pipeline.reduce(0) { $0 + (summary.seconds[$1.rawValue] ?? 0) }
    }

    private enum CodingKeys: String, CodingKey {
      case round, seconds
      case teacher = "teacher_top1"
      case selectedImages = "selected_images"
      case selectionPurity = "selection_purity"
      case purityEstimate = "selection_purity_estimate"
      case pretrained = "pretrained_top1"
      case student = "student_top1"
    }
  }
}
