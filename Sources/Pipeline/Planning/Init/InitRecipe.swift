import Files
import Foundation
public import Recipes
import Torch
import Training

/// What is known of a folder of pictures before anything is trained.
public struct DatasetFacts: Equatable, Sendable {
  /// Where the pictures are, as the recipe will name it.
  public var path: String
  /// How many pictures there are.
  public var count: Int
  /// How many classes they are labelled with; 0 where they are not.
  public var classes: Int
  /// 1 for grey pictures, 3 for colour.
  public var channels: Int
  /// A typical picture's width in pixels.
  public var width: Int
  /// A typical picture's height in pixels.
  public var height: Int

  /// How many pictures were looked at.
  public var looked = 0
  /// How many of these cannot be read.
  public var unreadable = 0

  /// Makes the facts.
  public init(path: String, count: Int, classes: Int, channels: Int, width: Int, height: Int) {
    self.path = path
    self.count = count
    self.classes = classes
    self.channels = channels
    self.width = width
    self.height = height
  }
}

/// A recipe fitted to two folders of pictures, with the reason of each choice.
///
/// The choices follow the paper where it scales down (K with |U|, Figure 3; a pre-training of at
/// least 120 passes over D, Figure 4; the learning rate with the batch) and say so in `notes`; the
/// rest are defaults that train on a CPU in reasonable time.
///
/// ```swift
/// let fitted = try InitRecipe(name: "birds", labelled: d, unlabelled: u)
/// try fitted.yaml.write(toFile: "birds.yaml", atomically: true, encoding: .utf8)
/// ```
public struct InitRecipe: Equatable, Sendable {
  /// Why one key has its value.
  public struct Note: Equatable, Sendable {
    /// The key's path.
    public let key: String
    /// The reason.
    public let reason: String
  }

  /// The recipe.
  public private(set) var recipe: Recipe
  /// The reason of every value that was chosen.
  public private(set) var notes: [Note] = []
  /// What speaks against a gain with these pictures.
  public private(set) var warnings: [String] = []
  /// What was found when the pictures were read.
  private var found: [Preflight.Warning] = []
  /// How many pictures are trained on and ranked, as far as that is known.
  private(set) var counts: DataCounts

  /// Fits a recipe to the pictures.
  /// - Throws: `PipelineError.data` when there is nothing to learn from.
  public init(name: String, labelled: DatasetFacts, unlabelled: DatasetFacts) throws {
    try self.init(name: name, labelled: labelled, unlabelled: unlabelled, start: nil)
  }

  /// Fits a recipe to the pictures, to the weights that its networks start from, and to whether labelled pictures
  /// for the final figures are at hand, where the recipe will name them `test`.
  /// - Throws: `PipelineError.data` when there is nothing to learn from.
  init(
    name: String, labelled: DatasetFacts, unlabelled: DatasetFacts, test: String? = nil,
    start: InitStart?
  ) throws {
    guard labelled.classes >= 2 else {
      throw PipelineError.data(
        "\(labelled.path) has \(labelled.classes == 0 ? "no classes" : "one class only"); give a folder "
          + "with a folder for each of two or more classes")
    }
    guard labelled.count >= labelled.classes, unlabelled.count > 0 else {
      let empty = unlabelled.count > 0 ? labelled : unlabelled
      throw PipelineError.data("\(empty.path) has \(empty.count) pictures, too few to train on")
    }
    counts = DataCounts(
      labelled: labelled.count, unlabelled: unlabelled.count, classes: labelled.classes)
    recipe = Recipe(name: name, labelled: labelled.path, unlabelled: unlabelled.path)
    notes = [
      Note(key: "name", reason: "the run's folder: runs/\(name)"),
      Note(
        key: "data.labelled",
        reason: "D: \(labelled.count) pictures of \(labelled.classes) classes"),
      Note(key: "data.unlabelled", reason: "U: \(unlabelled.count) pictures"),
    ]
    if let test {
      recipe.data.test = test
      notes.append(Note(key: "data.test", reason: "only ever for the final figures"))
    }
    let choices = InitChoices(labelled, unlabelled, start: start)
    notes += choices.fitData(&recipe)
    notes += choices.fitNetworks(&recipe)
    notes += choices.fitRanking(&recipe)
    notes += choices.fitTraining(&recipe)
    notes += choices.fitReplicas(&recipe)
    warnings = choices.warnings
    let heldOut = Int((Double(labelled.count) * recipe.data.validationFraction).rounded())
    counts = DataCounts(
      labelled: max(1, labelled.count - heldOut), unlabelled: unlabelled.count,
      classes: labelled.classes)
    try recipe.validate()
  }

