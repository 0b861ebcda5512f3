/// A column of a Parquet file to be written.
public struct ParquetField: Sendable {
  /// What its values are.
  public enum Kind: Int32, Sendable {
    /// UTF-8 text.
    case string = 1
    /// Integers of 32 bits.
    case int32 = 2
    /// Integers of 64 bits.
    case int64 = 3
    /// Floating-point numbers of 32 bits.
    case float32 = 4
  }

  /// Its name.
  public let name: String
  /// What its values are.
  public let kind: Kind
  /// Whether a value may be NULL; only texts can be.
  public let isOptional: Bool
  /// Whether few values recur often: they are then kept once, in a dictionary.
  public let repeats: Bool

  /// Describes a column.
  public init(_ name: String, _ kind: Kind, isOptional: Bool = false, repeats: Bool = false) {
    self.name = name
    self.kind = kind
    self.isOptional = isOptional
    self.repeats = repeats
  }
}

/// Many texts in one block of bytes, some of them NULL.
public struct ParquetStrings: Sendable {
  private(set) var bytes: [UInt8] = []
  private(set) var offsets: [Int64] = [0]
  private(set) var valid: [UInt8] = []
  private(set) var hasNulls = false

  /// Makes a column without texts.
  public init() {}

  /// Makes a column of `texts`.
  public init(_ texts: some Sequence<String?>) {
    for text in texts { append(text) }
  }

  /// How many texts there are.
  public var count: Int { valid.count }

  /// Appends a text, or NULL.
  public mutating func append(_ text: String?) {
    if let text { bytes.append(contentsOf: text.utf8) } else { hasNulls = true }
    offsets.append(Int64(bytes.count))
    valid.append(text == nil ? 0 : 1)
  }

  /// Takes all texts away and keeps the memory.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    valid.removeAll(keepingCapacity: true)
    offsets.append(0)
    hasNulls = false
  }
}

/// The next values of one column.
public enum ParquetColumn: Sendable {
  /// Texts.
  case strings(ParquetStrings)
  /// Integers of 32 bits.
  case int32([Int32])
  /// Integers of 64 bits.
  case int64([Int64])
  /// Floating-point numbers of 32 bits.
  case float32([Float])

  /// How many values there are.
  public var count: Int {
    switch self {
    case .strings(let texts): texts.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    case .float32(let values): values.count
    }
  }

  /// What the values are.
  public var kind: ParquetField.Kind {
    switch self {
    case .strings: .string
    case .int32: .int32
    case .int64: .int64
    case .float32: .float32
    }
  }
}
