import Pipeline
import Recipes
import Training

extension Experiment {
  /// Table 8: what networks that were trained in several ways bring to classes that they have seen no label of.
  @Sendable static func table8(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    let isPaper = scale == .paper
    let hasTags = recipe.data.tagged != nil
    let plain = recipe.settingsWithoutTags
    let student = ComparedNetwork(
      model: recipe.student.model, stem: recipe.student.stem, width: recipe.student.width)
    var rows = [
      Row(
        name: "supervised", title: "Supervised", settings: plain + ["baseline.enabled=true"],
        transfersFrom: .baseline),
      Row(
        name: "semi", title: "Semi-supervised", settings: plain, transfersFrom: .fineTuning),
    ]
    var better = [("semi", "supervised")]
    if hasTags {
      rows.insert(
        Row(
          name: "weakly", title: "Weakly supervised",
          settings: student.settings(of: "teacher"), transfersFrom: .teacher), at: 1)
      rows.append(
        Row(
          name: "semi-weakly", title: "Semi-weakly supervised", settings: [],
          transfersFrom: .fineTuning))
      better += [("weakly", "supervised"), ("semi-weakly", "semi")]
    }
    let share = 0.4
    let leftOut =
      hasTags
      ? nil
      : "The weakly and semi-weakly supervised rows are left out: they take tags, which the recipe has not "
        + "(data.tagged, as in Recipes/fashion-mnist-tags.yaml)."
    let titles = [
      "supervised": "Supervised", "semi": "Semi-supervised", "weakly": "Weakly supervised",
    ]
    return Experiment(
      name: "table8", title: "What a student brings to other classes",
      about: (isPaper
        ? "Networks that were trained in several ways learn the pictures of another set"
        : "Two fifths of the classes are held out of all labels that networks are trained with, while the unlabelled "
          + "pictures keep theirs; then the networks learn these classes from a few labels")
        + ": wholly, with a new last layer (full), or by a linear layer on frozen features; settings are chosen on "
        + "held-out training pictures. Top-1 on the test pictures of the new classes in percent."
        + (hasTags && !isPaper
          ? " Tags are of all classes, the held-out ones too: they may tell what labels do not."
          : "")
        + (leftOut.map { " " + $0 } ?? ""),
      rows: rows,
      columns: [
        .transferred("Full", .full), .transferred("Linear layer", .fc), .neighbours, .start,
      ],
      paper: [
        ["ResNet-50, CUB-200-2011", "Full", "Linear layer"], ["Supervised", "82.1", "73.3"],
        ["Weakly supervised", "83.2", "74.0"], ["Semi-supervised", "83.6", "80.4"],
        ["Semi-weakly supervised", "84.8", "80.7"],
      ],
      claims: better.map { first, second in
        .larger(
          "\(rows.first { $0.name == first }?.title ?? first) training transfers better than "
            + "\((titles[second] ?? second).lowercased()), both wholly fine-tuned and by a linear layer",
          [(.init(first, 0), .init(second, 0)), (.init(first, 1), .init(second, 1))])
      },
      transfer: ExperimentTransfer(
        heldOutShare: isPaper ? nil : share, epochs: isPaper ? 100 : scale == .tiny ? 20 : 100,
        trials: scale == .tiny ? 2 : 10, heldOut: isPaper ? 0.2 : 0.4),
      leftOut: leftOut)
  }
}
