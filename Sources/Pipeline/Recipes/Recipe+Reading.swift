import Files
import Foundation
import SystemPackage
import Yams

extension Recipe {
  /// Reads the recipe at `path`, then changes it by `overrides`, each `key.path=value`.
  ///
  /// What the file leaves out has its default; what `baseline.training` leaves out is the
  /// teacher's, and so are a loss and an augmentation that `fineTuning.training` leaves out. A path
  /// in the file is relative to the file's folder if it exists there, otherwise to the working
  /// directory; in an override it is the other way round. `~` is the home folder and `${VAR}` an
  /// environment variable; with `keepsUnset` one that is not set stays as it is written, which is
  /// enough for a dry run. The recipe that comes back holds absolute paths.
  /// - Throws: `PipelineError.recipe` with file, line, what is wrong and what to do; `FileError`
  ///   when the file cannot be read.
  public init(
    contentsOf path: String, overrides: [String] = [], keepsUnset: Bool = false
  ) throws {
    guard let yaml = String(data: try FileContents.data(of: path), encoding: .utf8) else {
      throw PipelineError.recipe("\(path): not UTF-8 text; a recipe is a YAML file")
    }
    try self.init(
      yaml: yaml, file: path, folder: FilePath(text: path).folder.text, overrides: overrides,
      keepsUnset: keepsUnset)
  }

  /// Reads a recipe from text; `file` is its name in errors, `folder` what its paths refer to.
  /// - Throws: as `init(contentsOf:overrides:)`.
  public init(
    yaml: String, file: String = "recipe", folder: String = ".", overrides: [String] = [],
    keepsUnset: Bool = false
  ) throws {
    var layers = [RecipeReader.Layer(node: try Self.root(of: yaml, file: file), override: nil)]
    layers += try overrides.map(Self.layer(of:))
    try Self.refuseTwoBudgets(in: overrides)

    self.init(name: "", labelled: "", unlabelled: "")
    var reader = RecipeReader(file: file)
    for layer in layers { try reader.read(layer, into: &self) }

    // Once more over what the teacher's training became.
    inheritFromTeacher()
    for layer in layers {
      let groups = layer.node.mapping?.filter {
        ["baseline", "fineTuning"].contains($0.key.string)
      }
      guard let groups, !groups.isEmpty else { continue }
      let node = Node(groups.map { ($0.key, $0.value) })
      try reader.read(.init(node: node, override: layer.override), into: &self)
    }

    try requireKeys(reader)
    try resolvePaths(from: folder, reader, keepsUnset: keepsUnset)
    if let problem = problems.first { throw reader.error(for: problem.keys, problem.message) }
  }

  /// Refuses a recipe that was made or changed in code and cannot be followed.
  /// - Throws: `PipelineError.recipe` with the first problem.
  public func validate() throws {
    if let problem = problems.first { throw PipelineError.recipe("recipe: \(problem.message)") }
  }

  // MARK: - Layers

  private static func root(of yaml: String, file: String) throws -> Node {
    do {
      return try compose(yaml: yaml) ?? Node("")
    } catch let error as YamlError {
      throw PipelineError.recipe(error.line(in: file))
    }
  }

  private static func layer(of override: String) throws -> RecipeReader.Layer {
    let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let keys = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !keys.contains("") else {
      throw PipelineError.usage(
        "--set \(override): write it as key.path=value, for example ranking.imagesPerClass=4000")
    }
    let text = String(parts[1])
    // What is no YAML, such as @home/a, can only have been meant as a text.
    let value =
      (try? compose(yaml: text)) ?? Node(text, .implicit, text.isEmpty ? .plain : .singleQuoted)
    return .init(node: keys.reversed().reduce(value) { Node([(Node($1), $0)]) }, override: override)
  }

  private static func refuseTwoBudgets(in overrides: [String]) throws {
    let keys = overrides.filter { !$0.hasSuffix("=null") && !$0.hasSuffix("=") }
      .compactMap { $0.split(separator: "=").first.map(String.init) }
    for key in keys where key.hasSuffix(".training.images") {
      let other = key.dropLast("images".count) + "epochs"
      guard keys.contains(String(other)) else { continue }
      throw PipelineError.usage("--set \(key) and --set \(other) exclude each other; remove one")
    }
  }

  // MARK: - After the layers

  /// The baseline is trained as the teacher is; fine-tuning sees the same pictures with the same
  /// loss.
  private mutating func inheritFromTeacher() {
    baseline.training = teacher.training
    baseline.training.freezeBackbone = false
    fineTuning.training.loss = teacher.training.loss
    fineTuning.training.augmentation = teacher.training.augmentation
  }

  private func requireKeys(_ reader: RecipeReader) throws {
    let required = [
      ("name", name, "name: my-run"),
      ("data.labelled", data.labelled, "labelled: PATH"),
      ("data.unlabelled", data.unlabelled, "unlabelled: PATH"),
    ]
    for (key, value, example) in required where value.isEmpty {
      let group = key.contains(".") ? ["data", ""] : [""]
      throw reader.error(for: [key] + group, "\(key) is missing; add `\(example)`")
    }
  }

  /// Whether U comes from a program or a server.
  private func isRemote(_ source: String) -> Bool {
    ["pipe:", "http://", "https://"].contains { source.hasPrefix($0) }
  }

  private mutating func resolvePaths(
    from folder: String, _ reader: RecipeReader, keepsUnset: Bool
  ) throws {
    func resolve(_ path: String, _ key: String) throws -> String {
      let fromOverride = reader.places[key]?.isOverride ?? false
      do {
        return try RecipePath(path, keepsUnset: keepsUnset)
          .resolved(in: fromOverride ? [".", folder] : [folder, "."])
      } catch let problem as RecipePath.Problem {
        throw reader.error(for: [key], "\(key): \(problem.message)")
      }
    }
    data.labelled = try resolve(data.labelled, "data.labelled")
    // A pipe or an address is no path; a pattern is one whose last parts are still open.
    if !data.unlabelledIsRest, !isRemote(data.unlabelled) {
      data.unlabelled = try resolve(data.unlabelled, "data.unlabelled")
    }
    data.requireTags = try data.requireTags.map { try resolve($0, "data.requireTags") }
    ranking.tags = try ranking.tags.map { try resolve($0, "ranking.tags") }
    data.validation = try data.validation.map { try resolve($0, "data.validation") }
    data.test = try data.test.map { try resolve($0, "data.test") }
    teacher.startFrom = try teacher.startFrom.map { try resolve($0, "teacher.startFrom") }
  }
}

extension YamlError {
  /// The error on one line, beginning with the file and the line.
  fileprivate func line(in file: String) -> String {
    switch self {
    case .composer(let context?, let problem, let mark, _):
      "\(file):\(mark.line): not YAML: \(context.text), \(problem)"
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(nil, let problem, let mark, _):
      "\(file):\(mark.line): not YAML: \(problem); look at this line's indentation and quotes"
    case .duplicatedKeysInMapping(let keys, let context):
      "\(file):\(context.mark.line): the key \(keys.sorted().joined(separator: ", ")) is given twice; remove one"
    case .reader(let problem, _, _, _):
      "\(file): not YAML: \(problem); a recipe is a UTF-8 text"
    default:
      "\(file): not YAML: \(self)".replacing("\n", with: " ")
    }
  }
}
