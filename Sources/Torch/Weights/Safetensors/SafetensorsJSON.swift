import Files
import Foundation

/// Reads the little JSON that safetensors headers are made of, key by key in order.
///
/// Foundation's own reader keeps the last of two equal keys; here the caller sees both.
struct SafetensorsJSON {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private func fault(_ expected: String) -> SafetensorsFault {
    SafetensorsFault("the header is not as it should be at byte \(8 + position): no \(expected)")
  }

  private mutating func peek() -> UInt8? {
    while position < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[position]) {
      position += 1
    }
    return position < bytes.count ? bytes[position] : nil
  }

  private mutating func take(_ character: Character) -> Bool {
    guard let ascii = character.asciiValue, peek() == ascii else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Character) throws {
    guard take(character) else { throw fault("'\(character)'") }
  }

  /// Reads an object, handing each key to `value`, which reads what belongs to it.
  mutating func object(_ value: (String, inout SafetensorsJSON) throws -> Void) throws {
    try expect("{")
    if take("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try value(key, &self)
    } while take(",")
    try expect("}")
  }

  /// Reads a string; escapes are decoded by Foundation.
  mutating func string() throws -> String {
    try expect("\"")
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard position < bytes.count else { throw fault("end of a string") }
    let quoted = Data(bytes[(start - 1)...position])
    position += 1
    guard let text = try? JSON.read(String.self, from: quoted) else {
      throw fault("string in UTF-8")
    }
    return text
  }

  /// Reads an array of whole numbers that are not negative.
  mutating func integers() throws -> [Int] {
    try expect("[")
    if take("]") { return [] }
    var values: [Int] = []
    repeat {
      _ = peek()
      let start = position
      while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
      let isPadded = position > start + 1 && bytes[start] == 0x30
      guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)), !isPadded
      else { throw fault("whole number of at most 63 bits") }
      values.append(value)
    } while take(",")
    try expect("]")
    return values
  }

  /// Makes sure that nothing follows.
  mutating func end() throws {
    guard peek() == nil else { throw fault("end of the header") }
  }

  /// `text` as a JSON string.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + Format.padded(digits, digits: 4)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
