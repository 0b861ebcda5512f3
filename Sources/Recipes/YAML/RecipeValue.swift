import Files
import Foundation
import ImageData
import Models
import Training
import Yams

/// A value that stands behind a key of a recipe: read from a YAML node, written as YAML text.
protocol RecipeValue {
  /// What a reader is told when a node is something else: "a whole number".
  static var expected: String { get }
  /// The same as a JSON schema.
  static var schema: [String: JSONSchemaValue] { get }
  /// The node's value, or nil when the node is something else.
  static func read(_ node: Node) -> Self?
  /// The value in YAML, on one line; reading it gives an equal value.
  var yaml: String { get }
  /// The value in a JSON schema.
  var schemaValue: JSONSchemaValue { get }
}

extension RecipeValue {
  var schemaValue: JSONSchemaValue { .text(yaml) }
}

extension Node {
  /// Whether the node is YAML's null: nothing, `~` or `null` without quotes.
  var isNull: Bool { plainText.map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false }

  /// The text of a scalar without quotes.
  var plainText: String? {
    guard case .scalar(let scalar) = self, [.plain, .any].contains(scalar.style) else { return nil }
    return scalar.string
  }

  /// How an error shows the node to the user.
  var shown: String {
    switch self {
    case .scalar(let scalar): plainText ?? "\"\(scalar.string)\""
    case .mapping: "a group of keys"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }
}

// MARK: - Scalars

extension Int: RecipeValue {
  static var expected: String { "a whole number" }
  static var schema: [String: JSONSchemaValue] { ["type": .text("integer")] }

  static func read(_ node: Node) -> Int? {
    guard let text = node.plainText?.replacing("_", with: "") else { return nil }
    if let exact = Int(text) { return exact }
    // 1e9 is how many write a billion.
    guard let number = Double(text), text.lowercased().contains("e") else { return nil }
    return abs(number) <= 9e15 ? Int(exactly: number) : nil
  }

  var yaml: String { String(self) }
  var schemaValue: JSONSchemaValue { .number(self) }
}

extension Double: RecipeValue {
  static var expected: String { "a number" }
  static var schema: [String: JSONSchemaValue] { ["type": .text("number")] }

  static func read(_ node: Node) -> Double? {
    guard let text = node.plainText?.replacing("_", with: ""), !text.lowercased().contains("x"),
      let number = Double(text), number.isFinite
    else { return nil }
    return number
  }

  var yaml: String { String(self) }
}

extension Bool: RecipeValue {
  static var expected: String { "true or false" }
  static var schema: [String: JSONSchemaValue] { ["type": .text("boolean")] }

  static func read(_ node: Node) -> Bool? {
    switch node.plainText {
    case "true": true
    case "false": false
    default: nil
    }
  }

  var yaml: String { String(self) }
}

extension String: RecipeValue {
  static var expected: String { "a text" }
  static var schema: [String: JSONSchemaValue] { ["type": .text("string")] }

  static func read(_ node: Node) -> String? {
    guard case .scalar(let scalar) = node, !node.isNull else { return nil }
    return scalar.string
  }

  /// The text as it is where no YAML reader could take it for anything else, otherwise in quotes.
  var yaml: String {
    let plain = /[A-Za-z\/._][A-Za-z0-9\/._+@-]*/
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", ".nan", ".inf"]
    if wholeMatch(of: plain) != nil, !words.contains(lowercased()) { return self }
    var quoted = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
        quoted += "\\x" + hexadecimal(scalar.value, digits: 2)
      case "\u{2028}", "\u{2029}", "\u{FEFF}":
        quoted += "\\u" + hexadecimal(scalar.value, digits: 4)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private func hexadecimal(_ value: UInt32, digits: Int) -> String {
    Format.padded(String(value, radix: 16, uppercase: true), digits: digits)
  }
}

// MARK: - Choices

extension RecipeValue where Self: Choice {
  static var expected: String { words }
  static var schema: [String: JSONSchemaValue] { ["enum": .texts(allCases.map(\.rawValue))] }

  static func read(_ node: Node) -> Self? { String.read(node).flatMap(Self.init(rawValue:)) }

  var yaml: String { rawValue }
}

extension Recipe.DeviceChoice: RecipeValue {}
extension Recipe.PrecisionChoice: RecipeValue {}
extension Recipe.ScoringPrecision: RecipeValue {}
extension Stem: RecipeValue {}
extension CacheFormat.Encoding: RecipeValue {}
extension TrainingSettings.Schedule: RecipeValue {}
extension TrainingSettings.Loss: RecipeValue {}
extension TrainingSettings.Preset: RecipeValue {}
extension TrainingSettings.Augmentation.Policy: RecipeValue {}
extension Recipe.Targets: RecipeValue {}
extension Recipe.Consistency.Use: RecipeValue {}
extension TrainingSettings.Order: RecipeValue {}
extension Recipe.TeacherKind: RecipeValue {}
extension Recipe.Strategy: RecipeValue {}
extension Recipe.Duplicates: RecipeValue {}
extension TrainingSettings.Augmentation.Crop: RecipeValue {}
extension ImageInput.Interpolation: RecipeValue {}

extension ThreadChoice: RecipeValue {
  static var expected: String { "auto or a whole number" }
  static var schema: [String: JSONSchemaValue] {
    ["type": .texts(["integer", "string"]), "pattern": .text("^auto$")]
  }

  static func read(_ node: Node) -> ThreadChoice? {
    node.plainText == "auto" ? .auto : Int.read(node).map { .count($0) }
  }

  var yaml: String {
    switch self {
    case .auto: "auto"
    case .count(let count): count.yaml
    }
  }
}

// MARK: - Compounds

extension Optional: RecipeValue where Wrapped: RecipeValue {
  static var expected: String { "\(Wrapped.expected) or null" }
  static var schema: [String: JSONSchemaValue] {
    guard case .text(let type)? = Wrapped.schema["type"] else { return Wrapped.schema }
    return Wrapped.schema.merging(["type": .texts([type, "null"])]) { $1 }
  }

  static func read(_ node: Node) -> Wrapped?? {
    if node.isNull { return .some(.none) }
    return Wrapped.read(node).map { .some($0) }
  }

  var yaml: String { self?.yaml ?? "null" }
}

extension Array: RecipeValue where Element: RecipeValue {
  static var expected: String { "a list, each entry \(Element.expected)" }
  static var schema: [String: JSONSchemaValue] {
    ["type": .text("array"), "items": .schema(Element.schema)]
  }

  static func read(_ node: Node) -> [Element]? {
    guard case .sequence(let sequence) = node else { return nil }
    let values = sequence.compactMap { Element.read($0) }
    return values.count == sequence.count ? values : nil
  }

  var yaml: String { "[" + map(\.yaml).joined(separator: ", ") + "]" }
}

extension ClosedRange: RecipeValue where Bound == Double {
  static var expected: String { "a list of two numbers, the smaller first" }
  static var schema: [String: JSONSchemaValue] {
    [
      "type": .text("array"), "items": .schema(Double.schema), "minItems": .number(2),
      "maxItems": .number(2),
    ]
  }

  static func read(_ node: Node) -> ClosedRange<Double>? {
    guard let ends = [Double].read(node), ends.count == 2, ends[0] <= ends[1] else { return nil }
    return ends[0]...ends[1]
  }

  var yaml: String { [lowerBound, upperBound].yaml }
}
