import Foundation
import ImageData

/// What stands beside a picture in its sample: a class and hashtags.
struct SampleMetadata {
  /// The class, as a name or as a number's digits.
  var label: String?
  /// The hashtags without their #, in their order.
  var tags: [String] = []
  /// Whether a text was searched for hashtags, with or without success.
  private(set) var hasText = false
  /// Whether the label is what somebody called a name, which goes before numbers.
  private var isNamed = false

  /// Whether it says nothing.
  var isEmpty: Bool { label == nil && tags.isEmpty }

  /// Members of more bytes are passed over.
  static let mostBytes = 64 << 10
  private static let mostLabelBytes = 256

  /// Takes the contents of a `.cls` member: a class's number or name.
  mutating func take(cls bytes: [UInt8]) {
    take(label: String(decoding: bytes, as: UTF8.self), isName: false)
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

  private mutating func take(label text: String, isName: Bool) {
    guard isName || !isNamed, let name = Self.label(text) else { return }
    label = name
    isNamed = isName
  }

  private static let tagKeys = ["hashtags", "tags"]
  /// The later ones go before the others.
  private static let labelKeys = ["target", "category", "class", "label", "cls"]
  private static let nameKeys = ["label_name", "class_name"]
  /// The keys that say a class, for messages.
  static let labelKeyNames = (labelKeys + nameKeys).joined(separator: ", ")
  private static let keys = (tagKeys + labelKeys + nameKeys).map { Array($0.utf8) }

  /// Takes the hashtags (a list, or text between spaces or commas) and the class of a JSON object: the
  /// keys `hashtags` and `tags`, `label`, `cls`, `class`, `category` and `target`, and before those
  /// `label_name` and `class_name`.
  /// - Returns: Whether it is one.
  mutating func take(json bytes: [UInt8]) -> Bool {
    // Most crawls' JSON has nothing of the kind, and taking it apart costs more than all the rest.
    if bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}"), !Self.mayHaveKeys(bytes) {
      return true
    }
    let object = try? JSONSerialization.jsonObject(with: Data(bytes))
    guard let object = object as? [String: Any] else { return false }
    for key in Self.tagKeys {
      switch object[key] {
      case let list as [Any]:
        for case let tag as String in list { add(tag[...]) }
      case let text as String:
        text.split { $0.isWhitespace || $0 == "," }.forEach { add($0) }
      default: break
      }
    }
    for key in Self.labelKeys + Self.nameKeys {
      let isName = Self.nameKeys.contains(key)
      switch object[key] {
      case let name as String: take(label: name, isName: isName)
      case let number as NSNumber where number.doubleValue == Double(number.int64Value):
        take(label: String(number.int64Value), isName: isName)
      default: break
      }
    }
    return true
  }

  /// Whether one of the keys stands in quotes somewhere.
  private static func mayHaveKeys(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      for index in 3..<max(3, bytes.count) where bytes[index] == UInt8(ascii: "\"") {
        switch bytes[index - 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "l"), UInt8(ascii: "e"), UInt8(ascii: "y"),
          UInt8(ascii: "t"):
          if keys.contains(where: { bytes[..<index].suffix($0.count).elementsEqual($0) }) {
            return true
          }
        default: continue
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
    let name = ClassName.trimmed(line)
    return name.isEmpty || name.utf8.count > mostLabelBytes ? nil : name
  }
}
