import Files
import ImageData
import Ranking
import Shards
import Terminal

/// Finds the pictures of U by their keys.
///
/// Files mostly have them in U's order, which costs nothing: the next picture is looked at first. Only
/// where that fails a table is made, of 16 bytes a picture. Where the first key has no slash and is no
/// picture's, but the last part of one's (WebDataset's `__key__` without its shard), keys are compared by
/// their last parts.
final class KeyLookup {
  private let pictures: any ShardedDataset
  private var next = 0
  /// By whether last parts are compared; one of them once that is known.
  private var tables: [Bool: KeyTable] = [:]
  /// Whether the last parts of keys are compared; nil while no picture was found.
  private(set) var isByLastPart: Bool?

  /// Finds pictures of `pictures`.
  init(_ pictures: any ShardedDataset) { self.pictures = pictures }

  /// The picture with the key that a file has as `bytes`; nil where there is none.
  /// - Throws: `PipelineError.data` where several are called so; `Stopped`.
  func index(of bytes: UnsafeRawBufferPointer) throws -> Int? {
    // Keys as our own files write them; of names that are not UTF-8 the bytes will do as well.
    var key = String(validating: bytes, as: UTF8.self) ?? PathText.text(of: bytes)
    while key.hasPrefix("./") { key.removeFirst(2) }
    guard !key.isEmpty else { return nil }
    let isWhole = key.utf8.contains(UInt8(ascii: "/"))
    for byLastPart in isByLastPart.map({ [$0] }) ?? (isWhole ? [false] : [false, true]) {
      guard let found = try index(of: key, byLastPart) else { continue }
      if isByLastPart == nil {
        isByLastPart = byLastPart
        tables[!byLastPart] = nil
      }
      next = found + 1
      return found
    }
    return nil
  }

  private func index(of key: String, _ byLastPart: Bool) throws -> Int? {
    // Any other picture may have the same last part, unless the table says that none has.
    if !byLastPart || tables[true]?.isUnique == true {
      if next < pictures.count, name(at: next, byLastPart) == key { return next }
    }
    let table = try tables[byLastPart] ?? KeyTable(pictures) { name(at: $0, byLastPart) }
    tables[byLastPart] = table
    let found = table.indices(ofHash: KeyHash.hash(of: key)).filter {
      name(at: $0, byLastPart) == key
    }
    guard found.count < 2 else {
      throw PipelineError.data(
        "\(key) is the name of several pictures of \(pictures.name), "
          + "\(found.prefix(2).map(pictures.key(at:)).joined(separator: " and ")): give keys whole")
    }
    return found.first
  }

  private func name(at index: Int, _ isByLastPart: Bool) -> String {
    let key = pictures.key(at: index)
    guard isByLastPart, let slash = key.utf8.lastIndex(of: UInt8(ascii: "/")) else { return key }
    return String(key[key.utf8.index(after: slash)...])
  }
}

/// The hashes of all pictures' names, in order, and which picture has each.
private struct KeyTable {
  private struct Entry {
    let hash: UInt64
    let index: UInt64
  }

  private let entries: [Entry]
  /// Whether no two names have one hash.
  let isUnique: Bool

  init(_ pictures: any ShardedDataset, name: (Int) -> String) throws {
    var entries: [Entry] = []
    entries.reserveCapacity(pictures.count)
    for index in 0..<pictures.count {
      if index % 65_536 == 0 { try StopSignal.check() }
      entries.append(Entry(hash: KeyHash.hash(of: name(index)), index: UInt64(index)))
    }
    entries.sort { ($0.hash, $0.index) < ($1.hash, $1.index) }
    isUnique = zip(entries, entries.dropFirst()).allSatisfy { $0.hash != $1.hash }
    self.entries = entries
  }

  /// The pictures with names of this hash.
  func indices(ofHash hash: UInt64) -> [Int] {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].hash < hash { low = middle + 1 } else { high = middle }
    }
    var found: [Int] = []
    while low < entries.count, entries[low].hash == hash {
      found.append(Int(entries[low].index))
      low += 1
    }
    return found
  }
}
