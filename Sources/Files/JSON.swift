package import Foundation
import SystemPackage

/// JSON as files and printed lines have it: keys sorted, slashes as they are.
///
/// ```swift
/// try DurableFile.write(JSON.pretty(record), to: path)
/// let record = try JSON.read(Record.self, at: path)
/// ```
package enum JSON {
  /// `value` over several lines, indented, with a newline at the end.
  /// - Throws: `EncodingError` when a number is not finite.
  package static func pretty(_ value: some Encodable) throws -> Data {
    try indented(value) + Data("\n".utf8)
  }

  /// `value` over several lines, indented, without a newline at the end; numbers that are not finite as
  /// texts where `spellsNonFinite`.
  /// - Throws: `EncodingError` when a number is not finite and not to be spelled.
  package static func indented(
    _ value: some Encodable, spellsNonFinite: Bool = false
  ) throws -> Data {
    try encode(value, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes], spellsNonFinite)
  }

  /// `value` in one line, without a newline at the end; numbers that are not finite as texts where
  /// `spellsNonFinite`.
  /// - Throws: `EncodingError` when a number is not finite and not to be spelled.
  package static func line(
    _ value: some Encodable, spellsNonFinite: Bool = false, escapesSlashes: Bool = false
  ) throws -> Data {
    try encode(
      value, escapesSlashes ? .sortedKeys : [.sortedKeys, .withoutEscapingSlashes],
      spellsNonFinite)
  }

  /// The value that `data` is the JSON of.
  /// - Throws: `DecodingError` when it is not JSON, or of something else.
  package static func read<Value: Decodable>(
    _: Value.Type, from data: Data
  ) throws -> Value {
    try JSONDecoder().decode(Value.self, from: data)
  }

  /// The value that the file at `path` is the JSON of; nil where there is no file.
  /// - Throws: `FileError` naming `path` when it cannot be read (with the system's code), or is not JSON
  ///   of such a value (with the code 0).
  package static func read<Value: Decodable>(_: Value.Type, at path: String) throws -> Value? {
    guard FilePath(text: path).exists else { return nil }
    let data = try FilePath(text: path).contents()
    do {
      return try read(Value.self, from: data)
    } catch {
      throw FileError("read", path, code: 0, detail: "it is damaged, or another program's")
    }
  }

  private static func encode(
    _ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting, _ spellsNonFinite: Bool
  ) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    if spellsNonFinite {
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    }
    return try encoder.encode(value)
  }
}
