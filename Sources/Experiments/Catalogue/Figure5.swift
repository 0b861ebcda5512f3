import Files
import Recipes

extension Experiment {
  /// Figure 5: how many pictures of each class are kept, and in how many classes each picture is ranked.
  @Sendable static func figure5(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    let full = recipe.ranking.imagesPerClass
    let all = [1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1, 2, 4].map {
      max(1, Int((Double(full) * $0).rounded()))
    }
    // A small K has fewer parts.
    let sizes = Set(all).sorted()
    let ofK = sizes.map { size in
      Row(
        name: "k-\(size)", title: "K = \(Format.count(size))",
        settings: ["ranking.imagesPerClass=\(size)"],
        x: Double(size))
    }
    let ofP = [1, 2, 5, 10].filter { $0 != recipe.ranking.labelsPerImage }.map { labels in
      Row(
        name: "p-\(labels)", title: "P = \(labels), K = \(Format.count(full))",
        settings: ["ranking.labelsPerImage=\(labels)"])
    }
    // Where all classes are as frequent, each fills whatever P is.
    let few = max(1, full / 4)
    let isDivided = recipe.data.unlabelledIsRest && recipe.data.unlabelledImbalance == nil
    let unequal =
      !isDivided
      ? []
      : [1, 2, 5, 10].map { labels in
        Row(
          name: "unequal-p-\(labels)", title: "unequal U, P = \(labels), K = \(Format.count(few))",
          settings: [
            "data.unlabelledImbalance=100", "ranking.imagesPerClass=\(few)",
            "ranking.labelsPerImage=\(labels)",
          ])
      }
    let (smallest, largest) = (ofK.first?.name ?? "", ofK.last?.name ?? "")
    return Experiment(
      name: "figure5", title: "How many pictures of each class are kept",
      about:
        "K goes from a sixteenth of the recipe's to four times as many, as far as there are pictures; then P, in how "
        + "many of its classes a picture is ranked, also where U has a hundred times as many pictures of its most "
        + "frequent class as of its rarest. Top-1 in percent; the last column is the class that got fewest pictures, "
        + "in percent of the one that got most.",
      rows: ofK + ofP + unequal, columns: [.student, .purity, .leastFilled],
      paper: [
        ["K", "Fine-tuned"], ["1,000", "77.1"], ["2,000", "78.2"], ["4,000", "78.8"],
        ["8,000", "79.13"], ["16,000", "79.06"], ["32,000", "78.7"], ["64,000", "78.15"],
      ],
      claims: [
        .larger(
          "The recipe's K is better than a sixteenth of it and than four times as many",
          [(.init("k-\(full)", 0), .init(smallest, 0)), (.init("k-\(full)", 0), .init(largest, 0))]),
        .larger(
          "The more pictures are kept of each class, the fewer of their labels are right",
          [(.init(smallest, 1), .init("k-\(full)", 1)), (.init("k-\(full)", 1), .init(largest, 1))]),
        .alike(
          "P hardly matters: within half a point", within: 0.5,
          ofP.map { (.init($0.name, 0), .init("k-\(full)", 0)) }),
      ]
        + (unequal.isEmpty
          ? []
          : [
            .larger(
              "Where U's classes are unequal, a larger P fills the rare ones",
              unequal.dropFirst().map { (.init($0.name, 2), .init("unequal-p-1", 2)) }),
            .larger(
              "Where U's classes are unequal, a larger P makes a better student",
              unequal.dropFirst().map { (.init($0.name, 0), .init("unequal-p-1", 0)) }),
          ]),
      plot: Plot(axis: "K, pictures of each class", columns: [0, 1]),
      leftOut: unequal.isEmpty
        ? "figure5: unequal classes in U are left out: they take data.unlabelled: rest without "
          + "data.unlabelledImbalance" : nil)
  }
}
