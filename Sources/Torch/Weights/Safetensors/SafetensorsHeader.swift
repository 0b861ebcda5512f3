import Foundation

/// The header of a safetensors file: for each tensor its type, shape and place in the data.
///
/// A header that could mean two things is refused: duplicate names, holes, overlaps, sizes that
/// disagree with type and shape.
struct SafetensorsHeader {
  struct Entry {
    let name: String
    /// The type's name in the file.
    let type: String
    /// nil for a type that only other programs know.
    let dtype: DType?
    let shape: [Int]
    let range: Range<Int>
  }

  static let byteLimit = 100_000_000
  private static let names: [(String, DType)] = [
    ("U8", .uint8), ("I8", .int8), ("BOOL", .bool), ("I32", .int32), ("I64", .int64),
    ("F16", .float16), ("BF16", .bfloat16), ("F32", .float32), ("F64", .float64),
  ]

  /// Bytes of an element of types that are passed over.
  private static let otherSizes = [
    "I16": 2, "U16": 2, "U32": 4, "U64": 8, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1,
    "C64": 8,
  ]

  var metadata: [String: String] = [:]
  var entries: [Entry] = []

  /// Reads the JSON of a header before `dataCount` bytes of data.
  init(parsing json: UnsafeRawBufferPointer, dataCount: Int) throws {
    var reader = SafetensorsJSON(json)
    var seen: Set<String> = []
    try reader.object { name, reader in
      guard seen.insert(name).inserted else { throw SafetensorsFault("\(name) stands twice") }
      if name == "__metadata__" {
        try reader.object { key, reader in
          guard metadata.updateValue(try reader.string(), forKey: key) == nil else {
            throw SafetensorsFault("the metadata \(key) stands twice")
          }
        }
      } else {
        entries.append(try Self.entry(name, &reader))
      }
    }
    try reader.end()
    var end = 0
    // An empty tensor begins where the next one does, so it must come first.
    for entry in entries.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      guard entry.range.lowerBound == end else {
        throw SafetensorsFault("hole or overlap before \(entry.name)")
      }
      end = entry.range.upperBound
    }
    guard end == dataCount else {
      throw SafetensorsFault("the tensors take \(end) bytes, the file holds \(dataCount)")
    }
  }

  /// The name that files have for `dtype`.
  static func name(of dtype: DType) -> String { names.first { $0.1 == dtype }?.0 ?? "" }

  init(metadata: [String: String], entries: [Entry]) {
    self.metadata = metadata
    self.entries = entries
  }

  private static func entry(_ name: String, _ reader: inout SafetensorsJSON) throws -> Entry {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    var seen: Set<String> = []
    try reader.object { key, reader in
      guard seen.insert(key).inserted else {
        throw SafetensorsFault("the \(key) of \(name) stands twice")
      }
      switch key {
      case "dtype": type = try reader.string()
      case "shape": shape = try reader.integers()
      case "data_offsets": offsets = try reader.integers()
      default: throw SafetensorsFault("\(name) has the unknown key \(key)")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw SafetensorsFault("\(name) lacks a type, shape or place")
    }
    let dtype = names.first { $0.0 == type }?.1
    // Of a type that nobody here knows, the file alone says how long it is.
    guard var bytes = dtype?.byteCount ?? otherSizes[type] else {
      return Entry(
        name: name, type: type, dtype: nil, shape: shape, range: offsets[0]..<offsets[1])
    }
    for length in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
      guard !overflow else { throw SafetensorsFault("\(name) is too large") }
      bytes = product
    }
    guard bytes == offsets[1] - offsets[0] else {
      throw SafetensorsFault("\(name) needs \(bytes) bytes, has \(offsets[1] - offsets[0])")
    }
    return Entry(
      name: name, type: type, dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
  }

  /// The header as JSON, padded with spaces so that the data begins at a multiple of 8.
  func encoded() -> Data {
    var parts: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map {
        "\(SafetensorsJSON.quoted($0.key)):\(SafetensorsJSON.quoted($0.value))"
      }
      parts.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    for entry in entries {
      let shape = entry.shape.map(String.init).joined(separator: ",")
      parts.append(
        "\(SafetensorsJSON.quoted(entry.name)):{\"dtype\":\"\(entry.type)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(entry.range.lowerBound),\(entry.range.upperBound)]}")
    }
    var data = Data("{\(parts.joined(separator: ","))}".utf8)
    data.append(Data(repeating: UInt8(ascii: " "), count: (8 - data.count % 8) % 8))
    return data
  }
}

/// What is wrong with a file's contents, before the file is named.
struct SafetensorsFault: Error {
  let message: String
  init(_ message: String) { self.message = message }
}
