public import Training

extension Recipe.Teacher {
  /// Stage 0: what the teacher learns from the tags of W (`data.tagged`) before it learns D.
  ///
  /// Each tag is a class, or the class that `tagClasses` gives it; a picture with m of them is one
  /// example with m labels. Pictures without any are passed over.
  public struct Pretraining: Equatable, Sendable {
    /// A tag, or a class of `tagClasses`, that fewer pictures carry is no class.
    public var minimumImages = 100
    /// A CSV of `tag,class`, with several tags, spellings and languages to a class; nil makes each tag
    /// a class of its own.
    public var tagClasses: String?
    /// Which pictures of W are left out because D or the test pictures hold them too.
    public var leaveOut = Recipe.Duplicates.near
    /// How the network is trained on the tags.
    public var training = Recipe.Training.pretraining

    /// The defaults.
    public init() {}
  }
}

extension Recipe.Teacher {
  /// V: labelled pictures of another set, which the teacher learns after W's tags and before D.
  public struct FineTuneOn: Equatable, Sendable {
    /// The pictures: a folder, an IDX file, a list, or shards with labels; nil means D alone.
    public var labelled: String?
    /// As `data.labelledSplit`, for V.
    public var labelledSplit: String?
    /// Which pictures of V are left out because D or the test pictures hold them too.
    public var leaveOut = Recipe.Duplicates.near
    /// How the teacher is trained on them.
    public var training = Recipe.Training.fineTuning

    /// The defaults.
    public init() {}
  }
}

extension Recipe.Teacher.FineTuneOn {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "labelled", \.labelled,
        "V, which the teacher learns before D: labelled pictures of any classes; null means D alone.",
        reaches: .itsStage, isYoung: true),
      .value(
        "labelledSplit", \.labelledSplit, "As data.labelledSplit, for V.", reaches: .itsStage,
        isYoung: true),
      .value(
        "leaveOut", \.leaveOut,
        "Which pictures of V are left out because D or the test pictures hold them too.",
        reaches: .itsStage, isYoung: true),
      .training(\.training) { $0.teacher.fineTuneOn.labelled != nil }.young(reaching: .itsStage),
    ]
  }
}

extension Recipe.Teacher.Pretraining {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "minimumImages", \.minimumImages,
        "A tag, or a class of tagClasses, that fewer pictures carry is no class.",
        reaches: .pretraining, isYoung: true),
      .value(
        "tagClasses", \.tagClasses,
        "A CSV of tag,class, several tags and spellings to a class; null makes each tag a class of its own.",
        reaches: .pretraining, isYoung: true),
      .value(
        "leaveOut", \.leaveOut,
        "Which pictures of W are left out because D or the test pictures hold them too.",
        reaches: .pretraining, isYoung: true),
      .training(\.training) { $0.data.tagged != nil }.young(reaching: .pretraining),
    ]
  }
}

extension Recipe {
  /// Notes what is wrong with stage 0 and with the keys that say where W is.
  func checkPretraining(_ found: inout RecipeProblems) {
    for (key, value) in [
      ("data.taggedSplit", data.taggedSplit), ("data.taggedTags", data.taggedTags),
    ] {
      found.refuse(
        value != nil && data.tagged == nil, key,
        "\(key) is of data.tagged, which is missing; give it too")
    }
    found.atLeast(1, data.taggedImages, "data.taggedImages")
    found.atLeast(2, data.tagClassCount, "data.tagClassCount")
    let task = teacher.fineTuneOn
    found.refuse(
      task.labelledSplit != nil && task.labelled == nil, "teacher.fineTuneOn.labelledSplit",
      "teacher.fineTuneOn.labelledSplit is of teacher.fineTuneOn.labelled, which is missing; give it too"
    )
    if task.labelled != nil {
      found.refuse(
        task.training.freezeBackbone && teacher.startFrom == nil && data.tagged == nil,
        "teacher.fineTuneOn.training.freezeBackbone",
        "teacher.fineTuneOn.training.freezeBackbone needs weights to keep; give teacher.startFrom or "
          + "data.tagged")
    }
    guard data.tagged != nil else { return }
    let pretraining = teacher.pretraining
    found.atLeast(1, pretraining.minimumImages, "teacher.pretraining.minimumImages")
    found.refuse(
      pretraining.training.freezeBackbone && teacher.startFrom == nil,
      "teacher.pretraining.training.freezeBackbone",
      "teacher.pretraining.training.freezeBackbone needs weights to keep; give teacher.startFrom")
  }
}
