/// The few functions and types of Python's that `torch.save` names in what it writes, done as what they
/// mean; every other is refused by its name.
struct PickleCalls {
  /// How many pairs may still be copied into dictionaries: a program that copies one list again and again
  /// would take any amount of memory.
  private var pairsLeft: Int
  /// How many bytes an element has of each storage that was named.
  private(set) var elementBytes: [String: Int] = [:]

  /// For a program of so many bytes.
  init(programBytes count: Int) { pairsLeft = count }

  /// What may be called, and how each makes its value.
  private static let functions: [String: @Sendable ([PickleValue]) throws -> PickleValue] = [
    "collections.OrderedDict": dictionary,
    // Of optimisers' states; what the dictionary does for keys that are missing does not matter here.
    "collections.defaultdict": { _ in .dictionary(PickleDictionary()) },
    "collections.Counter": { _ in .dictionary(PickleDictionary()) },
    "torch._utils._rebuild_tensor": { .tensor(try tensor($0)) },
    "torch._utils._rebuild_tensor_v2": { .tensor(try tensor($0)) },
    "torch._utils._rebuild_tensor_v3": { .tensor(try tensor($0, typeAt: 6)) },
    "torch._utils._rebuild_parameter": first,
    "torch._utils._rebuild_parameter_with_state": first,
    "torch._tensor._rebuild_from_type_v2": rebuilt,
    "torch.Size": { $0.first ?? .none },
    "torch.device": { $0.first ?? .none },
    "torch.serialization._get_layout": { $0.first ?? .none },
    "_codecs.encode": latin1,
  ]

  /// What is only ever named.
  private static let types: Set<String> = [
    "torch.nn.parameter.Parameter", "torch.nn.Parameter", "torch.Tensor", "torch.strided",
    "torch.contiguous_format", "torch.channels_last", "torch.storage.UntypedStorage",
    "torch.storage._UntypedStorage", "torch.UntypedStorage",
    "builtins.dict", "builtins.list", "builtins.int", "builtins.float",
    "__builtin__.dict", "__builtin__.list", "__builtin__.int", "__builtin__.float",
  ]

  /// The value that stands for a global.
  func global(_ module: String, _ name: String) throws -> PickleValue {
    let full = "\(module).\(name)"
    guard
      Self.functions[full] != nil || Self.types.contains(full)
        || ElementType(storage: full) != nil || ElementType(global: full) != nil
    else {
      throw PickleFault(
        "it names \(full.prefix(200)), which is no tensor or container and would be run by Python")
    }
    return .global(full)
  }

  /// What a call gives.
  mutating func call(
    _ name: String, _ arguments: [PickleValue]
  ) throws -> PickleValue {
    if name == "collections.OrderedDict" { pairsLeft -= arguments.first?.elements?.count ?? 0 }
    guard pairsLeft >= 0 else { throw PickleFault("it copies one list again and again") }
    guard let function = Self.functions[name] else { throw PickleFault("it calls \(name)") }
    return try function(arguments)
  }

  /// The storage that `torch.save` writes in the place of a tensor's memory: ("storage", its type, its
  /// key, where it was, how many elements it has) and, in old files, which part of another it is.
  mutating func storage(_ identity: PickleValue) throws -> PickledStorage {
    guard case .tuple(let identity) = identity, case let parts = identity.items, parts.count >= 5,
      parts[0].text == "storage",
      case .global(let type) = parts[1],
      let key = parts[2].text ?? parts[2].integer.map(String.init),
      let count = parts[4].integer, count >= 0
    else { throw PickleFault("it has an object of its own that is no tensor's memory") }
    let element = ElementType(storage: type)
    guard element != nil || type.hasSuffix("UntypedStorage") else {
      throw PickleFault("its tensors are of \(type), which is not known")
    }
    let size = element?.byteCount ?? 1
    guard elementBytes.updateValue(size, forKey: key) ?? size == size else {
      throw PickleFault("it has the storage \(key) in two types")
    }
    var storage = PickledStorage(key: key, type: element, count: count)
    if parts.count > 5, case .tuple(let part) = parts[5] {
      let view = part.items
      guard view.count == 3, let offset = view[1].integer, let size = view[2].integer, offset >= 0,
        size >= 0, !offset.addingReportingOverflow(size).overflow
      else { throw PickleFault("it has a view of a storage that cannot be") }
      storage = PickledStorage(key: key, type: element, count: size, offset: offset)
    }
    return storage
  }

