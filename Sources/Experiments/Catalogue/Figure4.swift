import Files
import Recipes
import Training

extension Experiment {
  /// Figure 4: the length of pre-training, and of training on the labels alone.
  @Sendable static func figure4(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    let factors: [Double] =
      scale == .paper ? [0.1, 0.25, 0.5, 1, 2, 4] : [1.0 / 32, 1.0 / 8, 0.5, 1, 2]
    let full = recipe.student.training.images ?? 1_000_000_000
    var lengths = factors.map { factor in
      max(recipe.student.training.batch, Int((Double(full) * factor).rounded()))
    }
    lengths = lengths.indices.filter { lengths.firstIndex(of: lengths[$0]) == $0 }.map {
      lengths[$0]
    }
    let rows = lengths.map { images in
      Row(
        name: "images-\(images)", title: "\(Format.count(images)) images",
        settings: ["student.training.images=\(images)", "baseline.training.images=\(images)"],
        x: Double(images))
    }
    let (shortest, longest) = (rows.first?.name ?? "", rows.last?.name ?? "")
    return Experiment(
      name: "figure4", title: "How long the student is pre-trained",
      about:
        "The student is pre-trained for more and more images, and its network is trained on the labels alone for as "
        + "many. Top-1 in percent.",
      rows: rows, columns: [.student, .supervised],
      paper: [
        ["Images", "Fine-tuned", "Supervised"], ["0.1 billion", "74.9", "75.95"],
        ["0.25 billion", "77.7", "76.4"], ["0.5 billion", "78.6", "75.9"],
        ["1 billion", "79.05", "75.4"], ["2 billion", "79.35", ""], ["4 billion", "79.45", ""],
      ],
      claims: [
        .larger(
          "Longer pre-training gives a better student",
          [(.init(longest, 0), .init(shortest, 0))]),
        .larger(
          "The longest pre-training beats as long a training on the labels alone",
          [(.init(longest, 0), .init(longest, 1))]),
        .larger(
          "The shortest loses against as short a training on the labels alone",
          [(.init(shortest, 1), .init(shortest, 0))]),
      ],
      plot: Plot(axis: "images seen", columns: [0, 1]),
      refusal: recipe.student.training.images == nil
        ? "the recipe's student is trained in epochs; give student.training.images" : nil)
  }
}
