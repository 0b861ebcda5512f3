import Files
import Recipes

extension Experiment {
  /// Figure 2, which shows pictures at ranks, in numbers: how many labels are right from the first rank to K.
  @Sendable static func figure2(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    let last = recipe.ranking.imagesPerClass
    // Each range is as long as all before it, as the selection's statistics have them.
    let rows = (0...6).reversed().compactMap { halvings -> Row? in
      let (from, to) = ((last >> (halvings + 1)) + 1, last >> halvings)
      guard from <= to else { return nil }
      return Row(
        name: "ranks-\(from)-\(to)", title: "Ranks \(Format.count(from)) to \(Format.count(to))",
        settings: [], x: Double(to), ranks: from...to)
    }
    let (first, end) = (rows.first?.name ?? "", rows.last?.name ?? "")
    return Experiment(
      name: "figure2", title: "What stands at which rank",
      about:
        "The pictures of each class by their rank: how many of their labels are right, and how sure the teacher is. "
        + "In percent. Each run's report shows the pictures themselves.",
      rows: rows, columns: [.purityOfRanks, .probabilityOfRanks], paper: [],
      claims: [
        .larger(
          "Labels are right more often at the first ranks than at the last",
          [(.init(first, 0), .init(end, 0))])
      ],
      plot: Plot(axis: "rank in the class", columns: [0, 1]))
  }
}
