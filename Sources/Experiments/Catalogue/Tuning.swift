import Recipes
import Training

extension Experiment {
  /// Whether a recipe is tuned: it beside ones that differ in one habit of training each, in all of their networks.
  @Sendable static func tuning(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    let rows =
      [Row(name: "recipe", title: "The recipe", settings: [])]
      + recipe.tuningTrials.map { Row(name: $0.name, title: $0.title, settings: $0.settings) }
    return Experiment(
      name: "tuning", title: "The recipe beside ones that differ in one setting",
      about:
        "Each row changes one setting in the teacher, the student and the network trained on the labels alone, at the "
        + "same budgets. What is chosen by it must not be measured on the same pictures afterwards: name held-out ones in "
        + "data.test. Top-1 in percent.",
      rows: rows, columns: [.supervised, .teacher, .student], paper: [],
      claims: [
        .behind(
          "No change makes the student better by more than a point", byAtMost: 1,
          rows.dropFirst().map { (.init("recipe", 2), .init($0.name, 2)) }),
        .behind(
          "No change makes the network trained on the labels alone better by more than a point",
          byAtMost: 1,
          rows.dropFirst().map { (.init("recipe", 0), .init($0.name, 0)) }),
      ])
  }
}

extension Recipe {
  /// Changes of one habit each, none of which leaves the recipe as it is.
  fileprivate var tuningTrials: [(name: String, title: String, settings: [String])] {
    let trainings = [
      ("teacher", teacher.training), ("student", student.training), ("baseline", baseline.training),
    ]
    func each(_ change: (TrainingSettings) -> [String]) -> [String] {
      trainings.flatMap { group, training in change(training).map { "\(group).training.\($0)" } }
    }
    func rates(_ factor: Double) -> [String] {
      each { ["learningRate=\(factor * $0.learningRate)", "warmUpFrom=\(factor * $0.warmUpFrom)"] }
    }
    func decays(_ factor: Double) -> [String] {
      each { ["weightDecay=\(factor * $0.weightDecay)"] }
    }
    let views = teacher.training.augmentation.autoAugment
    let erases = teacher.training.augmentation.erasing > 0
    return [
      ("rate-quarter", "A quarter of the learning rate", rates(0.25)),
      ("rate-half", "Half of the learning rate", rates(0.5)),
      ("rate-two", "Twice the learning rate", rates(2)),
    ]
      + (trainings.contains { $0.1.weightDecay > 0 }
        ? [
          ("decay-quarter", "A quarter of the weight decay", decays(0.25)),
          ("decay-four", "Four times the weight decay", decays(4)),
        ] : [])
      + [
        ("batch-two", "Twice the batch", each { ["batch=\(2 * $0.batch)"] }),
        (
          "views", views == .none ? "With RandAugment" : "Without \(views.rawValue)",
          each { _ in ["augmentation.autoAugment=\(views == .none ? "randAugment" : "none")"] }
        ),
        (
          "erasing", erases ? "Without erasing" : "With erasing, 0.5",
          each { _ in ["augmentation.erasing=\(erases ? 0 : 0.5)"] }
        ),
        (
          "targets", student.targets == .soft ? "Hard targets" : "Soft targets",
          ["student.targets=\(student.targets == .soft ? "hard" : "soft")"]
            + (student.mixLabelled == 1 ? ["student.mixLabelled=0"] : [])
        ),
        ("k-two", "Twice K", ["ranking.imagesPerClass=\(2 * ranking.imagesPerClass)"]),
      ]
      + (ranking.imagesPerClass > 1
        ? [("k-half", "Half of K", ["ranking.imagesPerClass=\(ranking.imagesPerClass / 2)"])] : [])
  }
}
