/// The names in one folder in little memory, to be sorted as the paths of what they name are.
///
/// A folder of ten million pictures takes their names and sixteen bytes each.
struct FolderNames {
  private struct Entry {
    /// The eight bytes after what all names begin with: they decide most comparisons.
    var head: UInt64 = 0
    /// Where the name begins (the block in the upper bits), its length and whether it is a folder.
    let place: UInt64

    init(block: Int, start: Int, count: Int, isFolder: Bool) {
      place = UInt64(block) << 36 | UInt64(start) << 16 | UInt64(count) << 1 | (isFolder ? 1 : 0)
    }

    var block: Int { Int(place >> 36) }
    var start: Int { Int(place >> 16 & 0xF_FFFF) }
    var count: Int { Int(place >> 1 & 0x7FFF) }
    var isFolder: Bool { place & 1 != 0 }
  }

  private var blocks: [[UInt8]] = []
  private var entries: [Entry] = []
  private static let blockBytes = 1 << 20
  /// Longer than any file system's names.
  private static let mostNameBytes = 0x7FFF
  private static let slash = UInt8(ascii: "/")

  /// Appends a name of at most 32,767 bytes.
  mutating func append(_ name: UnsafeRawBufferPointer, isFolder: Bool) {
    precondition(name.count <= Self.mostNameBytes)
    if blocks.last.map({ $0.count + name.count > Self.blockBytes }) ?? true {
      var block: [UInt8] = []
      block.reserveCapacity(Self.blockBytes)
      blocks.append(block)
    }
    let block = blocks.count - 1
    entries.append(
      Entry(block: block, start: blocks[block].count, count: name.count, isFolder: isFolder))
    blocks[block].append(contentsOf: name)
  }

  /// Sorts the names by their bytes; with its slash a folder sorts among files as its contents' paths do.
  mutating func sort() {
    let shared = sharedCount
    for index in entries.indices { entries[index].head = head(of: entries[index], after: shared) }
    let blocks = blocks
    entries.sort { a, b in
      if a.head != b.head { return a.head < b.head }
      return Self.precedes(a, b, blocks, after: shared)
    }
  }

  /// Calls `body` with every name in order.
  func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ isFolder: Bool) throws -> Void) rethrows {
    for entry in entries {
      try blocks[entry.block].withUnsafeBytes { block in
        let range = entry.start..<entry.start + entry.count
        try body(UnsafeRawBufferPointer(rebasing: block[range]), entry.isFolder)
      }
    }
  }

  /// How many bytes all names begin with alike.
  private var sharedCount: Int {
    guard let first = entries.first else { return 0 }
    let name = Array(blocks[first.block][first.start..<first.start + first.count])
    var shared = name.count
    forEach { other, _ in
      shared = min(shared, other.count)
      var count = 0
      while count < shared, other[count] == name[count] { count += 1 }
      shared = count
    }
    return shared
  }

  private func head(of entry: Entry, after shared: Int) -> UInt64 {
    blocks[entry.block].withUnsafeBytes { block in
      var head: UInt64 = 0
      for index in shared..<shared + 8 {
        head <<= 8
        if index < entry.count {
          head |= UInt64(block[entry.start + index])
        } else if index == entry.count, entry.isFolder {
          head |= UInt64(Self.slash)
        }
      }
      return head
    }
  }

  private static func precedes(
    _ a: Entry, _ b: Entry, _ blocks: [[UInt8]], after shared: Int
  ) -> Bool {
    blocks[a.block].withUnsafeBytes { blockOfA in
      blocks[b.block].withUnsafeBytes { blockOfB in
        func byte(_ entry: Entry, _ block: UnsafeRawBufferPointer, _ index: Int) -> UInt8? {
          if index < entry.count { return block[entry.start + index] }
          return index == entry.count && entry.isFolder ? slash : nil
        }
        var index = shared
        while true {
          guard let ofB = byte(b, blockOfB, index) else { return false }
          guard let ofA = byte(a, blockOfA, index) else { return true }
          if ofA != ofB { return ofA < ofB }
          index += 1
        }
      }
    }
  }
}
