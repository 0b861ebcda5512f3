import Files
import Foundation
public import Recipes
import Training

extension Recipe {
  /// The SHA-256 of every setting that influences the results; not of name, workers, checkpoints,
  /// report and the like.
  public var hash: String { hash { Self.influences($0) } }

  /// The SHA-256 of what `stage` and the stages before it depend on.
  ///
  /// A changed `ranking.imagesPerClass` changes `.ranking`, `.student` and `.fineTuning` but leaves
  /// `.teacher` as it was. What is only measured on (the validation and test pictures) changes no
  /// stage but `evaluationHash`.
  public func stageHash(_ stage: Stage) -> String {
    let recipe = seen(by: stage)
    return recipe.hash(salt: stage.rawValue) { recipe.depends(stage, on: $0) }
  }

  /// Whether `hash` is that of `stage`: as it is noted now, or as version 0.1.0 noted it, with any number of
  /// threads.
  public func isStageHash(_ hash: String, of stage: Stage) -> Bool {
    let recipe = seen(by: stage)
    var lines = recipe.lines { recipe.depends(stage, on: $0) }
    func isHash() -> Bool { Self.hash(stage.rawValue, lines) == hash }
    if isHash() { return true }
    guard let place = lines.firstIndex(of: Self.threadsLine(0)) else { return false }
    return (1...Self.mostThreads).contains { count in
      lines[place] = Self.threadsLine(count)
      return isHash()
    }
  }

  private static let mostThreads = 256

  /// The SHA-256 of what the score files depend on: scores outlive a changed K.
  ///
  /// Not of the words for what computes and for where pictures and weights lie: each shard's record says
  /// on what it was computed, and has hashes of the teacher and of the pictures that are left out.
  public var scoresHash: String {
    var recipe = self
    (recipe.device, recipe.precision, recipe.ranking.precision) = (.auto, .auto, .auto)
    (recipe.data.labelled, recipe.data.labelledSplit) = ("", nil)
    (recipe.data.test, recipe.data.testSplit) = (nil, nil)
    recipe.teacher.startFrom = nil
    (recipe.data.tagged, recipe.data.taggedSplit, recipe.data.taggedTags) = (nil, nil, nil)
    recipe.teacher.pretraining.tagClasses = nil
    (recipe.teacher.fineTuneOn.labelled, recipe.teacher.fineTuneOn.labelledSplit) = (nil, nil)
    recipe.ranking.teachers = []
    return recipe.scoresHashAsWritten
  }

  /// The same with these words, as earlier versions noted it.
  var scoresHashAsWritten: String { hash(salt: "scores") { scoresDepend(on: $0) } }

  /// The SHA-256 of what accuracies depend on beside the weights: when it differs, a finished
  /// stage is measured again, not trained again.
  public var evaluationHash: String { hash(salt: "evaluation") { Self.measures($0) } }

  /// The SHA-256 of those of them that do not only say where the measured pictures lie: where it is known
  /// which they are, they may lie elsewhere.
  var measuringHash: String {
    hash(salt: "measuring") { Self.measures($0) && !$0.hasPrefix("data.") }
  }

  /// The keys, among those that influence the results, whose values differ from `other`'s, each as
  /// "key (other's value → this one's value)".
  public func differences(from other: Recipe) -> [String] {
    zip(other.settings, settings).filter { $0 != $1 && Self.influences($1.key) }
      .map { "\($1.key) (\($0.value) → \($1.value))" }
  }

  /// The settings that influence the results.
  var influences: [RecipeSetting] { settings.filter { Self.influences($0.key) } }

  private func hash(salt: String = "recipe", of includes: (String) -> Bool) -> String {
    Self.hash(salt, lines(of: includes))
  }

  private static func hash(_ salt: String, _ lines: [String]) -> String {
    Checksum.sha256(Foundation.Data((salt + "\n" + lines.joined()).utf8))
  }

