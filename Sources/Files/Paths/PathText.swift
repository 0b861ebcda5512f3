/// How a file's name, which is bytes, stands in a text.
///
/// The system's names are bytes without an encoding; ours are texts: keys, recipes, lists, messages.
/// One rule leads from each to the other, and two names are the same when their bytes are:
///
/// - What is UTF-8 stays as it is, composed or decomposed as it was written.
/// - A byte that is not is written `\xE9`, with two hexadecimal digits.
/// - A backslash that would be read as the beginning of such a byte is written `\x5C`.
///
/// ```swift
/// PathText.text(of: [0x63, 0x61, 0x66, 0xE9])   // "caf\xE9", as bash writes it: $'caf\xE9'
/// PathText.bytes(of: #"caf\xE9"#)               // the four bytes again
/// ```
/// A path in a recipe may hold `\xE9` as well and means the byte; a list's paths are bytes already.
/// `FilePath(text:)` and `FilePath.text` apply the rule to whole paths, since it leaves slashes alone.
public enum PathText {
  /// The bytes of a name or path as text.
  public static func text(of bytes: some BidirectionalCollection<UInt8>) -> String {
    let backslash = UInt8(ascii: "\\")
    if let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(backslash) {
      return text
    }
    var result: [UInt8] = []
    for part in parts(of: Array(bytes)) {
      if part.isText {
        for place in part.bytes.indices {
          let isEscape = escaped(in: part.bytes, at: place) != nil
          result += isEscape ? Array(#"\x5C"#.utf8) : [part.bytes[place]]
        }
      } else {
        for byte in part.bytes { result += escape(byte) }
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The bytes of the name or path that is written as `text`.
  public static func bytes(of text: String) -> [UInt8] {
    let written = Array(text.utf8)
    guard written.contains(UInt8(ascii: "\\")) else { return written }
    var result: [UInt8] = []
    var place = 0
    while place < written.count {
      if let byte = escaped(in: written[...], at: place) {
        result.append(byte)
        place += 4
      } else {
        result.append(written[place])
        place += 1
      }
    }
    return result
  }

  /// The byte that the four characters from `place` on are, where they are one: `\x5C` or a byte that
  /// no ASCII character is.
  private static func escaped(in text: ArraySlice<UInt8>, at place: Int) -> UInt8? {
    guard place + 3 < text.endIndex, text[place] == UInt8(ascii: "\\"),
      text[place + 1] == UInt8(ascii: "x"), let high = digit(text[place + 2]),
      let low = digit(text[place + 3])
    else { return nil }
    let byte = high << 4 | low
    return byte >= 0x80 || byte == UInt8(ascii: "\\") ? byte : nil
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return Array(#"\x"#.utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }

  /// Cuts `bytes` into what is UTF-8 and what is not.
  private static func parts(
    of bytes: [UInt8]
  ) -> [(bytes: ArraySlice<UInt8>, isText: Bool)] {
    var parts: [(bytes: ArraySlice<UInt8>, isText: Bool)] = []
    var start = 0
    var place = 0
    while place < bytes.count {
      let length = characterLength(in: bytes, at: place)
      if length == 0 {
        if start < place { parts.append((bytes[start..<place], true)) }
        parts.append((bytes[place...place], false))
        start = place + 1
      }
      place += max(length, 1)
    }
    if start < bytes.count { parts.append((bytes[start...], true)) }
    return parts
  }

  /// How many bytes the UTF-8 character at `place` has; 0 where there is none.
  private static func characterLength(in bytes: [UInt8], at place: Int) -> Int {
    let length =
      switch bytes[place] {
      case ..<0x80: 1
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 0
      }
    guard length > 1 else { return length }
    guard place + length <= bytes.count else { return 0 }
    return String(validating: bytes[place..<place + length], as: UTF8.self) == nil ? 0 : length
  }
}
