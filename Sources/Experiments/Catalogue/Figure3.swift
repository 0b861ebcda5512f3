import Recipes

extension Experiment {
  /// Figure 3: the scale of the unlabelled pictures.
  @Sendable static func figure3(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    let rows = [32, 16, 8, 4, 2, 1].map { part in
      Row(
        name: "part-\(part)", title: part == 1 ? "all of U" : "1/\(part) of U",
        settings: [
          "ranking.fraction=\(recipe.ranking.fraction / Double(part))",
          "ranking.imagesPerClass=\(max(1, recipe.ranking.imagesPerClass / part))",
        ], x: recipe.ranking.fraction / Double(part))
    }
    return Experiment(
      name: "figure3", title: "How many unlabelled pictures there are",
      about:
        "Parts of the unlabelled pictures take part, and K goes with them; the student is trained for as many images "
        + "each time. Top-1 in percent.",
      rows: rows, columns: [.student, .purity, .supervised],
      paper: [
        ["Pictures of YFCC", "Fine-tuned"], ["3.1M", "73.8"], ["6.25M", "75.35"],
        ["12.5M", "76.65"],
        ["25M", "78.05"], ["50M", "78.5"], ["100M", "79.05"], ["supervised", "76.45"],
      ],
      claims: [
        .larger(
          "All unlabelled pictures give a better student than a quarter of them",
          [(.init("part-1", 0), .init("part-4", 0))]),
        .larger(
          "A quarter of them gives a better student than a thirty-second",
          [(.init("part-4", 0), .init("part-32", 0))]),
      ],
      plot: Plot(axis: "part of the unlabelled pictures", columns: [0, 2]))
  }
}
