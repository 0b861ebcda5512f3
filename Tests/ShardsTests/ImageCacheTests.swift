import Copies
import Files
import Foundation
import ImageData
import TestSupport
import Testing

@testable import Shards

@Suite("ImageCache")
struct ImageCacheTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/cache" }

  init() throws { folder = try TemporaryFolder() }

  private func pixels(_ seed: Int, width: Int = 5, height: Int = 4) -> EncodedImage {
    .pixels(
      Data((0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 * 7 + seed * 31) }),
      width: width, height: height, channels: 3)
  }

  @discardableResult
  private func write(
    _ format: CacheFormat, _ copies: [EncodedImage?], keys: [String], shard: String = "00",
    identity: String = "i"
  ) throws -> ImageCache {
    let cache = try ImageCache(in: path, as: format)
    let source = source(copies.count, identity, shard: shard)
    let writer = try cache.writer(of: source)
    for (position, (copy, key)) in zip(copies, keys).enumerated() {
      try writer.append(copy, key: key, of: source.contentHash(position) ?? .none)
    }
    try writer.finish()
    return cache
  }

  /// A shard of U whose pictures hold `contents`, from their positions.
  private func source(
    _ count: Int, _ identity: String = "i", shard: String = "00", files: String? = "s",
    contents: @escaping (Int) -> UInt64 = { UInt64($0) }
  ) -> CacheSource {
    CacheSource(name: shard, count: count, identity: identity, filesState: files) {
      ContentHash.Prefix(first: contents($0), second: 7)
    }
  }

  private func open(_ cache: ImageCache, _ count: Int) -> CachedImages {
    CachedImages(
      in: cache, name: "copies", count: count, place: { (0, $0) }, shardName: { _ in "00" },
      keys: { "key \($0)" })
  }

  private func names(_ shard: String = "00") throws -> [String] {
    let reader = TarReader(
      try ShardSource(ShardLocation(kind: .file, text: "\(path)/\(shard).tar")).stream)
    var names: [String] = []
    while let event = try reader.next() {
      if case .member(let member) = event {
        names.append(String(decoding: member.name, as: UTF8.self))
      }
    }
    return names
  }

  @Test("raw copies are read back pixel by pixel; what could not be read has no place and says so")
  func raw() throws {
    let copies = [pixels(1), nil, pixels(2, width: 9, height: 3), pixels(3)]
    let cache = try write(
      CacheFormat(size: 4, encoding: .raw), copies, keys: ["00/a", "00/b", "00/c", "00/d"])
    #expect(try names() == ["a.npy", "c.npy", "d.npy"])
    let pictures = open(cache, 4)
    for (index, copy) in copies.enumerated() {
      guard let copy else {
        #expect(
          throws: ImageDataError.unreadable(
            key: "key 1", reason: "it could not be read when the cache was made")
        ) { try pictures.read(at: 1) }
        continue
      }
      let found = try pictures.read(at: index)
      guard case .pixels(let a, let width, let height, 3) = found,
        case .pixels(let b, let ofWidth, let ofHeight, _) = copy
      else {
        Issue.record("\(found)")
        continue
      }
      #expect(a == b && width == ofWidth && height == ofHeight)
    }
    #expect(try cache.record("00")?.unreadable == 1 && cache.record("00")?.smaller == 1)
  }

  @Test("a raw copy is a NumPy file of height × width × channels bytes")
  func npy() throws {
    try write(CacheFormat(size: 4, encoding: .raw), [pixels(1)], keys: ["00/a"])
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(path)/00.tar")).dropFirst(512)
    let header = String(decoding: bytes.dropFirst(10).prefix(117), as: UTF8.self)
    #expect(header.contains("'descr': '|u1', 'fortran_order': False, 'shape': (4, 5, 3)"))
    #expect(Array(bytes.dropFirst(128).prefix(60)) == Array(pixels(1).bytes))
  }

  @Test("members are called by U's keys: for shards, and for files with dots in their names")
  func keys() throws {
    let png = EncodedImage.file(try TestImages.data("rgb.png"))
    let jpg = EncodedImage.file(try TestImages.data("photo.jpg"))
    let keys = [
      "00/a", "cats/1.png", "cats/1.jpg", "a.b.c.jpg", "/abs/../x.png", "dir.d/.png", "...",
    ]
    try write(
      CacheFormat(size: 900), [png, png, jpg, jpg, png, png, png], keys: keys)
    #expect(
      try names() == [
        "a.png", "cats/1.png", "cats/1#2.jpg", "a_b_c.jpg", "abs/__/x.png", "dir.d/_png.png",
        "___.png",
      ])
    // Whoever indexes the cache as shards finds U's keys, where U is shards.
    try buildIndex(of: path, in: folder.path + "/again.index")
    let index = try IndexedCollection(folder: folder.path + "/again.index")
    #expect(index.count == 7 && index.key(at: 0) == "00/a")
  }

  @Test(
    "the same pictures make the same bytes; records tell whole shards from damaged and missing ones"
  )
  func states() throws {
    let format = CacheFormat(size: 4, encoding: .raw)
    let cache = try write(format, [pixels(1), pixels(2)], keys: ["a", "b"])
    func state(_ count: Int = 2, _ identity: String = "i") throws -> ImageCache.ShardState {
      try cache.state(of: source(count, identity))
    }
    func sums() throws -> [String] {
      try ["tar", "index"].map { try Checksum.sha256(file: "\(path)/00.\($0)") }
    }
    let first = try sums()
    #expect(try state() == .whole)
    try write(format, [pixels(1), pixels(2)], keys: ["a", "b"])
    #expect(try sums() == first)
    // Only touched: its bytes are looked at.
    let tar = "\(path)/00.tar"
    try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: tar)
    #expect(try state() == .whole)
    var bytes = try bytes(of: tar)
    bytes[700] ^= 1
    try TestSupport.write(bytes, to: tar)
    #expect(try state() == .damaged)
    try TestSupport.write(Array(bytes.dropLast(512)), to: tar)
    #expect(try state() == .damaged)
    for (count, identity) in [(3, "i"), (2, "j")] {
      let error = #expect(throws: ImageDataError.self) { try state(count, identity) }
      #expect(error?.description.contains("copies of other pictures than shard 00 has now") == true)
      #expect(
        try cache.state(of: source(count, identity), replacing: true) == .other)
    }
    try folder.write("{", to: "cache/00.json")
    #expect(try state() == .damaged)
    unlink("\(path)/00.json")
    #expect(try state() == .missing)
  }

  @Test(
    "pictures that were replaced under their names are noticed; touched ones are looked at once")
  func replaced() throws {
    let format = CacheFormat(size: 4, encoding: .raw)
    // The second picture has no copy, so that its bytes are nobody's.
    let cache = try write(format, [pixels(1), nil, pixels(2)], keys: ["a", "b", "c"])
    let others = { (_: Int) -> UInt64 in 99 }
    #expect(try cache.state(of: source(3, contents: others)) == .whole, "files in their old state")
    let touched = source(3, files: "t") { $0 == 1 ? 99 : UInt64($0) }
    #expect(try cache.state(of: touched) == .whole)
    let again = source(3, files: "t", contents: others)
    #expect(try cache.state(of: again) == .whole, "its state is noted")
    let other = source(3, files: "u") { $0 == 2 ? 99 : UInt64($0) }
    #expect(throws: ImageDataError.self) { try cache.state(of: other) }
    #expect(try cache.state(of: other, replacing: true) == .other)
  }

  @Test("a shard may be called as the cache's own file is", arguments: ["format", "cache"])
  func named(_ shard: String) throws {
    let format = CacheFormat(size: 4, encoding: .raw)
    let cache = try write(format, [pixels(1)], keys: ["a"], shard: shard)
    #expect(try cache.state(of: source(1, shard: shard)) == .whole)
    #expect(try ImageCache(at: path).format == format)
  }

  @Test("what a killed process left half-written is removed after a day, and nothing younger")
  func torn() throws {
    let format = CacheFormat(size: 256)
    _ = try ImageCache(in: path, as: format)
    for name in ["00.tar.tmp-1-1", "00.tar.tmp-2-2"] {
      try folder.write("half", to: "cache/\(name)")
    }
    var times = [timeval](repeating: timeval(tv_sec: time(nil) - 90_000, tv_usec: 0), count: 2)
    #expect(utimes(path + "/00.tar.tmp-1-1", &times) == 0)
    _ = try ImageCache(in: path, as: format)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: path).sorted() == [
        "00.tar.tmp-2-2", "format",
      ])
  }

  @Test("a folder of other copies, or of anything else, is refused")
  func foreign() throws {
    _ = try ImageCache(in: path, as: CacheFormat(size: 256))
    _ = try ImageCache(in: path, as: CacheFormat(size: 256))
    #expect(try ImageCache(at: path).format == CacheFormat(size: 256))
    for other in [
      CacheFormat(size: 255), CacheFormat(size: 256, quality: 91),
      CacheFormat(size: 256, encoding: .raw), CacheFormat(size: 256, channels: 1),
    ] {
      let error = #expect(throws: ImageDataError.self) { try ImageCache(in: path, as: other) }
      #expect(error?.description.contains("JPEG of quality 90, shorter side 256") == true)
    }
    try folder.write("", to: "pictures/1.jpg")
    expectError("\(folder.path)/pictures holds 1.jpg and no format", code: 65) {
      try ImageCache(in: folder.path + "/pictures", as: CacheFormat(size: 256))
    }
    expectError("\(folder.path)/pictures/1.jpg is a file", code: 65) {
      try ImageCache(in: folder.path + "/pictures/1.jpg", as: CacheFormat(size: 256))
    }
    expectError("cannot open data set \(folder.path)/none: no cache of pictures", code: 65) {
      try ImageCache(at: folder.path + "/none")
    }
  }
}
