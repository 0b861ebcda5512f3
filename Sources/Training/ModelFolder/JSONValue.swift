/// Any JSON, for files whose keys others choose.
enum JSONValue: Decodable, Equatable, Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// A whole number.
  var integer: Int? {
    guard case .number(let value) = self else { return nil }
    return Int(exactly: value)
  }

  var number: Double? {
    guard case .number(let value) = self else { return nil }
    return value
  }

  var text: String? {
    guard case .text(let value) = self else { return nil }
    return value
  }

  var list: [JSONValue]? {
    guard case .list(let values) = self else { return nil }
    return values
  }

  var object: [String: JSONValue]? {
    guard case .object(let values) = self else { return nil }
    return values
  }

  /// How a message shows the value, in JSON and short.
  var shown: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .number(let value): Int(exactly: value).map { "\($0)" } ?? "\(value)"
    case .text(let value): "\"\(value.prefix(60))\""
    case .list(let values):
      "[" + values.prefix(5).map(\.shown).joined(separator: ", ")
        + (values.count > 5 ? ", …]" : "]")
    case .object(let values): values.isEmpty ? "{}" : "an object"
    }
  }
}
