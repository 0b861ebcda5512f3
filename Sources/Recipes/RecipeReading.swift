import Files
import Foundation
import ImageData
public import Shards
import SystemPackage
import Training
import Yams

/// A recipe as it was read, and everything that is wrong with it.
///
/// What is at fault has its default, so that the rest of a run can be looked at all the same.
public struct RecipeReading: Sendable {
  /// The recipe, in which what could not be read has its default.
  public private(set) var recipe = Recipe(name: "", labelled: "", unlabelled: "")
  /// Why it cannot be followed, each with its file and line.
  public private(set) var problems: [Problem] = []

  /// Reads as `Recipe(contentsOf:overrides:keepsUnset:)` does.
  /// - Throws: `RecipeError` when it is no recipe at all; `FileError` when the file cannot be
  ///   read.
  public init(
    contentsOf path: String, overrides: [String] = [], keepsUnset: Bool = false,
    note: (String) -> Void = { _ in }
  ) throws {
    guard let yaml = String(data: try FileContents.data(of: path), encoding: .utf8) else {
      throw RecipeError(
        "\(path): not UTF-8 text; a recipe is a YAML file, and `halcyon init D U` writes one")
    }
    try self.init(
      yaml: yaml, file: path, folder: FilePath(text: path).folder.text, named: Self.name(of: path),
      overrides: overrides, keepsUnset: keepsUnset, note: note)
  }

  /// Reads a recipe from text, which is called `name` where it does not say so itself.
  init(
    yaml: String, file: String, folder: String, named name: String? = nil, overrides: [String],
    keepsUnset: Bool, note: (String) -> Void
  ) throws {
    let root = try RecipeText(yaml, file: file).root()
    var layers = [RecipeReader.Layer(node: root, override: nil)]
    layers += try overrides.map(Self.layer(of:))
    try Self.refuseTwoBudgets(in: overrides)

    var reader = RecipeReader(file: file)
    try recipe.read(layers, &reader)

    // Once more over what the teacher's training became.
    recipe.inheritFromTeacher()
    try recipe.read(layers, &reader, only: ["baseline", "fineTuning"])

    if let name, reader.places["name"] == nil {
      recipe.name = name
      note("\(file) has no name; the run is called \(name), as the file is")
    }
    recipe.requireKeys(&reader)
    recipe.resolvePaths(from: folder, &reader, keepsUnset: keepsUnset, note)
    for problem in recipe.problems
    where !reader.isAtFault(problem.keys) && !reader.isInherited(problem.keys) {
      reader.refuse(
        reader.error(for: problem.keys, problem.message), key: problem.keys.first ?? "")
    }
    problems = reader.problems
  }

  /// A recipe that was made or changed in code.
  public init(of recipe: Recipe) {
    self.recipe = recipe
    problems = recipe.problems.map { problem in
      Problem("recipe: \(problem.message)", exitCode: 64, key: problem.keys.first)
    }
  }

  /// Whether the recipe says how its run is called, in a way that a folder can be.
  public var hasName: Bool { !problems.contains { $0.key == "name" } }

  /// Says which shell commands may run to read U; nil for those that the recipe itself names.
  public mutating func allow(_ commands: CommandPermission?) { recipe.data.commands = commands }

  /// - Throws: `RecipeError` with all problems, if there are any.
  package func whole() throws -> Recipe {
    if let error = Problems(problems) { throw error }
    return recipe
  }

  /// What a recipe without a name is called: as its file, where that has a name of its own.
  private static func name(of path: String) -> String? {
    let place = FilePath(text: path)
    guard place.isFile, !path.hasPrefix("/dev/"), !path.hasPrefix("/proc/") else { return nil }
    let name = place.nameWithoutExtension
    return Recipe.isFolderName(name) ? name : nil
  }

  // MARK: - Layers

  private static func layer(of override: String) throws -> RecipeReader.Layer {
    let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let keys = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !keys.contains("") else {
      throw RecipeError(
        "--set \(override): write it as key.path=value, for example ranking.imagesPerClass=4000")
    }
    let text = String(parts[1])
    if pathKeys.contains(keys.joined(separator: ".")), !Node(text).isNull,
      !text.hasPrefix("\""), !text.hasPrefix("'")
    {
      // A path as the shell gave it, whatever YAML makes of its characters.
      let path = Node(text, .implicit, .singleQuoted)
      return .init(
        node: keys.reversed().reduce(path) { Node([(Node($1), $0)]) }, override: override)
    }
    // What is no YAML, such as @home/a, can only have been meant as a text.
    let value =
      (try? compose(yaml: text)) ?? Node(text, .implicit, text.isEmpty ? .plain : .singleQuoted)
    return .init(node: keys.reversed().reduce(value) { Node([(Node($1), $0)]) }, override: override)
  }

  /// The keys whose values are paths.
  private static let pathKeys = [
    "data.labelled", "data.unlabelled", "data.validation", "data.test", "data.requireTags",
    "data.tagged", "data.taggedTags", "data.cache", "teacher.pretraining.tagClasses",
    "teacher.fineTuneOn.labelled", "ranking.tags", "ranking.imageTags",
    "teacher.startFrom", "student.startFrom",
  ]

  private static func refuseTwoBudgets(in overrides: [String]) throws {
    let keys = overrides.filter { !$0.hasSuffix("=null") && !$0.hasSuffix("=") }
      .compactMap { $0.split(separator: "=").first.map(String.init) }
    for key in keys where key.hasSuffix(".training.images") {
      let other = key.dropLast("images".count) + "epochs"
      guard keys.contains(String(other)) else { continue }
      throw RecipeError("--set \(key) and --set \(other) exclude each other; remove one")
    }
  }
}

