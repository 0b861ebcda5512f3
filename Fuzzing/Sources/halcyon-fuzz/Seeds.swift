import Copies
import Files
import Foundation

@testable import ImageData
@testable import Shards
@testable import Ranking

/// Writes small files of every kind, as our own writers make them, into a folder for each reader.
func makeSeeds(in folder: String) throws {
  for reader in ["tar", "index", "contents", "lists", "scores", "selection"] {
    try FileManager.default.createDirectory(
      atPath: "\(folder)/\(reader)", withIntermediateDirectories: true)
  }
  try tarSeeds(in: folder + "/tar")
  try indexSeeds(in: folder + "/index", tar: folder + "/tar/plain.tar")
  try contentsSeeds(in: folder + "/contents")
  try listSeeds(in: folder + "/lists")
  try scoreSeeds(in: folder + "/scores")
  try selectionSeeds(in: folder + "/selection")
}

private func save(_ bytes: some Sequence<UInt8>, _ path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

private func tarSeeds(in folder: String) throws {
  let tar = try TarWriter(path: folder + "/plain.tar")
  try tar.append("a/0.jpg", Data("a picture".utf8))
  try tar.append("a/0.cls", Data("3".utf8))
  try tar.append("a/0.json", Data(#"{"hashtags": ["blue"], "label": 4}"#.utf8))
  try tar.append("1.txt", Data("a #kingfisher".utf8))
  try tar.append("1.left.png", Data("another".utf8))
  try tar.finish()
  let long = try TarWriter(path: folder + "/pax.tar")
  try long.append(String(repeating: "long/", count: 30) + "0.jpg", Data("picture".utf8))
  try long.finish()
  let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/plain.tar")))
  try save(foreignTar(), folder + "/foreign.tar")
  // In blocks that are stored as they are, so that what is in them can be changed by chance.
  try save(storedGzip(bytes), folder + "/stored.tar.gz")
  try save(storedZstandard(bytes), folder + "/stored.tar.zst")
}

/// What our writer does not write: GNU's long names, records for one and for all, a sparse file's map,
/// links, folders, lengths in base 256. Their checksums are made right when they are read.
private func foreignTar() -> [UInt8] {
  func member(_ kind: String, _ name: String, _ data: String, base256: Bool = false) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      block.replaceSubrange(offset..<offset + text.utf8.count, with: Array(text.utf8))
    }
    put(name, at: 0)
    if base256 {
      block[124] = 0x80
      block[135] = UInt8(data.utf8.count)
    } else {
      put(String(data.utf8.count, radix: 8), at: 124)
    }
    put(kind, at: 156)
    put(kind == "0" ? "ustar\u{0}00" : "ustar  ", at: 257)
    let padding = (512 - data.utf8.count % 512) % 512
    return block + Array(data.utf8) + [UInt8](repeating: 0, count: padding)
  }
  return [
    member("g", "all", "13 comment=x\n"), member("L", "long", "a/long.name.jpg\0"),
    member("0", "short", "1"), member("x", "pax", "14 path=b.jpg\n9 size=2\n"),
    member("0", "c.jpg", "22"), member("S", "sparse.jpg", ""), member("5", "folder/", ""),
    member("2", "link.jpg", ""), member("0", "d.jpg", "333", base256: true),
    member("0", "../e.jpg", "4"),
  ].flatMap { $0 } + [UInt8](repeating: 0, count: 1024)
}

/// RFC 1952: header, one stored block (RFC 1951, 3.2.4), CRC-32 and length.
private func storedGzip(_ bytes: [UInt8]) -> [UInt8] {
  var crc = UInt32.max
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0xEDB8_8320) }
  }
  var out = ByteColumn([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1])
  out.append(UInt16(bytes.count))
  out.append(~UInt16(bytes.count))
  out = ByteColumn(out.bytes + bytes)
  out.append(~crc)
  out.append(UInt32(bytes.count))
  return out.bytes
}

/// RFC 8878: magic, descriptor, window of 64 KiB, one raw block.
private func storedZstandard(_ bytes: [UInt8]) -> [UInt8] {
  let head = UInt32(bytes.count) << 3 | 1
  return [0x28, 0xB5, 0x2F, 0xFD, 0, 0x30] + (0..<3).map { UInt8(head >> (8 * $0) & 255) } + bytes
}

