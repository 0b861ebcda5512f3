import Files
import Recipes
import Training

/// `teacher.json`: what was put behind a frozen network, and how well it does on labelled pictures that it
/// was not made of.
struct FrozenTeacherRecord: Codable, Equatable {
  static let name = "teacher.json"

  let kind: String
  /// The labelled pictures that it was made of.
  let pictures: Int
  /// The features of each.
  let features: Int
  /// `knn`: how many vote.
  var neighbours: Int?
  /// `knn`: what their similarities are divided by.
  var temperature: Double?
  /// `linear`: the weight decay that was chosen.
  var weightDecay: Double?
  /// `linear`: what was tried.
  var trials: [LinearProbe.Trial]?
  /// `linear`: the steps to the optimum.
  var steps: Int?
  /// `linear`: whether it got there.
  var isOptimal: Bool?
  /// In percent: `linear`, of parts of the pictures that were held out in turn; `knn`, of each picture when
  /// all others vote.
  var heldOutTop1: Double?

  enum CodingKeys: String, CodingKey {
    case kind, pictures, features, neighbours, temperature, trials, steps
    case weightDecay = "weight_decay"
    case isOptimal = "is_optimal"
    case heldOutTop1 = "held_out_top1"
  }

  /// Of features [pictures, features].
  init(_ kind: Recipe.TeacherKind, _ shape: [Int]) {
    (self.kind, pictures, features) = (kind.rawValue, shape[0], shape[1])
  }

  static func path(in folder: String) -> String { "\(folder)/\(name)" }

  /// The record in a stage's folder; nil where the teacher is none of these.
  static func read(in folder: String) -> FrozenTeacherRecord? {
    try? JSON.read(FrozenTeacherRecord.self, at: path(in: folder))
  }

  /// What it is and how it does, in a sentence's words.
  var result: String {
    let made =
      "\(Format.counted(features, "feature", "features")) of "
      + Format.counted(pictures, "labelled picture", "labelled pictures")
    let right = heldOutTop1.map { "\(Format.fixed($0, 1)) %" }
    if let neighbours, let temperature {
      return
        "a vote of the \(neighbours == 1 ? "nearest" : "\(Format.count(neighbours)) nearest") by "
        + "\(made), temperature \(Format.significant(temperature, 3))"
        + (right.map { "; right at \($0) of them when each is left out in turn" } ?? "")
    }
    return "a linear layer on \(made), weight decay \(Format.significant(weightDecay ?? 0, 3))"
      + (isOptimal == false ? " (not quite at its optimum)" : "")
      + (right.map { "; right at \($0) of those held out in turn" } ?? "")
  }
}
