/// What a pickle describes.
struct PickledProgram {
  let value: PickleValue
  /// What the value is made of; when this goes, its sequences and dictionaries are emptied.
  let containers: PickleContainers
  /// The place behind the program's last byte.
  let end: Int
  /// How many bytes an element has of each storage that was named.
  let elementBytes: [String: Int]
}

/// Reads a program for Python's pickle machine as data: containers, plain values and tensors.
///
/// Python runs such a program, and it can do whatever Python can. This reader runs nothing: it knows the
/// operations that describe values, keeps what is named by a global as its name, and follows the few calls
/// that `torch.save` writes for tensors and dictionaries (`PickleCalls`). Every other operation or name is
/// refused. Its memory is bounded by the program's length.
///
/// The operations are those of CPython's `pickletools`, protocols 0 to 5.
struct Pickle {
  /// The operations that are known, by their bytes.
  private enum Operation: UInt8 {
    case mark = 0x28, stop = 0x2E, pop = 0x30, popMark = 0x31, duplicate = 0x32
    case none = 0x4E, newTrue = 0x88, newFalse = 0x89
    case integer4 = 0x4A, integer1 = 0x4B, integer2 = 0x4D, long1 = 0x8A, long4 = 0x8B
    case number = 0x47
    case text = 0x58, shortText = 0x8C, text8 = 0x8D
    case string = 0x54, shortString = 0x55
    case bytes = 0x42, shortBytes = 0x43, bytes8 = 0x8E
    case emptyTuple = 0x29, tuple = 0x74, tuple1 = 0x85, tuple2 = 0x86, tuple3 = 0x87
    case emptyList = 0x5D, append = 0x61, appends = 0x65, list = 0x6C
    case emptyDictionary = 0x7D, setItem = 0x73, setItems = 0x75, dictionary = 0x64
    case emptySet = 0x8F, addItems = 0x90
    case get = 0x68, longGet = 0x6A, put = 0x71, longPut = 0x72, memoize = 0x94
    case global = 0x63, stackGlobal = 0x93, reduce = 0x52, newObject = 0x81, build = 0x62
    case persistentID = 0x51
    case `protocol` = 0x80, frame = 0x95
  }

  private let bytes: UnsafeRawBufferPointer
  /// The place of the next byte.
  private(set) var position: Int
  private var stack: [PickleValue] = []
  /// The heights of the stack at the open marks.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var calls: PickleCalls
  private let containers = PickleContainers()

  /// Reads the program in `bytes` from `start` on.
  static func read(_ bytes: UnsafeRawBufferPointer, from start: Int = 0) throws -> PickledProgram {
    var machine = Pickle(bytes: bytes, position: start)
    let value = try machine.run()
    return PickledProgram(
      value: value, containers: machine.containers, end: machine.position,
      elementBytes: machine.calls.elementBytes)
  }

  private init(bytes: UnsafeRawBufferPointer, position: Int) {
    self.bytes = bytes
    self.position = position
    calls = PickleCalls(programBytes: bytes.count - position)
  }

  private mutating func run() throws -> PickleValue {
    while true {
      let place = position
      let code = try byte()
      guard let operation = Operation(rawValue: code) else {
        throw PickleFault(
          "the operation \(PickleNames.name(of: code)) at byte \(place) is not one that tensors and "
            + "containers are made with")
      }
      if operation == .stop {
        let value = try popped()
        guard stack.isEmpty, marks.isEmpty else {
          throw PickleFault("it ends with values left over")
        }
        return value
      }
      try perform(operation)
    }
  }

