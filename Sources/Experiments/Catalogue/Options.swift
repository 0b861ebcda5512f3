import Recipes

extension Experiment {
  /// Today's options, each against the paper's recipe at the same budgets.
  @Sendable static func options(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    func of(_ groups: [String], _ settings: [String]) -> [String] {
      groups.flatMap { group in settings.map { "\(group).training.\($0)" } }
    }
    let views = ["augmentation.autoAugment=randAugment"]
    let networks = ["teacher", "student", "baseline"]
    let rows = [
      Row(name: "paper", title: "The paper's recipe: hard targets", settings: []),
      Row(name: "soft", title: "Soft targets", settings: ["student.targets=soft"]),
      Row(
        name: "labelled", title: "A tenth of D in pre-training",
        settings: ["student.mixLabelled=0.1"]),
      Row(
        name: "smoothing", title: "Label smoothing 0.1",
        settings: of(["student"], ["labelSmoothing=0.1"])),
      Row(
        name: "mixup", title: "Mixup 0.2", settings: of(["student"], ["augmentation.mixup=0.2"])),
      Row(
        name: "cutmix", title: "CutMix 1", settings: of(["student"], ["augmentation.cutmix=1"])),
      Row(
        name: "views-student", title: "RandAugment in the student", settings: of(["student"], views)
      ),
      Row(name: "views", title: "RandAugment in all networks", settings: of(networks, views)),
      Row(
        name: "views-soft", title: "RandAugment in all networks, soft targets",
        settings: of(networks, views) + ["student.targets=soft"]),
    ]
    // Whatever the recipe has of these itself.
    let none =
      ["student.targets=hard", "student.mixLabelled=0"]
      + of(
        networks,
        [
          "preset=none", "labelSmoothing=0", "augmentation.mixup=0", "augmentation.cutmix=0",
          "augmentation.autoAugment=none",
        ])
    return Experiment(
      name: "options", title: "Options of today's trainings",
      about:
        "Each row changes the paper's recipe in one way, at the same budgets; what changes the baseline, too, is in "
        + "both. Top-1 in percent.",
      rows: rows.map { row in
        var row = row
        row.settings =
          none.filter { setting in
            !row.settings.contains { $0.prefix { $0 != "=" } == setting.prefix { $0 != "=" } }
          } + row.settings
        return row
      }, columns: [.supervised, .teacher, .student], paper: [],
      claims: [
        .larger(
          "Soft targets give a better student than hard ones",
          [(.init("soft", 2), .init("paper", 2))]),
        .larger(
          "RandAugment in all networks with soft targets gives a better student than the paper's recipe",
          [(.init("views-soft", 2), .init("paper", 2))]),
        .larger(
          "With them the student still beats its network trained on the labels alone with the same augmentation",
          [(.init("views-soft", 2), .init("views-soft", 0))]),
      ])
  }
}
