import Foundation

/// The header of a NumPy file, a dictionary as Python writes it:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 10), }`.
package struct NumPyHeader {
  /// The type's word; nil where there is none, as of records.
  let type: String?
  /// The lengths along all axes.
  let shape: [Int]?
  /// Whether the first axis runs fastest.
  let isFortran: Bool?

  /// Takes `text` apart.
  init(_ text: String) {
    func value(of key: String) -> Substring? {
      for quote in ["'", "\""] {
        if let found = text.range(of: quote + key + quote) {
          let rest = text[found.upperBound...].drop { $0 == " " }
          guard rest.first == ":" else { return nil }
          return rest.dropFirst().drop { $0 == " " }
        }
      }
      return nil
    }
    type = value(of: "descr").flatMap { rest in
      guard let quote = rest.first, quote == "'" || quote == "\"" else {
        return rest.first == "[" ? "record" : nil
      }
      return String(rest.dropFirst().prefix { $0 != quote })
    }
    isFortran = value(of: "fortran_order").flatMap {
      $0.hasPrefix("False") ? false : $0.hasPrefix("True") ? true : nil
    }
    shape = value(of: "shape").flatMap { rest in
      guard rest.first == "(", let end = rest.firstIndex(of: ")") else { return nil }
      let parts = rest[rest.index(after: rest.startIndex)..<end].split(separator: ",")
        .map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
      let lengths = parts.compactMap { Int($0) }.filter { $0 >= 0 }
      return lengths.count == parts.count ? lengths : nil
    }
  }

  /// How many bytes `bytes(type:shape:)` gives.
  package static let byteCount = 128

  /// What a file of format version 1.0 begins with whose numbers are of `type` (`<f4`, `|u1`), in C order.
  package static func bytes(type: String, shape: [Int]) -> [UInt8] {
    // Python's tuple of one has a comma.
    let lengths = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(lengths)), }"
    let room = byteCount - 10 - 1 - text.utf8.count
    text += String(repeating: " ", count: max(0, room)) + "\n"
    let count = UInt16(text.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [
      1, 0, UInt8(truncatingIfNeeded: count), UInt8(count >> 8),
    ]
      + Array(text.utf8)
  }
}
