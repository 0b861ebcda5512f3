import Recipes

extension Experiment {
  /// Table 4: self-training, where teacher and student are the same network.
  @Sendable static func table4(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    let networks = ComparedNetwork.compared(at: scale, widths: [8, 16, 32, 64])
    let (smallest, largest) = (networks.first?.name ?? "", networks.last?.name ?? "")
    return Experiment(
      name: "table4", title: "Self-training: the teacher is the student's own network",
      about:
        "Each network is its own teacher. Top-1 in percent; the gain over training on the labels alone in points.",
      rows: networks.map {
        Row(
          name: $0.name, title: $0.title,
          settings: $0.settings(of: "teacher") + $0.settings(of: "student"))
      },
      columns: [.supervised, .student, .gain],
      paper: [
        ["", "Fine-tuned", "Gain"], ["ResNet-18", "70.6", "0.0"], ["ResNet-50", "77.6", "+1.2"],
        ["ResNeXt-50", "78.9", "+1.3"], ["ResNeXt-101 32x4", "80.2", "+1.7"],
        ["ResNeXt-101 32x8", "81.1", "+2.0"], ["ResNeXt-101 32x16", "81.4", "+1.8"],
      ],
      claims: [
        .larger(
          "Self-training gains more with the largest network than with the smallest",
          [(.init(largest, 2), .init(smallest, 2))])
      ])
  }
}
