import Files
import Foundation

/// What there is to say of a key of a recipe.
public struct RecipeKey: Sendable {
  /// The key's path: `ranking.imagesPerClass`.
  public let key: String
  /// What it is.
  public let about: String
  /// What a change of it reaches.
  public let reach: Reach
  /// Whether it came after 0.1.0: it then has no part in a hash while it has its default, so that what
  /// earlier versions made is still of the same recipe.
  package let isYoung: Bool
  /// What it takes: "a whole number".
  public let expected: String
  /// The same in the words of JSON Schema.
  let schema: [String: JSONSchemaValue]

  /// What is done again when a value changes.
  public enum Reach: Sendable {
    /// Nothing.
    case nothing
    /// Finished networks are measured again; none is trained again.
    case measuring
    /// That, and what is scored, selected and trained on the selection.
    case measuringAndScoring
    /// What was scored and selected, and what follows.
    case unlabelled
    /// Every training.
    case everyTraining
    /// The teacher from stage 0 on, where there is one, and what follows it.
    case pretraining
    /// The stage that the key's group is named after, and those that follow.
    case itsStage
    /// The student, what follows it, and the baseline, which is of the same architecture.
    case studentAndBaseline
    /// Whether there are baselines: what is trained stays as it is.
    case comparisons
    /// How many rounds there are: what is trained stays as it is.
    case laterRounds
  }
}

/// A value in a JSON schema.
enum JSONSchemaValue: Sendable, Encodable {
  case text(String)
  case texts([String])
  case list([JSONSchemaValue])
  case number(Int)
  case flag(Bool)
  case schema([String: JSONSchemaValue])

  /// Encodes the value itself.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .texts(let texts): try container.encode(texts)
    case .list(let values): try container.encode(values)
    case .number(let number): try container.encode(number)
    case .flag(let flag): try container.encode(flag)
    case .schema(let members): try container.encode(members)
    }
  }

  /// The members of a schema; none of anything else.
  var members: [String: JSONSchemaValue] {
    if case .schema(let members) = self { members } else { [:] }
  }
}

extension Recipe {
  /// Every key there is, in the order in which a recipe is written.
  public static let allKeys: [RecipeKey] = fields.flatMap { $0.keys($0.name) }

  private static let reaches = Dictionary(
    allKeys.map { ($0.key, $0.reach) }, uniquingKeysWith: { first, _ in first })

  /// What a change of the value of `key` reaches; nil where there is no such key.
  package static func reach(of key: String) -> RecipeKey.Reach? { reaches[key] }

  /// What `halcyon help recipe` says of the keys below `path`, or of all: a line for each key with its
  /// default, and what it is below it.
  /// - Throws: `RecipeError` where there is no such key, with the one that was meant.
  public static func help(on path: String? = nil) throws -> [String] {
    let keys = allKeys.filter {
      path == nil || $0.key == path || $0.key.hasPrefix("\(path ?? "").")
    }
    guard !keys.isEmpty else {
      let near = meant(by: path ?? "")
      throw RecipeError(
        "a recipe has no key \(path ?? "")"
          + (near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"))
    }
    let defaults = Dictionary(
      defaultSettings.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    return keys.flatMap { key -> [String] in
      let value =
        ["\"\"", nil].contains(defaults[key.key]) ? "(to be given)" : defaults[key.key] ?? ""
      return [
        "\(key.key): \(value)", "  \(key.about)",
        "  Takes \(key.expected). \(key.inheritance)\(key.consequence)",
      ]
    }
  }

  /// The keys that `text` was most likely meant to be: those that end in it, or in a word near it, else the
  /// nearest one.
  private static func meant(by text: String) -> [String] {
    func ending(in name: String) -> [String] {
      allKeys.map(\.key).filter { key in
        key.hasSuffix(".\(name)") || key.contains(".\(name).")
      }
    }
    let names = Set(allKeys.flatMap { $0.key.split(separator: ".").map(String.init) })
    let last = text.split(separator: ".").last.map(String.init) ?? text
    let found = ending(in: text)
    if !found.isEmpty { return Array(found.prefix(mostMeant)) }
    if let near = nearest(text, in: allKeys.map(\.key)) { return [near] }
    let near = nearest(last, in: names.sorted()).map(ending) ?? []
    return Array(near.prefix(mostMeant))
  }

  private static let mostMeant = 5

  /// The JSON schema of a recipe, with which an editor completes and checks it.
  public static var schema: String {
    get throws {
      var root: [String: JSONSchemaValue] = [
        "$schema": .text("http://json-schema.org/draft-07/schema#"),
        "title": .text("A recipe of Halcyon"), "type": .text("object"),
        "additionalProperties": .flag(false),
      ]
      for key in allKeys {
        var schema = key.schema
        schema["description"] = .text(key.about)
        insert(schema, at: key.key.split(separator: ".").map(String.init)[...], into: &root)
      }
      return String(decoding: try JSON.pretty(root), as: UTF8.self)
    }
  }

  private static func insert(
    _ schema: [String: JSONSchemaValue], at path: ArraySlice<String>,
    into group: inout [String: JSONSchemaValue]
  ) {
    guard let name = path.first else { return }
    var members = group["properties"]?.members ?? [:]
    if path.count == 1 {
      members[name] = .schema(schema)
    } else {
      var inner =
        members[name]?.members ?? ["type": .text("object"), "additionalProperties": .flag(false)]
      insert(schema, at: path.dropFirst(), into: &inner)
      members[name] = .schema(inner)
    }
    group["properties"] = .schema(members)
  }
}

extension RecipeKey {
  /// Whether it says how long a training is, which the long baseline is as long as.
  private var setsLength: Bool {
    key.hasSuffix(".training.images") || key.hasSuffix(".training.epochs")
  }

  /// Where its value comes from in a recipe that leaves it out, in a sentence with a space after it; empty where that is
  /// the default.
  fileprivate var inheritance: String {
    guard let name = Recipe.inheritedFromTeacher(key) else { return "" }
    return "Left out, it is as \(name). "
  }

  /// What a change of it makes, in a sentence.
  fileprivate var consequence: String {
    switch reach {
    case .nothing: "A change leaves all results valid."
    case .measuring: "A change has networks measured again, not trained."
    case .measuringAndScoring:
      "A change has networks measured again, and scores, selects and trains on that again."
    case .unlabelled: "A change scores what is new, selects, and trains on that again."
    case .everyTraining: "A change trains everything again."
    case .pretraining:
      "A change makes the teacher (from stage 0 on, where there is one)"
        + (setsLength
          ? ", what follows it and the long baseline again." : " and what follows it again.")
    case .studentAndBaseline:
      "A change makes the student, what follows it and the baseline again."
    case .comparisons: "A change adds or leaves out baselines; what is trained stays."
    case .laterRounds: "A change adds or leaves out later rounds; what is trained stays."
    case .itsStage:
      switch key.split(separator: ".")[0] {
      case "baseline": "A change trains the baseline again."
      case let group where setsLength:
        "A change makes \(group), what follows it and the long baseline again."
      case let group: "A change makes \(group) and what follows it again."
      }
    }
  }
}