  // MARK: - Functions

  private static func first(_ arguments: [PickleValue]) throws -> PickleValue {
    guard let value = arguments.first, value.tensor != nil else {
      throw PickleFault("a parameter is made of something that is no tensor")
    }
    return value
  }

  private static func dictionary(_ arguments: [PickleValue]) throws -> PickleValue {
    let dictionary = PickleDictionary()
    for pair in arguments.first?.elements ?? [] {
      guard let pair = pair.elements, pair.count == 2 else {
        throw PickleFault("a dictionary is made of something that is no pair")
      }
      dictionary.set(pair[0], pair[1])
    }
    return .dictionary(dictionary)
  }

  /// A tensor of a type that is the tensor itself: function, type, arguments, attributes.
  private static func rebuilt(_ arguments: [PickleValue]) throws -> PickleValue {
    guard arguments.count >= 3, case .global(let name) = arguments[0],
      case .global(let type) = arguments[1], case .tuple(let values) = arguments[2],
      ["torch.Tensor", "torch.nn.parameter.Parameter"].contains(type),
      name.hasPrefix("torch._utils._rebuild_"), let function = functions[name]
    else { throw PickleFault("it has a tensor of a type of its own") }
    return try function(values.items)
  }

  /// Bytes, which Python 3 writes for Python 2 as characters of the same numbers.
  private static func latin1(_ arguments: [PickleValue]) throws -> PickleValue {
    guard let text = arguments.first?.text, arguments.dropFirst().first?.text == "latin1" else {
      throw PickleFault("it calls _codecs.encode for something else than bytes")
    }
    let bytes = text.unicodeScalars.map { UInt8(exactly: $0.value) }
    return .bytes(bytes.compactMap { $0 })
  }

  /// A tensor of (storage, offset, shape, strides, …), whose type is its storage's, or stands at `typeAt`.
  private static func tensor(
    _ arguments: [PickleValue], typeAt: Int? = nil
  ) throws -> PickledTensor {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      let offset = arguments[1].integer, let shape = integers(arguments[2]),
      let strides = integers(arguments[3]), shape.count == strides.count, offset >= 0
    else { throw PickleFault("a tensor is made of something that is no place in a storage") }
    var type = storage.type
    if let typeAt, arguments.count > typeAt, case .global(let name) = arguments[typeAt] {
      type = ElementType(global: name)
    }
    guard let type else { throw PickleFault("it has a tensor of a type that is not known") }
    // What is counted in bytes is so many elements.
    let room = storage.type == nil ? storage.count / type.byteCount : storage.count
    guard let last = lastElement(offset, shape, strides), last < room else {
      throw PickleFault(
        "a tensor of the shape \(shape.prefix(8)) reaches beyond its storage of \(room) elements")
    }
    return PickledTensor(
      storage: storage, type: type, offset: offset, shape: shape, strides: strides)
  }

  private static func integers(_ value: PickleValue) -> [Int]? {
    guard let elements = value.elements, elements.count <= 64 else { return nil }
    let numbers = elements.compactMap(\.integer)
    return numbers.count == elements.count && numbers.allSatisfy { $0 >= 0 } ? numbers : nil
  }

  /// The place of a tensor's last element, -1 where it has none; nil where it cannot be counted.
  private static func lastElement(_ offset: Int, _ shape: [Int], _ strides: [Int]) -> Int? {
    var (last, count) = (offset, 1)
    for (length, stride) in zip(shape, strides) {
      let all = count.multipliedReportingOverflow(by: length)
      let way = max(0, length - 1).multipliedReportingOverflow(by: stride)
      let sum = last.addingReportingOverflow(way.partialValue)
      guard !all.overflow, !way.overflow, !sum.overflow else { return nil }
      (last, count) = (sum.partialValue, all.partialValue)
    }
    return count == 0 ? -1 : last
  }
}
