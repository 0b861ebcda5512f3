import Recipes
import Training

extension Experiment {
  private static func leftOut(isPart: Bool, canAsk: Bool) -> String? {
    let rows = [
      isPart ? "what sees all of U, since ranking.fraction is below 1" : nil,
      canAsk
        ? nil
        : "the teacher's probabilities of each view, which take a teacher that is trained or linear, and one alone",
    ].compactMap { $0 }
    return rows.isEmpty ? nil : "options: left out: \(rows.joined(separator: "; "))"
  }

  /// Today's options, each against the paper's recipe at the same budgets.
  @Sendable static func options(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    // The recipe sees only a part of U, and these would see all of it.
    let isPart = recipe.ranking.fraction < 1
    let options = recipe.optionsOfToday + (isPart ? [] : recipe.consistencyOptions)
    let none = Recipe.settingsWithoutOptions
    let rows =
      [Row(name: "paper", title: "The paper's recipe: hard targets", settings: none)]
      + options.map { option in
        Row(
          name: option.name, title: option.title,
          settings: none.filter { !option.changes($0) } + option.settings)
      }
    let claims =
      options.map { option in
        Claim.larger(
          "\(option.claim) a better student than the paper's recipe",
          [(.init(option.name, 2), .init("paper", 2))])
      } + [
        Claim.larger(
          "With RandAugment and soft targets the student still beats its network trained on the labels alone with the "
            + "same augmentation",
          [(.init("views-soft", 2), .init("views-soft", 0))])
      ]
    return Experiment(
      name: "options", title: "Options of today's trainings",
      about:
        "Each row changes the paper's recipe in one way, at the same budgets; what changes the baseline, too, is in "
        + "both, and fine-tuning keeps its own views. Two rounds share one pre-training's images (and have two "
        + "fine-tunings), and so do a pre-training and a fine-tuning that sees U. What sees U learns a fifth fewer images, "
        + "where budgets are in images: its weak views take forward passes, too. A student whose teacher is "
        + "asked about each view learns as many fewer as that takes. Top-1 in percent.",
      rows: rows, columns: [.supervised, .teacher, .student], paper: [],
      claims: claims, leftOut: leftOut(isPart: isPart, canAsk: recipe.teacherCanBeAsked))
  }
}
