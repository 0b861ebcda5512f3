import Files

/// Many paths in little memory: of ten million in one folder some twelve bytes each, where the paths
/// themselves have sixty.
///
/// Each path is kept as how many bytes it begins with like the one before it, and the rest; every
/// sixteenth as a whole, so that any one is found in a few steps. They stand in blocks of one size: an
/// array that grows would be in memory twice while it does.
package struct PathTable: Sendable {
  /// How many paths there are.
  package private(set) var count = 0
  private var blocks: [[UInt8]] = []
  /// Where every sixteenth path begins: the block, and the place in it in the lower bits.
  private var starts: [UInt64] = []
  /// The path that was appended last.
  private var last: [UInt8] = []

  package init() {}

  private static let group = 16
  private static let blockBits: UInt64 = 20
  private static let blockBytes = 1 << 20

  /// Appends the concatenation of `first` and `second`.
  package mutating func append(_ first: some Sequence<UInt8>, _ second: some Sequence<UInt8>) {
    var path = Array(first)
    path.append(contentsOf: second)
    path.withUnsafeBytes { append($0) }
  }

  /// Appends `path`.
  package mutating func append(_ path: UnsafeRawBufferPointer) {
    var shared = 0
    if count % Self.group == 0 {
      if blocks.last.map({ $0.count + Self.blockBytes / 8 > Self.blockBytes }) ?? true {
        var block: [UInt8] = []
        block.reserveCapacity(Self.blockBytes)
        blocks.append(block)
      }
      let block = blocks.count - 1
      starts.append(UInt64(block) << Self.blockBits | UInt64(blocks[block].count))
    } else {
      let most = min(last.count, path.count)
      last.withUnsafeBytes { last in
        while shared < most, last[shared] == path[shared] { shared += 1 }
      }
    }
    append(shared: shared, of: path)
  }

  private mutating func append(shared: Int, of path: UnsafeRawBufferPointer) {
    let block = blocks.count - 1
    Self.append(UInt(shared), to: &blocks[block])
    Self.append(UInt(path.count - shared), to: &blocks[block])
    let rest = UnsafeRawBufferPointer(rebasing: path[shared...])
    blocks[block].append(contentsOf: rest)
    last.removeSubrange(shared...)
    last.append(contentsOf: rest)
    count += 1
  }

  /// The bytes of the path at `index`, which need not be UTF-8.
  package func bytes(at index: Int) -> [UInt8] {
    precondition(index >= 0 && index < count, "path \(index) of \(count)")
    let start = starts[index / Self.group]
    return blocks[Int(start >> Self.blockBits)].withUnsafeBufferPointer { block in
      var at = Int(start & (1 << Self.blockBits - 1))
      var path: [UInt8] = []
      for _ in 0...index % Self.group {
        let shared = Self.number(in: block, &at)
        let rest = Self.number(in: block, &at)
        path.removeSubrange(shared...)
        path.append(contentsOf: block[at..<at + rest])
        at += rest
      }
      return path
    }
  }

  /// The path at `index` as text.
  package subscript(index: Int) -> String { PathText.text(of: bytes(at: index)) }

  /// Appends a number, seven bits a byte, the lowest first; the eighth says that more follow.
  static func append(_ number: UInt, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// The number that begins at `at`, which goes on to the byte after it.
  static func number(in bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Int {
    var number = 0
    var shift = 0
    while true {
      let byte = bytes[at]
      at += 1
      number |= Int(byte & 0x7F) << shift
      guard byte & 0x80 != 0 else { return number }
      shift += 7
    }
  }
}
