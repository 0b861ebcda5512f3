import Foundation

/// What pax records say about the members after them.
///
/// A record is `LENGTH KEY=VALUE\n`, its length in decimal digits and all of it counted (POSIX.1-2001).
struct TarExtension {
  /// The member's name, in place of the header's.
  var path: [UInt8]?
  /// The length of the member's data, in place of the header's.
  var size: Int?
  /// Whether the member's data are a sparse file's parts.
  var isSparse = false

  /// More than this is no description of a file.
  static let mostBytes = 1 << 20

  /// Reads `records` over what was said before; nil when they are malformed.
  init?(_ records: [UInt8], over earlier: TarExtension = TarExtension()) {
    self = earlier
    var rest = records[...]
    while let first = rest.first {
      if first == 0 { break }  // some writers count the padding too
      guard let space = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
        let length = Self.decimal(rest[..<space]), length > space - rest.startIndex + 1,
        length <= rest.count, rest[rest.startIndex + length - 1] == UInt8(ascii: "\n")
      else { return nil }
      let body = rest[(space + 1)..<(rest.startIndex + length - 1)]
      guard let equals = body.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      guard take(body[..<equals], body[(equals + 1)...]) else { return nil }
      rest = rest.dropFirst(length)
    }
  }

  init() {}

  private mutating func take(_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Bool {
    if key.elementsEqual("path".utf8) {
      path = value.isEmpty ? nil : Array(value)
    } else if key.elementsEqual("size".utf8) {
      guard let number = Self.decimal(value) else { return value.isEmpty }
      size = number
    } else if key.starts(with: "GNU.sparse.".utf8) {
      isSparse = true
    }
    return true
  }

  private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty else { return nil }
    var value = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }
}
