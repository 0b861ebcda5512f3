import Copies
import Files
import Foundation
import ImageData

/// Collects what is known about a shard's samples and writes its index.
struct ShardIndexWriter {
  private var offsets = ByteColumn()
  private var lengths = ByteColumn()
  private var keyEnds = ByteColumn()
  private var tagEnds = ByteColumn()
  private var labels: [Int32] = []
  private var hashes: [UInt8] = []
  private var sizes = ByteColumn()
  private var keys: [UInt8] = []
  private var tags: [UInt8] = []
  private var numberOfName: [[UInt8]: Int32] = [:]
  private var names: [String] = []
  private var problems: [UInt8] = []
  private var listedProblems = 0
  /// How many samples there are.
  private(set) var count = 0
  /// How many problems there were, listed or not.
  private(set) var problemCount = 0
  /// The bytes of all pictures.
  private(set) var imageBytes = 0
  /// What is noted of the shard as a whole.
  var notes = ShardNotes()
  private let hasHashes: Bool

  init(hasHashes: Bool) { self.hasHashes = hasHashes }

  /// Appends a sample.
  /// - Throws: `ImageDataError.argument` when a shard has more than an index can count.
  mutating func append(
    key: some Collection<UInt8>, offset: Int, length: Int, metadata: SampleMetadata = .init(),
    hash: ContentHash? = nil, size: ImageSize? = nil
  ) throws {
    keys.append(contentsOf: key)
    for tag in metadata.tags {
      tags.append(contentsOf: tag.utf8)
      tags.append(UInt8(ascii: "\n"))
    }
    guard count < Int32.max, keys.count <= Int(UInt32.max), tags.count <= Int(UInt32.max) else {
      throw ImageDataError.argument(
        "more than \(count) samples with \(keys.count) bytes of keys; cut it into smaller shards")
    }
    offsets.append(UInt64(offset))
    lengths.append(UInt64(length))
    keyEnds.append(UInt32(keys.count))
    tagEnds.append(UInt32(tags.count))
    labels.append(number(of: metadata.label))
    if hasHashes {
      hashes.append(contentsOf: hash?.bytes ?? [UInt8](repeating: 0, count: 32))
      sizes.append(UInt32(clamping: size?.width ?? 0))
      sizes.append(UInt32(clamping: size?.height ?? 0))
    }
    imageBytes += length
    count += 1
  }

  /// Notes what was passed over; the first thousand are listed.
  mutating func note(key: some Collection<UInt8>, reason: String) {
    problemCount += 1
    guard listedProblems < ShardIndexLayout.mostListedProblems else { return }
    listedProblems += 1
    problems.append(contentsOf: key.prefix(300).map { $0 < 32 ? UInt8(ascii: " ") : $0 })
    problems.append(UInt8(ascii: "\t"))
    problems.append(contentsOf: reason.utf8.map { $0 < 32 ? UInt8(ascii: " ") : $0 })
    problems.append(UInt8(ascii: "\n"))
  }

  private mutating func number(of name: String?) -> Int32 {
    guard let name else { return -1 }
    let bytes = Array(name.utf8)
    if let number = numberOfName[bytes] { return number }
    let number = Int32(names.count)
    numberOfName[bytes] = number
    names.append(name)
    return number
  }

  /// The file's bytes.
  /// - Throws: `ImageDataError.argument` when it would be larger than any file.
  func encoded(
    isReadInOrder: Bool, source: SourceState, origin: UInt64
  ) throws -> [UInt8] {
    let order = names.indices.sorted {
      names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8)
    }
    var rankOfNumber = [Int32](repeating: 0, count: names.count)
    for (rank, number) in order.enumerated() { rankOfNumber[number] = Int32(rank) }
    let problems = notes.lines + self.problems
    let nameBytes = order.flatMap { Array(names[$0].utf8) + [UInt8(ascii: "\n")] }
    guard
      let layout = ShardIndexLayout(
        samples: count, keyBytes: keys.count, tagBytes: tags.count, nameBytes: nameBytes.count,
        problemBytes: problems.count, hasHashes: hasHashes)
    else { throw ImageDataError.argument("its index would be too large") }
    var labelBytes = ByteColumn()
    for label in labels { labelBytes.append(label < 0 ? label : rankOfNumber[Int(label)]) }
    var body = [UInt8]()
    body.reserveCapacity(layout.bodyBytes)
    let columns = [
      offsets.bytes, lengths.bytes, keyEnds.bytes, tagEnds.bytes, labelBytes.bytes, hashes,
      sizes.bytes, keys, tags, nameBytes, problems,
    ]
    for column in columns {
      body.append(contentsOf: column)
      body.append(contentsOf: repeatElement(0, count: (8 - column.count % 8) % 8))
    }
    var sums = ByteColumn()
    body.withUnsafeBytes { bytes in
      for block in 0..<layout.blockCount {
        let start = block * ShardIndexLayout.blockBytes
        let end = min(start + ShardIndexLayout.blockBytes, bytes.count)
        sums.append(XXHash64.hash(UnsafeRawBufferPointer(rebasing: bytes[start..<end])))
      }
    }
    let header = ShardIndexLayout.checked.encoded { header in
      header.append(
        (isReadInOrder ? ShardIndexLayout.readInOrder : 0)
          | (hasHashes ? ShardIndexLayout.withHashes : 0) | ShardIndexLayout.withNotes)
      for number in [count, problemCount, imageBytes, source.size, source.changed] {
        header.append(Int64(number))
      }
      header.append(origin)
      for number in [
        keys.count, tags.count, nameBytes.count, problems.count, layout.blockCount,
      ] {
        header.append(Int64(number))
      }
      header.append(sums.bytes.withUnsafeBytes { XXHash64.hash($0) })
    }
    return header + sums.bytes + body
  }
}

/// What tells whether a source is the one that was indexed.
struct SourceState: Equatable, Sendable {
  /// Its bytes, -1 where nobody knows.
  var size = -1
  /// When it last changed, in nanoseconds since 1970; of an address a hash of its ETag, of
  /// pictures' own files a hash of their lengths and times.
  var changed = 0

  init() {}

  /// Whether it may be what `other` is, where each may know more or less than the other.
  func agrees(with other: SourceState) -> Bool {
    (size < 0 || other.size < 0 || size == other.size)
      && (changed == 0 || other.changed == 0 || changed == other.changed)
  }

  init(_ status: stat) {
    size = Int(status.st_size)
    changed = Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec)
  }
}
