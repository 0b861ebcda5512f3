import Recipes

extension Experiment {
  /// Table 3: one student with teachers of several strengths.
  @Sendable static func table3(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    let networks =
      ComparedNetwork.compared(at: scale, widths: [4, 8, 16, 32])
      + (scale == .paper ? [ComparedNetwork(model: "resnext101_32x48d")] : [])
    let (weakest, strongest) = (networks.first?.name ?? "", networks.last?.name ?? "")
    return Experiment(
      name: "table3", title: "One student, teachers of several strengths",
      about:
        "Teachers of several sizes rank the unlabelled pictures for the same student. Top-1 in percent; the last "
        + "column is the student's network on the labels alone.",
      rows: networks.map {
        Row(name: $0.name, title: $0.title, settings: $0.settings(of: "teacher"))
      },
      columns: [.teacher, .student, .supervised],
      paper: [
        ["", "Teacher", "Fine-tuned", "Supervised"], ["ResNet-18", "70.6", "75.7", "76.4"],
        ["ResNet-50", "76.4", "77.6", "76.4"], ["ResNeXt-50", "77.6", "78.2", "76.4"],
        ["ResNeXt-101 32x4", "78.5", "78.7", "76.4"], ["ResNeXt-101 32x8", "79.1", "78.7", "76.4"],
        ["ResNeXt-101 32x16", "79.6", "79.1", "76.4"],
        ["ResNeXt-101 32x48", "79.8", "79.1", "76.4"],
      ],
      claims: [
        .larger(
          "The strongest teacher gives a better student than the weakest",
          [(.init(strongest, 1), .init(weakest, 1))]),
        .larger(
          "A teacher weaker than the supervised student makes the student worse than that",
          [
            (.init(weakest, 2), .init(weakest, 0)), (.init(weakest, 2), .init(weakest, 1)),
          ], premises: 1),
      ])
  }
}
