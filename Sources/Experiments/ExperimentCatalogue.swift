import Models
public import Recipes
import Training

/// The experiments there are. A new one is a file that makes it, and a line here.
public enum ExperimentCatalogue {
  /// How an experiment is made for a scale and the recipe that it changes.
  typealias Making = @Sendable (ExperimentScale, Recipe) -> Experiment

  private static let all: [Making] = [
    Experiment.table2, Experiment.table3, Experiment.table4, Experiment.table5,
    Experiment.table6, Experiment.table8, Experiment.figure2, Experiment.figure3,
    Experiment.figure4, Experiment.figure5,
    Experiment.options, Experiment.tuning,
  ]

  /// Their names, and what each of them asks.
  public static var titles: [(name: String, title: String)] {
    all.map { $0(.small, .demo) }.map { ($0.name, $0.title) }
  }

  /// The experiment `name`.
  /// - Throws: `ExperimentError` naming those there are.
  public static func experiment(
    _ name: String, _ scale: ExperimentScale, changing recipe: Recipe
  ) throws -> Experiment {
    let made = all.map { $0(scale, recipe) }
    guard let found = made.first(where: { $0.name == name }) else {
      let others =
        name == "peers"
        ? "; what other tools make of the same time is measured in a clone, by make bench ONLY=accuracy"
        : ""
      throw ExperimentError(
        "there is no experiment \(name); there are \(made.map(\.name).joined(separator: ", "))\(others)"
      )
    }
    if let refusal = found.refusal { throw ExperimentError("\(name): \(refusal)") }
    return found
  }
}

/// A network that an experiment compares with others.
struct ComparedNetwork {
  var model: String
  var stem = Recipe.Stem.standard
  var width = 64

  /// Its name in file names.
  var name: String { stem == .standard ? model : "\(model)-\(width)" }

  /// What a table calls it.
  var title: String { stem == .standard ? model : "\(model), width \(width)" }

  /// What makes it the network of a recipe's `group`: teacher or student.
  func settings(of group: String) -> [String] {
    ["\(group).model=\(model)", "\(group).stem=\(stem.rawValue)", "\(group).width=\(width)"]
  }

  /// Those of `scale`, by size: the paper's students, or one network in several widths.
  static func compared(at scale: ExperimentScale, widths: [Int]) -> [ComparedNetwork] {
    switch scale {
    case .tiny, .small:
      widths.map { ComparedNetwork(model: "resnet8", stem: .strided, width: $0) }
    case .gpu: widths.map { ComparedNetwork(model: "resnet18", stem: .small, width: 2 * $0) }
    case .paper: papers
    }
  }

  /// The paper's students, by size.
  private static let papers = [
    "resnet18", "resnet50", "resnext50_32x4d", "resnext101_32x4d", "resnext101_32x8d",
    "resnext101_32x16d",
  ].map { ComparedNetwork(model: $0) }
}