  private mutating func perform(_ operation: Operation) throws {
    switch operation {
    case .stop: break
    case .protocol:
      let version = try byte()
      guard version <= 5 else { throw PickleFault("pickle's protocol \(version) is not known") }
    case .frame: _ = try length(bytes: 8)
    case .mark: marks.append(stack.count)
    case .pop: _ = try popped()
    case .popMark: _ = try poppedToMark()
    case .duplicate:
      let top = try popped()
      stack += [top, top]
    case .none: stack.append(.none)
    case .newTrue: stack.append(.boolean(true))
    case .newFalse: stack.append(.boolean(false))
    case .integer1: stack.append(.integer(Int(try byte())))
    case .integer2: stack.append(.integer(try unsigned(bytes: 2)))
    case .integer4:
      stack.append(.integer(Int(Int32(truncatingIfNeeded: try unsigned(bytes: 4)))))
    case .long1: stack.append(try long(try unsigned(bytes: 1)))
    case .long4: stack.append(try long(try unsigned(bytes: 4)))
    case .number: stack.append(.number(try number()))
    case .shortText: stack.append(.text(try text(try unsigned(bytes: 1))))
    case .text: stack.append(.text(try text(try unsigned(bytes: 4))))
    case .text8: stack.append(.text(try text(try length(bytes: 8))))
    // Python 2's strings, which are names here.
    case .shortString: stack.append(.text(try text(try unsigned(bytes: 1))))
    case .string: stack.append(.text(try text(try unsigned(bytes: 4))))
    case .shortBytes: stack.append(.bytes(try taken(try unsigned(bytes: 1))))
    case .bytes: stack.append(.bytes(try taken(try unsigned(bytes: 4))))
    case .bytes8: stack.append(.bytes(try taken(try length(bytes: 8))))
    case .emptyTuple: push(.tuple(PickleSequence()))
    case .tuple1: push(.tuple(PickleSequence([try popped()])))
    case .tuple2:
      let second = try popped()
      push(.tuple(PickleSequence([try popped(), second])))
    case .tuple3:
      let third = try popped()
      let second = try popped()
      push(.tuple(PickleSequence([try popped(), second, third])))
    case .tuple: push(.tuple(PickleSequence(try poppedToMark())))
    case .emptyList, .emptySet: push(.list(PickleSequence()))
    case .list:
      push(.list(PickleSequence(try poppedToMark())))
    case .append:
      let value = try popped()
      try topList().append([value])
    case .appends, .addItems:
      let values = try poppedToMark()
      try topList().append(values)
    case .emptyDictionary: push(.dictionary(PickleDictionary()))
    case .dictionary:
      let dictionary = PickleDictionary()
      try set(try poppedToMark(), in: dictionary)
      push(.dictionary(dictionary))
    case .setItem:
      let value = try popped()
      let key = try popped()
      try set([key, value], in: try topDictionary())
    case .setItems:
      let values = try poppedToMark()
      try set(values, in: try topDictionary())
    case .get: try recall(try unsigned(bytes: 1))
    case .longGet: try recall(try unsigned(bytes: 4))
    case .put: memo[try unsigned(bytes: 1)] = try top()
    case .longPut: memo[try unsigned(bytes: 4)] = try top()
    case .memoize: memo[memo.count] = try top()
    case .global:
      let module = try line()
      stack.append(try calls.global(module, try line()))
    case .stackGlobal:
      guard case .text(let name) = try popped(), case .text(let module) = try popped() else {
        throw PickleFault("it names a global by something that is no text")
      }
      stack.append(try calls.global(module, name))
    case .reduce, .newObject:
      let arguments = try popped()
      let callee = try popped()
      guard case .global(let name) = callee, case .tuple(let values) = arguments else {
        throw PickleFault("it calls \(callee.kind), which is no function")
      }
      push(try calls.call(name, values.items))
    case .build:
      let state = try popped()
      // A dictionary's own attributes, such as the versions of a network's parts, are no weights.
      guard case .dictionary = try top(), state.dictionary != nil else {
        throw PickleFault("it sets the state of \(try top().kind)")
      }
    case .persistentID: stack.append(.storage(try calls.storage(try popped())))
    }
  }

  // MARK: - The stack

  /// Puts a container on the stack.
  private mutating func push(_ value: PickleValue) {
    containers.keep(value)
    stack.append(value)
  }

  private mutating func popped() throws -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
      throw PickleFault("it takes a value where there is none")
    }
    return value
  }

  private func top() throws -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.last else {
      throw PickleFault("it takes a value where there is none")
    }
    return value
  }

  private mutating func poppedToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw PickleFault("it closes a mark that is not open") }
    let values = Array(stack[mark...])
    stack.removeLast(stack.count - mark)
    return values
  }

  private func topList() throws -> PickleSequence {
    guard case .list(let list) = try top() else {
      throw PickleFault("it appends to \(try top().kind)")
    }
    return list
  }

  private func topDictionary() throws -> PickleDictionary {
    guard case .dictionary(let dictionary) = try top() else {
      throw PickleFault("it sets an item of \(try top().kind)")
    }
    return dictionary
  }

  private func set(_ values: [PickleValue], in dictionary: PickleDictionary) throws {
    guard values.count % 2 == 0 else { throw PickleFault("a dictionary has a key without a value") }
    for place in stride(from: 0, to: values.count, by: 2) {
      dictionary.set(values[place], values[place + 1])
    }
  }

  private mutating func recall(_ number: Int) throws {
    guard let value = memo[number] else {
      throw PickleFault("it recalls value \(number), which it never kept")
    }
    stack.append(value)
  }

  // MARK: - The program's bytes

  private mutating func byte() throws -> UInt8 {
    guard position < bytes.count else { throw PickleFault("it ends within its pickle: cut short?") }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next bytes, which there must be.
  private mutating func slice(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count <= bytes.count - position else {
      throw PickleFault("it ends within its pickle: cut short?")
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
  }

  private mutating func taken(_ count: Int) throws -> [UInt8] { Array(try slice(count)) }

  /// The next bytes as a whole number, the lowest byte first; 7 at most.
  private mutating func unsigned(bytes count: Int) throws -> Int {
    try slice(count).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// A length of 8 bytes.
  private mutating func length(bytes count: Int) throws -> Int {
    let value = try slice(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let length = Int(exactly: value) else {
      throw PickleFault("it states a length of \(value) bytes")
    }
    return length
  }

  /// A whole number of so many bytes, in two's complement. One that needs more than 64 bits is kept as
  /// its bytes: only PyTorch's mark at the beginning of old files is so long.
  private mutating func long(_ count: Int) throws -> PickleValue {
    let digits = try slice(count)
    guard count <= 8 else { return .bytes(Array(digits)) }
    let value = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard count > 0 else { return .integer(0) }
    let shift = UInt64(64 - 8 * count)
    return .integer(Int(Int64(bitPattern: value << shift) >> Int64(shift)))
  }

  private mutating func number() throws -> Double {
    Double(bitPattern: try slice(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  private mutating func text(_ count: Int) throws -> String {
    String(decoding: try slice(count), as: UTF8.self)
  }

  /// What comes before the next line feed.
  private mutating func line() throws -> String {
    var characters: [UInt8] = []
    while true {
      let next = try byte()
      if next == UInt8(ascii: "\n") { return String(decoding: characters, as: UTF8.self) }
      characters.append(next)
      guard characters.count <= 1000 else { throw PickleFault("a name of more than 1,000 bytes") }
    }
  }
}
