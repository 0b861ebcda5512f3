public import Training

extension Recipe {
  /// What the student learns from U by itself, without a teacher: FixMatch (arXiv:2001.07685).
  public struct Consistency: Equatable, Sendable {
    /// Whether it does so, and when.
    public enum Use: String, CaseIterable, Sendable {
      /// It does not.
      case none
      /// After D̂: its fine-tuning sees U beside D.
      case after
      /// Instead of D̂: its pre-training sees U beside D.
      case instead
    }

    /// Whether it does so, and when.
    public var use = Use.none
    /// How.
    public var settings = ConsistencySettings()

    /// The defaults.
    public init() {}
  }
}

extension Recipe.Consistency.Use: Choice {
  /// What these are called in other words.
  public static var otherNames: [String: Self] {
    ["off": .none, "false": .none, "finetuning": .after, "pretraining": .instead]
  }
}

extension Recipe.Consistency {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "use", \.use,
        "Whether the student learns from U by itself, too (FixMatch): its sure guesses on a weak view of a picture are the labels of a strong one; after D̂ (in fine-tuning) or instead of it (in pre-training), whose training's budget, batch and schedule then count these pictures, too.",
        reaches: .itsStage, isYoung: true),
      .value(
        "threshold", \.settings.threshold,
        "The probability from which on a guess becomes a label.", reaches: .itsStage, isYoung: true),
      .value(
        "flexible", \.settings.flexible,
        "Whether each class has a threshold of its own, lower as long as few pictures have got its label (FlexMatch).",
        reaches: .itsStage, isYoung: true),
      .value(
        "ratio", \.settings.ratio,
        "How many pictures of U a batch has for each of D: with 7, one in 8 is D's.",
        reaches: .itsStage, isYoung: true),
      .value(
        "weight", \.settings.weight, "How much the loss on U counts beside D's.",
        reaches: .itsStage, isYoung: true),
      .value(
        "autoAugment", \.settings.autoAugment,
        "Which operations on pixels are drawn for a strong view, which is cut and mirrored as the training's pictures are.",
        reaches: .itsStage, isYoung: true),
      .value(
        "operations", \.settings.operations,
        "With randAugment: how many operations, one after the other.", reaches: .itsStage,
        isYoung: true),
      .value(
        "magnitude", \.settings.magnitude, "With randAugment: how strong they are, 0 to 30.",
        reaches: .itsStage, isYoung: true),
      .value(
        "erasing", \.settings.erasing,
        "The probability that a random rectangle of a strong view is erased.",
        reaches: .itsStage, isYoung: true),
    ]
  }
}

extension Recipe {
  /// Notes what is wrong with what the student learns from U by itself.
  func checkConsistency(_ found: inout RecipeProblems) {
    let consistency = student.consistency
    let (path, settings) = ("student.consistency", consistency.settings)
    func key(_ name: String) -> String { "\(path).\(name)" }
    guard consistency.use != .none else {
      found.refuse(
        settings != ConsistencySettings(), path,
        "\(path) has settings, but its use is none, so that they mean nothing; set use: after or instead, or remove "
          + "them")
      return
    }
    found.refuse(
      !(settings.threshold > 0 && settings.threshold < 1), key("threshold"),
      "\(key("threshold")) is \(settings.threshold); it is a probability above 0 and below 1, such as 0.95"
    )
    found.atLeast(1, settings.ratio, key("ratio"), atMost: 1024)
    found.atLeast(0, settings.weight, key("weight"))
    found.within(0...1, settings.erasing, key("erasing"))
    found.atLeast(1, settings.operations, key("operations"), atMost: 100)
    found.within(0...30, settings.magnitude, key("magnitude"))
    found.refuse(
      settings.autoAugment == .none && settings.erasing == 0, [key("autoAugment"), key("erasing")],
      "\(path): without operations and erasing a strong view is a weak one, from which nothing is learnt; give one of "
        + "them")
    found.refuse(
      ranking.fraction < 1, ["ranking.fraction", key("use")],
      "ranking.fraction leaves a part of U out of the selection, but \(path) sees all of it; set it to 1"
    )
    let isInstead = consistency.use == .instead
    let group = isInstead ? "student.training" : "fineTuning.training"
    let training = isInstead ? student.training : fineTuning.training
    found.refuse(
      training.loss == .sigmoid, ["\(group).loss", "\(group).preset"],
      "\(path): a guess is one class of a softmax, but \(group).loss is sigmoid; set it to softmax")
    let parts = max(1, training.accumulate).multipliedReportingOverflow(
      by: max(1, training.replicas))
    let part = parts.overflow ? 0 : training.batch / parts.partialValue
    let each = 1 + max(1, min(settings.ratio, 1024))
    found.refuse(
      part > 0 && part % each != 0, ["\(group).batch", key("ratio")],
      "\(group).batch: a part of a batch (\(part)) does not divide into 1 picture of D for each \(settings.ratio) of U; "
        + "give it a multiple of \(each), or another \(key("ratio"))")
    found.refuse(
      isInstead && student.targets != .hard, ["student.targets", key("use")],
      "student.targets: \(student.targets.rawValue) has no meaning with \(key("use")): instead, where the student sees "
        + "none of the selected pictures; remove one of the two")
    found.refuse(
      isInstead && student.mixLabelled > 0, ["student.mixLabelled", key("use")],
      "student.mixLabelled has no meaning with \(key("use")): instead, which sees D in any case; remove it"
    )
  }
}
