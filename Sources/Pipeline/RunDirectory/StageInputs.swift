import Foundation
import Recipes

/// What a stage's result depends on, as it was when the stage was made: kept in its marker and in its
/// checkpoints, and compared with what a later start finds.
public struct StageInputs: Codable, Equatable, Sendable {
  /// The recipe's settings that reach the stage, by key.
  var settings: [String: String]
  /// What computed; nil where that is not known.
  var device: String?
  /// In which precision.
  var precision: String?
  /// With which libtorch: noted, not compared.
  var libtorch: String?
  /// How many threads shared each operation of its training, whose order of adding the last bits depend on:
  /// noted, not compared; nil where they depend on none.
  var threads: Int?
  /// The labelled pictures, where the stage is trained on them.
  var labelled: ImagesIdentity?
  /// The pictures that U must not hold, where the stage ranks it.
  var leftOut: String?
  /// U at a glance, where the stage ranks it: where it is the same, it may lie elsewhere.
  var unlabelled: String?
  /// W or V, where the stage learns them; their contents are empty where they were not noted yet.
  var learned: ImagesIdentity?
  /// What the copies are like that the stage is trained on; nil where it is on the pictures themselves.
  var cache: String?
  /// The SHA-256 of given weights and of earlier stages' results, by what they are.
  var files: [String: String] = [:]

  /// Whether the two have the same words for what computes and in which precision.
  func namesSameMachine(as other: StageInputs) -> Bool {
    Self.machine.allSatisfy { (settings[$0] ?? "auto") == other.settings[$0] ?? "auto" }
  }

  static let machine = ["device", "precision", "ranking.precision"]

  /// The keys whose words only say where that lies which both have noted: it is compared itself.
  private func wordsOfSame(as was: StageInputs) -> Set<String> {
    var words: Set<String> = []
    let hasFiles = files.keys.contains { was.files[$0] != nil }
    if labelled != nil && was.labelled != nil || leftOut != nil && was.leftOut != nil || hasFiles {
      words = ["data.labelled", "data.labelledSplit"]
    }
    if leftOut != nil && was.leftOut != nil || hasFiles {
      words.formUnion(["data.test", "data.testSplit"])
    }
    // Later stages depend on U by what was selected from it.
    if hasFiles, unlabelled == was.unlabelled {
      words.formUnion(["data.unlabelled", "data.unlabelledSplit"])
    }
    let hasEarlier = files.keys.contains {
      !Self.given.contains($0) && was.files[$0] != nil
    }
    // What an earlier network of the same pipeline was made of is compared by that network.
    let hasEarlierNetwork = files.keys.contains {
      !Self.given.contains($0) && $0.hasSuffix("model.safetensors") && was.files[$0] != nil
    }
    if hasEarlier && (hasEarlierNetwork || learned == nil) {
      words.formUnion(Stage.allCases.compactMap(\.facts.own).flatMap(\.places))
    } else if learned != nil, was.learned != nil {
      // Its own are those whose settings it has, the last of them where it has also those of earlier stages.
      let own = Stage.allCases.compactMap(\.facts.own).last { settings.keys.contains($0.key) }
      words.formUnion(own?.places ?? [])
    }
    // Before a selection stands the teacher, which says nothing of tags.
    let made = [Stage.ranking, .student].map { "\($0.folder)/" }
    let hasSelection = files.keys.contains { key in
      was.files[key] != nil && made.contains(where: key.hasPrefix)
    }
    words.formUnion(
      Self.given.filter { key in
        // A student begins with pictures that were selected, so that its own weights are not among them.
        let isCompared =
          Self.tags.contains(key)
          ? hasSelection : key == Recipe.studentStart.key ? hasEarlierNetwork : hasEarlier
        return isCompared || files[key] != nil && was.files[key] != nil
      })
    return words
  }

  /// The key that names other teachers, whose scores are among `files`.
  static let teachers = "ranking.teachers"

  /// The keys that name lists of U's tags, which are among `files` where a selection is made by tags.
  static let tags = ["ranking.tags", "ranking.imageTags"]

  /// The weights that networks start from, the scores of other teachers and the lists of tags, among `files`: called as
  /// their keys.
  private static let given = Set(Recipe.starts.map(\.key) + [teachers] + tags)

  /// In what these inputs differ from those of an earlier start.
  /// - Parameters:
  ///   - was: The earlier ones.
  ///   - computes: Whether this start is to compute the stage: otherwise it does not matter that the
  ///     same words lead to another device here.
  /// - Returns: What differs; nothing where one of the two does not know.
  func differences(from was: StageInputs, computes: Bool) -> [StageDifference] {
    var found: [StageDifference] = []
    let defaults = Dictionary(
      Recipe.defaultSettings.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    let words = wordsOfSame(as: was)
    for key in settings.keys.sorted() where !Self.machine.contains(key) && !words.contains(key) {
      let now = settings[key] ?? ""
      // A key that is younger than the result had its default's meaning.
      let before = was.settings[key] ?? defaults[key] ?? ""
      if before != now { found.append(.setting(key: key, was: before, now: now)) }
    }
    if computes || !namesSameMachine(as: was) {
      for (key, before, now) in [
        ("device", was.device, device), ("precision", was.precision, precision),
      ] {
        if let before, let now, before != now {
          found.append(.machine(key: key, was: before, now: now))
        }
      }
    }
    if let before = was.labelled, let now = labelled, before != now { found.append(.labelled) }
    if let before = was.leftOut, let now = leftOut, before != now { found.append(.leftOut) }
    if let before = was.learned, let now = learned {
      let isOther = before.contents != now.contents && !before.contents.isEmpty
      if before.labels != now.labels {
        found.append(.learned("the classes"))
      } else if before.keys != now.keys || before.count != now.count {
        found.append(.learned("the names"))
      } else if isOther, !now.contents.isEmpty {
        found.append(.learned("the contents"))
      }
    }
    if cache != was.cache { found.append(.cache(was: was.cache, now: cache)) }
    for (name, now) in files.sorted(by: { $0.key < $1.key }) {
      if let before = was.files[name], before != now { found.append(.file(name)) }
    }
    return found
  }
}

/// One thing in which a result was made otherwise than it would be now.
enum StageDifference: Hashable {
  /// A setting of the recipe.
  case setting(key: String, was: String, now: String)
  /// What the recipe's words for the device or the precision resolve to.
  case machine(key: String, was: String, now: String)
  /// The labelled pictures: their names, labels or contents.
  case labelled
  /// The pictures that U must not hold.
  case leftOut
  /// W or V: this of their pictures.
  case learned(String)
  /// The copies that a student is trained on; nil for the pictures themselves.
  case cache(was: String?, now: String?)
  /// Given weights, or what an earlier stage left.
  case file(String)
  /// Not known in what: only a hash was noted.
  case unknown
}
