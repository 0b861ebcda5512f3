import Models
import Pipeline
import Recipes
import Training

extension Experiment {
  /// Table 6: one network, trained by the labels alone in today's ways, from tags, with a teacher's ranking, and with that
  /// of a teacher that has seen tags.
  @Sendable static func table6(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    let hasTags = recipe.data.tagged != nil && recipe.teacher.kind == .trained
    let fromNothing = hasTags ? recipe.settingsWithoutTags : []
    func alone(_ name: String, _ title: String, _ settings: [String]) -> Row {
      Row(
        name: name, title: "\(title), labels alone",
        settings: fromNothing + ["baseline.enabled=true"]
          + settings.map { "baseline.training.\($0)" }, measured: .baseline)
    }
    let policy = recipe.input.size > 64 ? "imagenet" : "cifar10"
    var rows = [
      alone("supervised", "Supervised", []),
      alone("mixup", "Mixup 0.2", ["augmentation.mixup=0.2"]),
      alone("autoaugment", "AutoAugment", ["augmentation.autoAugment=\(policy)"]),
      alone("strong", "Strong baseline (preset strong)", ["preset=strong"]),
    ]
    let ownTeacher = [
      "teacher.model=\(recipe.student.model)", "teacher.stem=\(recipe.student.stem.rawValue)",
      "teacher.width=\(recipe.student.width)",
    ]
    let refines = recipe.canRefineLabels
    if refines {
      rows.append(
        Row(
          name: "refined", title: "Label refinement, labels alone",
          settings: fromNothing + ownTeacher + recipe.settingsOfRefinement, measured: .student))
    }
    if hasTags {
      rows.append(
        Row(
          name: "weakly", title: "Weakly supervised: the student's network from tags, then labels",
          settings: ownTeacher, measured: .teacher))
    }
    rows.append(
      Row(
        name: "semi", title: "Semi-supervised", settings: fromNothing, measured: .fineTuning))
    if hasTags {
      rows.append(
        Row(
          name: "semi-weakly", title: "Semi-weakly supervised", settings: [],
          measured: .fineTuning))
    }
    let missing =
      hasTags
      ? ""
      : " The recipe has no tags (data.tagged), so that weakly and semi-weakly supervised training are left out; "
        + "Recipes/fashion-mnist-tags.yaml has some."
    return Experiment(
      name: "table6", title: "Labels alone, tags, a teacher's ranking, and both",
      about:
        "The student's network in each way that the paper compares. With label refinement the same network, trained on "
        + "the labels, says for each view of the labelled pictures what a second one is to make of it.\(missing) Top-1 "
        + "in percent.",
      rows: rows, columns: [.ofRow],
      paper: [
        ["ResNet-50", "Top-1"], ["Supervised (Xie et al.)", "76.1"], ["Mixup", "76.7"],
        ["Label refinery", "76.5"], ["AutoAugment", "77.6"], ["Weakly supervised", "78.2"],
        ["Semi-supervised", "79.1"], ["Semi-weakly supervised", "80.9"],
      ],
      claims: [
        .larger(
          "Semi-supervised training beats the labels alone",
          [(.init("semi", 0), .init("supervised", 0))]),
        .larger(
          "It beats them with Mixup, AutoAugment, the strong baseline's recipe and refined labels, too",
          (["mixup", "autoaugment", "strong"] + (refines ? ["refined"] : [])).map {
            (.init("semi", 0), .init($0, 0))
          }),
      ]
        + (hasTags
          ? [
            .larger(
              "Semi-weakly supervised training beats semi-supervised and weakly supervised training",
              ["semi", "weakly"].map { (.init("semi-weakly", 0), .init($0, 0)) })
          ] : []),
      leftOut: refines
        ? nil
        : "table6: label refinement is left out: it takes a teacher that is trained on the labels from nothing, and no "
          + "loss oneOfM")
  }
}

extension Recipe {
  /// Whether a teacher of the student's network, trained on the labels alone, can say what the student learns.
  fileprivate var canRefineLabels: Bool {
    teacher.kind == .trained && teacher.startFrom == nil && teacher.fineTuneOn.labelled == nil
      && ranking.teachers.isEmpty && baseline.training.loss != .oneOfM
  }

  /// What lets the student learn D as its teacher sees each view of it, as the baseline is trained.
  fileprivate var settingsOfRefinement: [String] {
    let group = "baseline.training."
    let training = settings.filter { $0.key.hasPrefix(group) }
      .map { "student.training.\($0.key.dropFirst(group.count))=\($0.value)" }
    let plain = ["labelSmoothing=0", "targetThreshold=null"].map { "student.training.\($0)" }
    let consistency = Self.defaultSettings.filter { $0.key.hasPrefix("student.consistency.") }
      .map { "\($0.key)=\($0.value)" }
    return ["rounds=1", "student.targets=teacher", "student.mixLabelled=1"] + consistency
      + training + plain
  }
}