private func indexSeeds(in folder: String, tar: String) throws {
  let shard = try [UInt8](Data(contentsOf: URL(fileURLWithPath: tar)))
  for (name, hashes, numbered, archive) in [
    ("plain", false, false, shard), ("hashes", true, true, shard),
    ("in-order", false, false, storedGzip(shard)),
  ] {
    var writer = ShardIndexWriter(hasHashes: hashes)
    var metadata = SampleMetadata()
    metadata.label = numbered ? "3" : "cat"
    metadata.tags = ["blue", "bird"]
    try writer.append(
      key: "a/0".utf8, offset: 512, length: 9, metadata: metadata,
      hash: ContentHash(of: Data("a picture".utf8)), size: ImageSize(width: 640, height: 480))
    try writer.append(key: "1".utf8, offset: 4608, length: 7)
    writer.note(key: "2".utf8, reason: "it is a link")
    if hashes { writer.notes.end = EarlyEnd(kind: .cut, byte: 5120) }
    let isReadInOrder = name == "in-order"
    let index = try writer.encoded(
      isReadInOrder: isReadInOrder, source: SourceState(), origin: 1)
    let row = Catalogue.Row(
      samples: 2, problems: 1, imageBytes: 16, contents: number(index, at: 104),
      isReadInOrder: isReadInOrder, isCutShort: hashes, name: "s", prefix: "p",
      location: ShardLocation(kind: .file, text: "s.tar"))
    try Catalogue.write(
      [row], name: "U", classes: numbered ? (0..<10).map(String.init) : ["cat"],
      labelsAreNumbers: numbered, in: folder)
    let path = folder + "/" + Catalogue.fileName
    let catalogue = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    unlink(path)
    var seed = ByteColumn()
    seed.append(UInt16(catalogue.count))
    seed.append(UInt16(index.count))
    try save(seed.bytes + catalogue + index + archive, "\(folder)/\(name)")
  }
}

private func contentsSeeds(in folder: String) throws {
  for rows in [1, 4, 4096] {
    let file = try ContentsFileWriter(path: "\(folder)/blocks-of-\(rows)", rowsPerBlock: rows)
    for number in 0..<5 {
      let half = Fingerprint(low: UInt64(number), high: 7)
      try file.append(
        ImageContents(
          contentHash: ContentHash.Prefix(first: UInt64(number), second: 2),
          perceptualHash: PerceptualHash(whole: half, inner: half), width: 5, height: 6))
    }
    try file.finish()
  }
}

private func listSeeds(in folder: String) throws {
  let seeds = [
    "braces": "bs3://x/{00..12}-{a,b{1..2},}.tar", "braces-open": "b{0..1}{{x{2..1}y}{,",
    "braces-nested":
      "b" + String(repeating: "{a,", count: 200) + String(repeating: "}", count: 200),
    "braces-that-are-none": "b{0..99}" + String(repeating: "{x", count: 900) + "}{0..1}",
    "list":
      "l# shards\na{0..2}.tar\nhttp://h/{00..01}.tar?v=1\nb.tar.zst\npipe:cat {0..1}.tar\n"
      + "pipe:get \"$SHARD\"\ns3://x/0.tar\n",
    "manifest":
      "cpath,label,split,tags\na.jpg,cat,train,#a b\n\"b,\"\"1.jpg\",,test,\nc.jpg,dog,train,c\n",
    "tags": "ttag,class\n#Kingfisher,bird\ncat,cat\ncat,pet\n",
    "keyed": "kkey,tags\n0,\"#sea, sky\"\n5,sea\n3,\nnone,sky\n",
    "class": "m 3 \n", "caption": "ma #kingfisher#blue, and #bird\n",
    "json": #"m{"hashtags": ["a", "b"], "tags": "c, d", "label": 3, "cls": "cat"}"#,
  ]
  for (name, text) in seeds { try save(Array(text.utf8), "\(folder)/\(name)") }
  let idx: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3] + (0..<12)
  try save(Array("i".utf8) + idx, folder + "/idx")
  try save(Array("z".utf8) + storedGzip(idx), folder + "/idx-gz")
  let header = "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2), }\n"
  let head: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
  try save(
    Array("n".utf8) + head + Array(header.utf8) + [0, 56, 0, 56, 0, 60, 0, 0], folder + "/numpy")
}

private func scoreSeeds(in folder: String) throws {
  for (name, classes, rows) in [("few-classes", 10, 2), ("many-classes", 70_000, 4)] {
    let file = try ScoreFileWriter(
      path: "\(folder)/\(name)", classesPerSample: 2, classes: classes, samplesPerBlock: rows)
    for number in 0..<5 {
      try file.append(
        keyHash: UInt64(number), classes: [number, 9], scores: [2, Float(-number)])
    }
    try file.appendEmpty(keyHash: 9)
    try file.finish()
  }
}

private func selectionSeeds(in folder: String) throws {
  for repeats in [false, true] {
    // Three images, of which the second has two labels.
    var layout = SelectionLayout(classCount: 3, imagesPerClass: 4, classesPerSample: 2)
    (layout.images, layout.labels, layout.repeats) = (3, 4, repeats)
    var body = ByteColumn()
    for number: UInt32 in [0, 0, 1] + [3, 8, 0] { body.append(number) }
    for start: Int64 in [0, 1, 3, 4] { body.append(start) }
    for label: UInt32 in [0, 0, 2, 1] { body.append(label) }
    for score: Float in [3, 2, -1, 0.5] { body.append(score.bitPattern) }
    for rank: UInt32 in [1, 2, 1, 1] { body.append(rank) }
    if repeats { for times: UInt32 in [1, 2, 1] { body.append(times) } }
    body.pad(to: layout.bodyBytes)
    var file = ByteColumn(layout.header + body.bytes)
    file.append(body.bytes.withUnsafeBytes { XXHash64.hash($0) })
    try save(file.bytes, folder + (repeats ? "/version-2" : "/version-1"))
  }
}
