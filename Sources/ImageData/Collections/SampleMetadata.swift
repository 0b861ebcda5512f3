import Foundation

/// What stands beside a picture in its sample: a class and hashtags.
struct SampleMetadata {
  /// The class, as a name or as a number's digits.
  var label: String?
  /// The hashtags without their #, in their order.
  var tags: [String] = []
  /// Whether a text was searched for hashtags, with or without success.
  private(set) var hasText = false

  /// Whether it says nothing.
  var isEmpty: Bool { label == nil && tags.isEmpty }

  /// Members of more bytes are passed over.
  static let mostBytes = 64 << 10
  private static let mostLabelBytes = 256

  /// Takes the contents of a `.cls` member: a class's number or name.
  mutating func take(cls bytes: [UInt8]) {
    label = Self.label(String(decoding: bytes, as: UTF8.self)) ?? label
  }

  /// Takes hashtags, with or without their #.
  mutating func take(tags: some Sequence<Substring>) { tags.forEach { add($0) } }

  /// Takes the words of a text that begin with #.
  mutating func take(text bytes: [UInt8]) {
    hasText = true
    guard bytes.contains(UInt8(ascii: "#")) else { return }
    let text = String(decoding: bytes, as: UTF8.self)
    for word in text.split(whereSeparator: \.isWhitespace) where word.first == "#" {
      // "#kingfisher#blue," is two hashtags and a comma.
      for part in word.split(separator: "#") {
        add(part.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" })
      }
    }
  }

  /// Takes the keys `hashtags` and `tags` (a list, or text between spaces or commas), `label` and
  /// `cls` of a JSON object.
  /// - Returns: Whether it is one.
  mutating func take(json bytes: [UInt8]) -> Bool {
    // Most crawls' JSON has nothing of the kind, and taking it apart costs more than all the rest.
    if bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}"), !Self.mayHaveKeys(bytes) {
      return true
    }
    let object = try? JSONSerialization.jsonObject(with: Data(bytes))
    guard let object = object as? [String: Any] else { return false }
    for key in ["hashtags", "tags"] {
      switch object[key] {
      case let list as [Any]:
        for case let tag as String in list { add(tag[...]) }
      case let text as String:
        text.split { $0.isWhitespace || $0 == "," }.forEach { add($0) }
      default: break
      }
    }
    for key in ["label", "cls"] {
      switch object[key] {
      case let name as String: label = Self.label(name) ?? label
      case let number as NSNumber where number.doubleValue == Double(number.int64Value):
        label = String(number.int64Value)
      default: break
      }
    }
    return true
  }

  /// Whether a quote follows on the end of one of the keys.
  private static func mayHaveKeys(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      for index in 3..<max(3, bytes.count) where bytes[index] == UInt8(ascii: "\"") {
        let end = (bytes[index - 3], bytes[index - 2], bytes[index - 1])
        if end == (97, 103, 115) || end == (98, 101, 108) || end == (99, 108, 115) {  // ags bel cls
          return true
        }
      }
      return false
    }
  }

  private mutating func add(_ tag: Substring) {
    let bare = tag.drop { $0 == "#" || $0.isWhitespace }
    let line = bare.split(whereSeparator: \.isNewline).joined(separator: " ")
    if !line.isEmpty { tags.append(line) }
  }

  /// The first line of `text` without the space around it; nil where nothing is left or it is no name.
  private static func label(_ text: String) -> String? {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let name = line.trimmingCharacters(in: .whitespaces)
    return name.isEmpty || name.utf8.count > mostLabelBytes ? nil : name
  }
}
