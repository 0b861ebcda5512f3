/// What a pickle describes: containers, plain values, tensors, and names that stand for nothing more.
package enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case bytes([UInt8])
  case tuple(PickleSequence)
  case list(PickleSequence)
  case dictionary(PickleDictionary)
  case storage(PickledStorage)
  case tensor(PickledTensor)
  /// Something of Python's by its full name, such as `torch.FloatStorage`; it is never looked up.
  case global(String)

  /// What messages call it.
  var kind: String {
    switch self {
    case .none: "None"
    case .boolean: "a truth value"
    case .integer: "a whole number"
    case .number: "a number"
    case .text: "a text"
    case .bytes: "bytes"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .global(let name): name
    }
  }

  package var text: String? {
    guard case .text(let value) = self else { return nil }
    return value
  }

  package var integer: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  package var dictionary: PickleDictionary? {
    guard case .dictionary(let value) = self else { return nil }
    return value
  }

  package var tensor: PickledTensor? {
    guard case .tensor(let value) = self else { return nil }
    return value
  }

  /// The elements of a list or of a tuple.
  package var elements: [PickleValue]? {
    switch self {
    case .list(let sequence), .tuple(let sequence): sequence.items
    default: nil
    }
  }
}

/// A list, which the pickle may still append to after it has been named, or a tuple.
package final class PickleSequence {
  package fileprivate(set) var items: [PickleValue]

  init(_ items: [PickleValue] = []) { self.items = items }

  func append(_ values: some Sequence<PickleValue>) { items.append(contentsOf: values) }
}

/// A dictionary in the order of its entries; a key that is set again keeps its place, as in Python.
package final class PickleDictionary {
  package private(set) var entries: [(key: PickleValue, value: PickleValue)] = []
  private var places: [String: Int] = [:]

  init() {}

  /// The value of a key that is a text.
  package subscript(name: String) -> PickleValue? { places[name].map { entries[$0].value } }

  fileprivate func removeAll() {
    entries = []
    places = [:]
  }

  func set(_ key: PickleValue, _ value: PickleValue) {
    // Other keys than texts are those of optimisers and schedules, which nobody asks for.
    guard let name = key.text else { return entries.append((key, value)) }
    if let place = places[name] {
      entries[place].value = value
    } else {
      places[name] = entries.count
      entries.append((key, value))
    }
  }
}

/// Keeps every sequence and dictionary of a pickle, and empties them when it goes: one that holds itself
/// would never go, and one of a million within each other would take the stack with it.
package final class PickleContainers {
  private var sequences: [PickleSequence] = []
  private var dictionaries: [PickleDictionary] = []

  init() {}

  /// Keeps what `value` is, where that is a container.
  func keep(_ value: PickleValue) {
    switch value {
    case .list(let sequence), .tuple(let sequence): sequences.append(sequence)
    case .dictionary(let dictionary): dictionaries.append(dictionary)
    default: break
    }
  }

  deinit {
    for sequence in sequences { sequence.items = [] }
    for dictionary in dictionaries { dictionary.removeAll() }
  }
}

/// The memory that one or more tensors are cut from.
package struct PickledStorage {
  /// The file's name for it.
  package let key: String
  /// The type of its elements; nil where it is bytes whose tensors say their own.
  package let type: ElementType?
  /// How many elements it has, or bytes.
  package let count: Int
  /// The first of its elements in the storage of that name, where it is a view of a larger one.
  package var offset = 0

  /// How many elements the storage of that name must hold.
  var reach: Int { offset + count }
}

/// Where a tensor's elements lie in its storage.
package struct PickledTensor {
  package let storage: PickledStorage
  package let type: ElementType
  /// In elements, from the storage's beginning.
  package let offset: Int
  package let shape: [Int]
  /// In elements.
  package let strides: [Int]
}

/// The type of numbers, by PyTorch's name.
package struct ElementType: Equatable, Sendable {
  /// Such as `float32`.
  package let name: String
  /// The size of one.
  package let byteCount: Int

  /// Of the storages' names and of `torch.…`; complex and quantised numbers are nobody's weights here.
  private static let types: [(storage: String, names: [String], size: Int)] = [
    ("FloatStorage", ["float32", "float"], 4), ("DoubleStorage", ["float64", "double"], 8),
    ("HalfStorage", ["float16", "half"], 2), ("BFloat16Storage", ["bfloat16"], 2),
    ("LongStorage", ["int64", "long"], 8), ("IntStorage", ["int32", "int"], 4),
    ("ShortStorage", ["int16", "short"], 2), ("CharStorage", ["int8"], 1),
    ("ByteStorage", ["uint8"], 1), ("BoolStorage", ["bool"], 1),
    ("ComplexFloatStorage", ["complex64"], 8), ("ComplexDoubleStorage", ["complex128"], 16),
  ]

  /// The type of the elements of a storage such as `torch.FloatStorage` or `torch.cuda.HalfStorage`.
  init?(storage global: String) {
    for prefix in ["torch.", "torch.cuda."] where global.hasPrefix(prefix) {
      let name = global.dropFirst(prefix.count)
      if let found = Self.types.first(where: { $0.storage == name }) {
        self.init(name: found.names[0], byteCount: found.size)
        return
      }
    }
    return nil
  }

  /// The global that names a storage of such elements: `torch.FloatStorage`.
  var storage: String? {
    Self.types.first { $0.names.contains(name) }.map { "torch.\($0.storage)" }
  }

  /// The type that Python calls `torch.float32` and the like.
  package init?(global: String) {
    guard global.hasPrefix("torch.") else { return nil }
    let name = String(global.dropFirst("torch.".count))
    guard let found = Self.types.first(where: { $0.names.contains(name) }) else { return nil }
    self.init(name: found.names[0], byteCount: found.size)
  }

  private init(name: String, byteCount: Int) {
    self.name = name
    self.byteCount = byteCount
  }
}

/// What is wrong with a file's contents, before the file is named.
package struct PickleFault: Error, Equatable {
  package let message: String
  init(_ message: String) { self.message = message }
}
