import Recipes

extension Experiment {
  /// Table 2: students of several sizes, each with the same teacher and selection, beside the same networks trained on
  /// the labels alone.
  @Sendable static func table2(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    let networks = ComparedNetwork.compared(at: scale, widths: [8, 16, 32, 64])
    return Experiment(
      name: "table2", title: "Students of several sizes against the same networks on labels alone",
      about:
        "One teacher ranks the unlabelled pictures; each student is pre-trained on the selection and fine-tuned on "
        + "the labels, and is trained on the labels alone for comparison. Top-1 in percent.",
      rows: networks.map {
        Row(name: $0.name, title: $0.title, settings: $0.settings(of: "student"))
      },
      columns: [.supervised, .pretrained, .student],
      paper: [
        ["", "Supervised", "Pre-trained only", "Fine-tuned"],
        ["ResNet-18", "70.6", "68.7", "72.6"],
        ["ResNet-50", "76.4", "75.9", "79.1"], ["ResNeXt-50 32x4", "77.6", "76.7", "79.9"],
        ["ResNeXt-101 32x4", "78.5", "77.5", "80.8"], ["ResNeXt-101 32x8", "79.1", "78.1", "81.2"],
        ["ResNeXt-101 32x16", "79.6", "78.5", "81.2"],
      ],
      claims: [
        .larger(
          "A fine-tuned student beats its network trained on the labels alone, at each size",
          networks.map { (.init($0.name, 2), .init($0.name, 0)) }),
        .larger(
          "Fine-tuning on the true labels improves on pre-training alone, at each size",
          networks.map { (.init($0.name, 2), .init($0.name, 1)) }),
      ])
  }
}
