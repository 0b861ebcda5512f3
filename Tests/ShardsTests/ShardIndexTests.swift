import Copies
import Files
import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("ShardIndex")
struct ShardIndexTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// An index of `count` samples of which the third has tags and each its class.
  private func write(_ count: Int, hashes: Bool = false, to name: String = "a.index") throws
    -> String
  {
    var writer = ShardIndexWriter(hasHashes: hashes)
    for number in 0..<count {
      var metadata = SampleMetadata()
      metadata.label = ["dog", "cat", nil][number % 3]
      if number % 3 == 2 { metadata.tags = ["blue", "bird \(number)"] }
      let hash = hashes ? ContentHash(of: Data("\(number)".utf8)) : nil
      let size = hashes ? ImageSize(width: number, height: 70_000) : nil
      try writer.append(
        key: "key-\(number)".utf8, offset: 512 + 1024 * number, length: number,
        metadata: metadata, hash: hash, size: size)
    }
    writer.note(key: "bad\nkey".utf8, reason: "a reason")
    var source = SourceState()
    source.size = 1234
    source.changed = 99
    let bytes = try writer.encoded(isReadInOrder: true, source: source, origin: 42)
    return try folder.write(Data(bytes), to: name)
  }

  /// A new file in the old one's place: one that is cut first is flushed to the disk when it closes.
  private func replace(_ path: String, _ bytes: Data) throws {
    unlink(path)
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  @Test("an index gives back what was written")
  func roundTrip() throws {
    let index = try ShardIndex(path: try write(100, hashes: true))
    #expect(index.count == 100 && index.problemCount == 1 && index.isReadInOrder)
    #expect(index.source.size == 1234 && index.source.changed == 99 && index.origin == 42)
    #expect(index.imageBytes == (0..<100).reduce(0, +))
    #expect(try index.classNames() == ["cat", "dog"])
    #expect(try index.problems().map { "\($0.key): \($0.reason)" } == ["bad key: a reason"])
    for number in 0..<100 {
      #expect(try index.place(at: number) == (512 + 1024 * number, number))
      #expect(String(decoding: try index.key(at: number), as: UTF8.self) == "key-\(number)")
      #expect(try index.label(at: number) == [1, 0, nil][number % 3])
      let tags = number % 3 == 2 ? ["blue", "bird \(number)"] : []
      #expect(try index.tags(at: number) == tags)
      #expect(try index.hash(at: number) == ContentHash(of: Data("\(number)".utf8)))
      // The first one has no width.
      #expect(try index.size(at: number) == ImageSize(width: number, height: 70_000))
    }
    let empty = try ShardIndex(path: try write(0))
    #expect(try empty.count == 0 && empty.classNames().isEmpty)
  }

  @Test("any flipped byte and any cut are found: when it is opened, or when it is touched")
  func corruption() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: try write(5, hashes: true)))
    let path = folder.path + "/b.index"
    for offset in bytes.indices {
      var broken = bytes
      broken[offset] ^= 1 << (offset % 8)
      try replace(path, broken)
      #expect(throws: ImageDataError.self, "byte \(offset)") { try ShardIndex(path: path).verify() }
    }
    for count in 1..<bytes.count {
      try replace(path, bytes.prefix(count))
      #expect(throws: ImageDataError.self) { try ShardIndex(path: path).verify() }
    }
    try replace(path, bytes + [0])
    #expect(throws: ImageDataError.self) { try ShardIndex(path: path) }
  }

  @Test("a damaged block is found by who touches it; the others still serve")
  func lazily() throws {
    let path = try write(10_000)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    // Offsets fill the first 80,000 bytes of the body: the first block and part of the second.
    let layout = try #require(
      ShardIndexLayout(
        samples: 10_000, keyBytes: 0, tagBytes: 0, nameBytes: 0, problemBytes: 0,
        hasHashes: false))
    #expect(layout.offsets == 0..<80_000 && layout.lengths == 80_000..<160_000)
    let blocks = bytes[96..<104].reversed().reduce(0) { $0 << 8 | Int($1) }
    bytes[ShardIndexLayout.headerBytes + 8 * blocks + 5] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    let index = try ShardIndex(path: path)
    #expect(try index.place(at: 9999) == (512 + 1024 * 9999, 9999))
    let error = #expect(throws: ImageDataError.self) { try index.place(at: 0) }
    #expect(
      error?.description.hasSuffix("block 0 of it is damaged; run halcyon index again") == true)
  }

  @Test("a header that lies about its counts, its checksum right, is refused")
  func lies() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: try write(5)))
    let path = folder.path + "/b.index"
    for offset in [16, 64, 72, 80, 88, 96] {
      for value in [-1, Int.max, 1 << 40, 1 << 41, 60] {
        var broken = bytes
        withUnsafeBytes(of: value.littleEndian) {
          broken.replaceSubrange(offset..<offset + 8, with: $0)
        }
        withUnsafeBytes(of: headerChecksum(of: broken)) {
          broken.replaceSubrange(120..<128, with: $0)
        }
        try replace(path, broken)
        #expect(throws: ImageDataError.self) { try ShardIndex(path: path) }
      }
    }
  }

  @Test("a catalogue gives back its rows; any flipped byte and any cut are found")
  func catalogue() throws {
    var rows: [Catalogue.Row] = []
    for number in 0..<3 {
      rows.append(
        Catalogue.Row(
          samples: number * 10, problems: number, imageBytes: 7, source: SourceState(),
          contents: UInt64.max - UInt64(number), origin: 5, isReadInOrder: number == 1,
          name: "name-\(number)", prefix: number == 2 ? "" : "a/b",
          location: ShardLocation(
            kind: number == 1 ? .pipe : .file, text: "/x", variable: number == 1 ? "" : nil)))
    }
    try Catalogue.write(rows, name: "U", classes: ["a", "", "c"], in: folder.path)
    let catalogue = try Catalogue(folder: folder.path)
    #expect((0..<3).map { catalogue.row($0) } == rows)
    #expect((0..<3).map { catalogue.range(ofShard: $0) } == [0..<0, 0..<10, 10..<30])
    #expect(catalogue.sampleCount == 30 && catalogue.problemCount == 3)
    #expect(catalogue.classes == ["a", "", "c"] && catalogue.name == "U")
    #expect(!catalogue.isRandomAccess && catalogue.identity.count == 64)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: catalogue.path))
    let path = folder.path + "/b/catalogue.bin"
    try folder.write("", to: "b/catalogue.bin")
    for offset in bytes.indices {
      var broken = bytes
      broken[offset] ^= 0x10
      try replace(path, broken)
      #expect(throws: ImageDataError.self) { try Catalogue(folder: folder.path + "/b") }
    }
    for count in 0..<bytes.count {
      try replace(path, bytes.prefix(count))
      #expect(throws: ImageDataError.self) { try Catalogue(folder: folder.path + "/b") }
    }
  }

  @Test("a catalogue without any text, or with fewer than none, is refused")
  func noTexts() throws {
    try Catalogue.write([], name: "U", classes: [], in: folder.path)
    let path = folder.path + "/catalogue.bin"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path)).prefix(Catalogue.headerBytes)
    func put(_ value: UInt64, at offset: Int) {
      withUnsafeBytes(of: value.littleEndian) {
        bytes.replaceSubrange(offset..<offset + 8, with: $0)
      }
    }
    for classes: Int64 in [-1, 0, .min] {
      put(UInt64(bitPattern: classes), at: 48)
      put(0, at: 56)
      put(XXHash64.hash(UnsafeRawBufferPointer(start: nil, count: 0)), at: 96)
      put(headerChecksum(of: bytes), at: 120)
      try replace(path, bytes)
      let error = #expect(throws: ImageDataError.self) { try Catalogue(folder: folder.path) }
      #expect(error?.description.contains("its class names are damaged") == true)
    }
  }

  @Test("a label that is a number beyond the classes is none")
  func labelBeyondClasses() throws {
    var writer = ShardIndexWriter(hasHashes: false)
    for label in ["2", "3", "-1"] {
      var metadata = SampleMetadata()
      metadata.label = label
      try writer.append(key: label.utf8, offset: 512, length: 1, metadata: metadata)
    }
    let bytes = try writer.encoded(isReadInOrder: false, source: SourceState(), origin: 1)
    let index = try ShardIndex(path: try folder.write(Data(bytes), to: "s.index"))
    let row = Catalogue.Row(samples: 3, contents: index.contents, name: "s")
    try Catalogue.write(
      [row], name: "U", classes: ["a", "b", "c"], labelsAreNumbers: true, in: folder.path)
    let ocean = try IndexedCollection(folder: folder.path)
    #expect((0..<3).map { ocean.label(at: $0) } == [2, nil, nil])
  }

  @Test("what is noted of a shard as a whole comes back, beside its problems")
  func notes() throws {
    var notes = ShardNotes()
    notes.end = EarlyEnd(kind: .broken, byte: 77, isInflated: true)
    notes.others.add(files: ".mp4", 3)
    notes.others.add(files: "", 1)
    notes.others.add(systemFiles: "._*", 2)
    var writer = ShardIndexWriter(hasHashes: false)
    for number in 0..<2000 { writer.note(key: "\(number)".utf8, reason: "a reason") }
    writer.notes = notes
    let bytes = try writer.encoded(isReadInOrder: false, source: SourceState(), origin: 1)
    let index = try ShardIndex(path: try folder.write(Data(bytes), to: "n.index"))
    #expect(try index.notes() == notes && index.hasNotes)
    #expect(try index.problems().count == 1000 && index.problems()[0].key == "0")
    let plain = try ShardIndex(path: try write(3))
    #expect(try plain.notes() == ShardNotes() && plain.problems().count == 1)
  }

  @Test("an earlier version's index of a shard with problems is made again, of others it is kept")
  func earlier() throws {
    try folder.write(Data(TarBuilder.shard(3)), to: "s/whole.tar")
    try folder.write(Data(TarBuilder.shard(3).prefix(2560)), to: "s/cut.tar")
    let index = folder.path + "/s.index"
    try buildIndex(of: folder.path + "/s", in: index)
    for (name, problems) in [("whole", 0), ("cut", 1)] {
      let path = "\(index)/\(name).index"
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      bytes[12] &= ~UInt8(ShardIndexLayout.withNotes)
      bytes[24] = UInt8(problems)
      withUnsafeBytes(of: headerChecksum(of: bytes).littleEndian) {
        bytes.replaceSubrange(120..<128, with: $0)
      }
      try replace(path, bytes)
    }
    let summary = try buildIndex(of: folder.path + "/s", in: index)
    #expect(summary.reusedShards == 1 && summary.problems == 0 && summary.cutShards.count == 1)
  }
}

/// What the last eight bytes of a shard's index's header must be.
private func headerChecksum(of bytes: some ContiguousBytes) -> UInt64 {
  bytes.withUnsafeBytes { CheckedHeader.checksum(of: $0, ShardIndexLayout.headerBytes) }
}