extension Recipe {
  /// Reads the file and then the changes to it, of `groups` or of all. What a preset sets lies below what is given beside
  /// it; one that a change names takes the place of what the file's own preset set, also where that is written out.
  fileprivate mutating func read(
    _ layers: [RecipeReader.Layer], _ reader: inout RecipeReader, only groups: [String]? = nil
  ) throws {
    for (part, isFile) in [(layers.prefix(1), true), (layers.dropFirst(), false)] {
      applyPresets(of: Array(part), to: groups, changing: !isFile)
      for layer in part {
        guard let groups else {
          try reader.read(layer, into: &self)
          continue
        }
        let found = layer.node.mapping?.filter { groups.contains($0.key.string ?? "") } ?? []
        guard !found.isEmpty else { continue }
        let node = Node(found.map { ($0.key, $0.value) })
        try reader.read(.init(node: node, override: layer.override), into: &self)
      }
    }
  }

  /// The baseline is trained as the teacher is; fine-tuning sees the same pictures with the same loss.
  fileprivate mutating func inheritFromTeacher() {
    baseline.training = teacher.training
    baseline.training.freezeBackbone = false
    fineTuning.training.loss = teacher.training.loss
    fineTuning.training.labelSmoothing = teacher.training.labelSmoothing
    fineTuning.training.targetThreshold = teacher.training.targetThreshold
    fineTuning.training.augmentation = teacher.training.augmentation
  }

  /// The teacher's key whose value `key` has in a recipe that leaves it out; nil where that is its own default.
  static func inheritedFromTeacher(_ key: String) -> String? {
    func name(below group: String) -> String? {
      key.hasPrefix(group) ? String(key.dropFirst(group.count)) : nil
    }
    let tuned = name(below: "fineTuning.training.").flatMap { name in
      name.hasPrefix("augmentation.")
        || ["loss", "labelSmoothing", "targetThreshold"].contains(name) ? name : nil
    }
    let compared = name(below: "baseline.training.").flatMap { $0 == "freezeBackbone" ? nil : $0 }
    return (tuned ?? compared).map { "teacher.training.\($0)" }
  }

  fileprivate func requireKeys(_ reader: inout RecipeReader) {
    let required = [
      ("name", name, "name: my-run"),
      ("data.labelled", data.labelled, "labelled: PATH"),
      ("data.unlabelled", data.unlabelled, "unlabelled: PATH"),
    ]
    for (key, value, example) in required where value.isEmpty && !reader.isAtFault([key]) {
      let group = key.contains(".") ? ["data", ""] : [""]
      reader.refuse(
        reader.error(for: [key] + group, "\(key) is missing; add `\(example)`"), key: key)
    }
  }

  fileprivate mutating func resolvePaths(
    from folder: String, _ reader: inout RecipeReader, keepsUnset: Bool, _ note: (String) -> Void
  ) {
    func resolve(_ path: String, _ key: String) -> String {
      guard !reader.isAtFault([key]) else { return path }
      let fromOverride = reader.places[key]?.isOverride ?? false
      do {
        let place = try RecipePath(path, keepsUnset: keepsUnset)
          .resolved(in: fromOverride ? [".", folder] : [folder, "."])
        if let other = place.passedOver {
          note("\(key): \(path) is \(place.path); there is \(other), too, which is passed over")
        }
        return place.path
      } catch {
        reader.refuse(reader.error(for: [key], "\(key): \(error.message)"), key: key)
        return path
      }
    }
    // A pipe or an address is no path; a pattern is one whose last parts are still open.
    func resolveSource(_ source: String, _ key: String) -> String {
      RecipePath.isRemote(source) ? source : resolve(source, key)
    }
    data.labelled = resolveSource(data.labelled, "data.labelled")
    if data.unlabelledIsRest {
      let place = FilePath(text: folder).joined(data.unlabelled)
      if place.isFolder {
        note(
          "data.unlabelled: rest is what data.labelledCount leaves of data.labelled, not the folder "
            + "\(place.text); write ./rest if the folder is meant")
      }
    } else {
      data.unlabelled = resolveSource(data.unlabelled, "data.unlabelled")
    }
    data.requireTags = data.requireTags.map { resolve($0, "data.requireTags") }
    data.cache = data.cache.map { resolve($0, "data.cache") }
    data.tagged = data.tagged.map { resolveSource($0, "data.tagged") }
    data.taggedTags = data.taggedTags.map { resolve($0, "data.taggedTags") }
    teacher.pretraining.tagClasses = teacher.pretraining.tagClasses.map {
      resolve($0, "teacher.pretraining.tagClasses")
    }
    teacher.fineTuneOn.labelled = teacher.fineTuneOn.labelled.map {
      resolveSource($0, "teacher.fineTuneOn.labelled")
    }
    ranking.tags = ranking.tags.map { resolve($0, "ranking.tags") }
    ranking.imageTags = ranking.imageTags.map { resolve($0, "ranking.imageTags") }
    ranking.teachers = ranking.teachers.map { resolve($0, "ranking.teachers") }
    data.validation = data.validation.map { resolveSource($0, "data.validation") }
    data.test = data.test.map { resolveSource($0, "data.test") }
    teacher.startFrom = teacher.startFrom.map { resolveSource($0, "teacher.startFrom") }
    student.startFrom = student.startFrom.map { resolveSource($0, "student.startFrom") }
  }
}
