import Training
import Yams

/// Reads YAML nodes into a recipe and remembers where each key was given.
///
/// A recipe is read in layers, the file first and then each `--set`; a later layer wins.
struct RecipeReader {
  /// Where a key was given.
  enum Place: Equatable {
    case line(Int, file: String)
    case override(String)

    var prefix: String {
      switch self {
      case .line(let line, let file): "\(file):\(line): "
      case .override(let text): "in --set \(text): "
      }
    }

    var isOverride: Bool {
      if case .override = self { true } else { false }
    }
  }

  /// One layer: the file's root node, or that of one `--set`.
  struct Layer {
    let node: Node
    let override: String?
  }

  /// The file's name as errors show it.
  let file: String
  /// Where each given key, and each group, was given last.
  private(set) var places: [String: Place] = [:]
  /// What cannot be read, or not be followed; the rest is read in spite of it.
  private(set) var problems: [Problem] = []
  private var override: String?

  init(file: String) { self.file = file }

  /// Reads one layer into `recipe`.
  mutating func read(_ layer: Layer, into recipe: inout Recipe) throws {
    override = layer.override
    _ = try apply(layer.node, fields: Recipe.fields, to: &recipe, under: "")
  }

  /// Reads the keys of `node` into `root`; returns those that were given another value than null. What
  /// is wrong with a key is noted.
  /// - Throws: `RecipeError` when the whole recipe is no group of keys.
  mutating func apply<Root>(
    _ node: Node, fields: [RecipeField<Root>], to root: inout Root, under path: String
  ) throws -> Set<String> {
    if places[path] == nil { note(path, at: node) }
    if node.isNull { return [] }
    guard case .mapping(let mapping) = node else {
      let what = path.isEmpty ? "a recipe" : path
      let error = error(
        at: node, "\(what) is a group of keys, not \(node.shown); write `key: value` lines")
      guard !path.isEmpty else { throw error }
      refuse(error, key: path)
      return []
    }
    var given = Set<String>()
    var lines: [String: Int] = [:]
    for (keyNode, value) in mapping {
      guard case .scalar(let scalar) = keyNode else {
        refuse(error(at: keyNode, "a key is a word, not \(keyNode.shown)"), key: path)
        continue
      }
      let name = scalar.string
      let key = path.isEmpty ? name : "\(path).\(name)"
      guard let field = fields.first(where: { $0.name == name }) else {
        refuse(error(at: keyNode, unknown(name, in: path, keys: fields.map(\.name))), key: key)
        continue
      }
      if let first = lines.updateValue(keyNode.mark?.line ?? 1, forKey: name) {
        // Of a group both parts are read, of a value the second.
        refuse(
          error(at: keyNode, "\(key) is given twice, first in line \(first); remove one"),
          key: value.mapping == nil ? key : nil)
      }
      // A group is where the file has it, not where one of its keys was changed.
      if value.mapping == nil || places[key] == nil { note(key, at: keyNode) }
      do {
        try field.read(value, key, &root, &self)
      } catch let error as RecipeError {
        refuse(error, key: key)
      }
      if !value.isNull { given.insert(name) }
    }
    if given.isSuperset(of: ["images", "epochs"]) {
      let second = Array(mapping).last { ["images", "epochs"].contains($0.key.string ?? "") }
      refuse(
        error(
          at: second?.key ?? node, "\(path) has both images and epochs; remove one of them"),
        key: "\(path).epochs")
    }
    return given
  }

  /// The value of `node`, for a field.
  func value<Value: RecipeValue>(of node: Node, for key: String) throws -> Value {
    if let value = Value.read(node) { return value }
    var hint = ""
    if let choice = Value.self as? any Choice.Type, let text = node.scalar?.string,
      let near = choice.word(near: text)
    {
      hint = "; did you mean \(near)?"
    } else if node.isNull {
      hint = "; leave the line out for the default"
    }
    let shown = node.isNull ? "empty" : node.shown
    throw error(at: node, "\(key) must be \(Value.expected), not \(shown)\(hint)")
  }

  /// An error that begins with the place of the first of `keys` that was given, else with the file.
  func error(for keys: [String], _ message: String) -> RecipeError {
    let place = keys.lazy.compactMap { places[$0] }.first
    return RecipeError((place?.prefix ?? "\(file): ") + message)
  }

  /// Whether one of `keys`, or a group that it is in, is known to be wrong.
  func isAtFault(_ keys: [String]) -> Bool {
    problems.contains { problem in
      keys.contains { $0 == problem.key || $0.hasPrefix((problem.key ?? "") + ".") }
    }
  }

  /// Whether all of `keys` have values that are the teacher's, of which the fault is told already.
  func isInherited(_ keys: [String]) -> Bool {
    let heirs = ["baseline.training.", "fineTuning.training."]
    let own = keys.compactMap { key in
      heirs.first { key.hasPrefix($0) && places[key] == nil }.map {
        "teacher.training." + key.dropFirst($0.count)
      }
    }
    return own.count == keys.count && isAtFault(own)
  }

  /// Notes a problem of `key`, once.
  mutating func refuse(_ error: RecipeError, key: String?) {
    let problem = Problem(error.description, exitCode: error.exitCode, key: key)
    if !problems.contains(where: { $0.message == problem.message }) { problems.append(problem) }
  }

  // MARK: - Private

  private mutating func note(_ key: String, at node: Node) {
    if let override {
      places[key] = .override(override)
    } else {
      places[key] = .line(node.mark?.line ?? 1, file: file)
    }
  }

  private func error(at node: Node, _ message: String) -> RecipeError {
    if let override { return RecipeError("in --set \(override): \(message)") }
    return RecipeError("\(file):\(node.mark?.line ?? 1): \(message)")
  }

  /// The path of the key `name`, below `path` if there is one; K and P are the paper's names.
  private func home(of name: String, near path: String) -> String? {
    let symbols = ["K": "imagesPerClass", "P": "labelsPerImage", "lr": "learningRate"]
    let suffix = "." + (symbols[name] ?? name)
    let places = Recipe.defaultSettings.map(\.key).filter { $0.hasSuffix(suffix) }
    return places.first { $0.hasPrefix(path) } ?? places.first
  }

  private func unknown(_ name: String, in path: String, keys: [String]) -> String {
    let place = path.isEmpty ? "a recipe" : path
    let start = "unknown key \"\(name)\" in \(place)"
    let near = nearest(name, in: keys)
    if let near, editDistance(near.lowercased(), name.lowercased()) <= 2 {
      return "\(start); did you mean \"\(near)\"?"
    }
    if let found = home(of: name, near: path) { return "\(start); it belongs at \(found)" }
    if let near { return "\(start); did you mean \"\(near)\"?" }
    let names = Set(Recipe.defaultSettings.compactMap { $0.key.split(separator: ".").last })
    let similar = nearest(name, in: names.map(String.init).sorted())
    if let found = similar.flatMap({ home(of: $0, near: path) }) {
      return "\(start); did you mean \(found)?"
    }
    return "\(start); its keys are \(keys.joined(separator: ", "))"
  }
}