  /// Names the labelled pictures that are measured on during training, in the place of a part of D.
  mutating func measure(onValidation path: String) {
    recipe.data.validation = path
    recipe.data.validationFraction = 0
    notes.removeAll { $0.key == "data.validationFraction" }
    notes.append(Note(key: "data.validation", reason: "measured on during training"))
  }

  /// Changes the recipe for the reasons that `body` returns, which take the place of earlier ones.
  mutating func refit(_ body: (inout Recipe) -> [Note]) { notes += body(&recipe) }

  /// Takes in what was found when the pictures were read.
  mutating func note(_ found: [Preflight.Warning], labelled: Int) {
    self.found = found
    counts = DataCounts(
      labelled: labelled, unlabelled: counts.unlabelled, classes: counts.classes)
  }

  /// What a dry run of the recipe warns of.
  var expectedWarnings: [Preflight.Warning] {
    var preflight = Preflight()
    let plan = try? RunPlan(recipe, counts, precision: .float32, gmacPerSecond: 1)
    plan?.warn(&preflight)
    return found + preflight.warnings
  }

  /// The recipe as YAML: what was chosen, each value under its reason, and what a dry run will warn of
  /// under the key that it is about; the rest are defaults.
  public var yaml: String {
    let reasons = Dictionary(notes.map { ($0.key, $0.reason) }, uniquingKeysWith: { $1 })
    let accepted = Dictionary(grouping: expectedWarnings, by: \.key)
    // Names of pictures are among what is said, and may hold line breaks.
    var lines = warnings.map { "# Note: \(Format.visible($0))." }
    var open: [String] = []
    for setting in recipe.settings {
      let expected = accepted[setting.key] ?? []
      let comments =
        [reasons[setting.key]].compactMap { $0 } + expected.map { acceptance(of: $0) }
      guard !comments.isEmpty else { continue }
      let parts = setting.key.split(separator: ".").map(String.init)
      let groups = Array(parts.dropLast())
      let shared = zip(open, groups).prefix { $0 == $1 }.count
      if shared == 0, !lines.isEmpty { lines.append("") }
      for depth in shared..<max(shared, groups.count) {
        lines.append(indent(depth) + groups[depth] + ":")
      }
      let start = indent(groups.count) + "# "
      for comment in comments {
        lines += Format.wrapped(Format.visible(comment), to: 96).map { start + $0 }
      }
      lines.append("\(indent(groups.count))\(parts.last ?? ""): \(setting.value)")
      open = groups
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

  /// The reason for a setting that a warning is about.
  private func acceptance(of warning: Preflight.Warning) -> String {
    let reason =
      switch warning.key {
      case "teacher.model" where recipe.teacher.startFrom != nil: "it is the network of the weights"
      case "student.training.images" where recipe.student.startFrom != nil:
        "the student starts from weights, and not from nothing as in Figure 4"
      case "teacher.model":
        "few labels train no larger network; name one if you have weights for it"
      case "teacher.startFrom": "no weights were given; name some if you have them"
      case "data.unlabelled": "these are the pictures that were given"
      case "data.test" where recipe.data.test == nil:
        "none were given; halcyon init --test names them"
      case "data.labelled", "data.validation", "data.test": "the pictures are left as they are"
      case "data.validationFraction": "the other classes can spare some"
      case "student.training.images": "more takes longer; this is above the crossover of Figure 4"
      case "ranking.imagesPerClass": "it cannot be less than 1"
      case "fineTuning.training.epochs": "there are that few labelled pictures"
      default: "it follows from the pictures"
      }
    return "Accepted, since \(reason): \(warning.message)"
  }
}