  /// The settings that a hash is of, in order.
  private func lines(of includes: (String) -> Bool) -> [String] {
    var lines = settings.filter { includes($0.key) && Self.youngDefaults[$0.key] != $0.value }
      .map { "\($0.key)=\($0.value)\n" }
    // Version 0.1.0 took the number of threads for a part of the recipe; this was its default.
    if includes("precision") { lines.append(Self.threadsLine(0)) }
    return lines.sorted()
  }

  private static func threadsLine(_ count: Int) -> String { "threads=\(count)\n" }

  private static let youngDefaults: [String: String] = {
    let young = Set(allKeys.filter(\.isYoung).map(\.key))
    return Dictionary(
      defaultSettings.filter { young.contains($0.key) }.map { ($0.key, $0.value) },
      uniquingKeysWith: { first, _ in first })
  }()

  // MARK: - What depends on what

  private static func influences(_ key: String) -> Bool { reach(of: key) ?? .nothing != .nothing }

  private static func measures(_ key: String) -> Bool {
    reach(of: key) == .measuring || reach(of: key) == .measuringAndScoring
  }

  /// What every training depends on: arithmetic, labelled pictures and input.
  private static func common(_ key: String) -> Bool { reach(of: key) == .everyTraining }

  /// Not on where U is: a shard's record says what the shard holds, so that U may grow.
  func scoresDepend(on key: String) -> Bool {
    guard Self.influences(key) else { return false }
    if teacher.kind == .given { return givenScoresDepend(on: key) }
    if depends(.teacher, on: key) { return true }
    // Test pictures are left out of U while it is scored.
    return Self.reach(of: key) == .measuringAndScoring
      || ["ranking.batch", "ranking.precision", "ranking.leaveOut"].contains(key)
  }

  /// Nothing here computes the scores that another program made; but which pictures are left out is
  /// decided here.
  private func givenScoresDepend(on key: String) -> Bool {
    let drawsLeftOut =
      Self.reach(of: key) == .everyTraining && Self.drawsImages(key)
      || Self.reach(of: key) == .measuringAndScoring && key.hasPrefix("data.")
    return drawsLeftOut || ["teacher.kind", "ranking.leaveOut"].contains(key)
  }

  /// Whether `key` decides which pictures are labelled, held out or left out of U.
  static func drawsImages(_ key: String) -> Bool {
    let words = ["labelled", "validation", "test"].map { "data.\($0)" }
    return key == "seed" || words.contains { key.hasPrefix($0) }
  }

  /// Whether `key` decides which pictures U has, in which shards.
  static func decidesUnlabelled(_ key: String) -> Bool { reach(of: key) == .unlabelled }

  /// This recipe without what begins after `stage`, although a group of an earlier one says it.
  func seen(by stage: Stage) -> Recipe {
    guard student.consistency.use == .after, stage != .fineTuning else { return self }
    var recipe = self
    recipe.student.consistency = .init()
    return recipe
  }

  func depends(_ stage: Stage, on key: String) -> Bool {
    guard !isIdle(key) else { return false }
    let isOwn = stage.facts.keys.contains {
      $0.hasSuffix(".") ? key.hasPrefix($0) : key == $0
    }
    if isOwn { return true }
    if stage == .ranking { return scoresDepend(on: key) || Self.decidesUnlabelled(key) }
    if stage.facts.training?.isAsLongAsPipeline == true, setsPipelinesLength(key) { return true }
    return Self.common(key) || stage.facts.begins.map { depends($0.with, on: key) } ?? false
  }

  /// Whether `key` says how many images the pipeline sees; in epochs, that depends on what was selected.
  private func setsPipelinesLength(_ key: String) -> Bool {
    let isOfSelected = Stage.pipeline.contains {
      $0.facts.learns == .selected && training(of: $0)?.epochs != nil
    }
    if isOfSelected, depends(.ranking, on: key) { return true }
    return Stage.pipeline.compactMap { $0.facts.training?.group }.contains {
      key == "\($0).training.images" || key == "\($0).training.epochs"
    }
  }
}
