import Copies
import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("BuildIndex")
struct BuildIndexTests {
  let folder: TemporaryFolder
  var index: String { folder.path + "/U.index" }

  init() throws { folder = try TemporaryFolder() }

  /// Writes shards of ten samples each.
  private func writeShards(_ count: Int) throws {
    for shard in 0..<count {
      try folder.write(
        Data(TarBuilder.shard(10, first: 10 * shard)), to: "shards/0000\(shard).tar")
    }
  }

  private func keys(_ collection: IndexedCollection) -> [String] {
    (0..<collection.count).map { collection.key(at: $0) }
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch {
      return "\(error)".replacingOccurrences(of: folder.path, with: "")
    }
  }

  @Test("shards become a collection: keys, labels, ranges, pictures, one identity")
  func collection() throws {
    try writeShards(3)
    var progress: [Int] = []
    let summary = try buildIndex(
      of: folder.path + "/shards/{00000..00002}.tar", in: index,
      progress: { done, shards, _ in
        progress.append(done)
        #expect(shards == 3)
      })
    #expect(summary.shards == 3 && summary.samples == 30 && summary.problems == 0)
    #expect(summary.reusedShards == 0 && progress.last == 3)
    let pictures = (0..<30).map { TarBuilder.picture($0) }
    #expect(summary.bytes == pictures.reduce(0) { $0 + $1.count })
    let ocean = try IndexedCollection(folder: index)
    #expect(ocean.count == 30 && ocean.shardCount == 3 && ocean.isRandomAccess)
    #expect((0..<3).map { ocean.shardName($0) } == ["00000", "00001", "00002"])
    #expect((0..<3).map { ocean.range(ofShard: $0) } == [0..<10, 10..<20, 20..<30])
    #expect(keys(ocean) == (0..<30).map { "0000\($0 / 10)/s\($0)" })
    #expect((0..<30).map { ocean.label(at: $0) } == (0..<30).map { $0 % 3 })
    #expect(ocean.classes == (0..<10).map(String.init))
    for number in (0..<30).reversed() {
      #expect(try ocean.read(at: number).bytes == Data(pictures[number]))
      #expect(ocean.place(of: number) == (number / 10, number % 10))
    }
    #expect(throws: ImageDataError.self) { try ocean.read(at: 30) }
    // A folder of the same shards is the same collection, whatever it is called.
    try buildIndex(of: folder.path + "/shards", in: folder.path + "/other.index")
    #expect(try IndexedCollection(folder: folder.path + "/other.index").identity == ocean.identity)
  }

  @Test("unchanged shards are not read again; changed, damaged and missing indexes are made anew")
  func incremental() throws {
    try writeShards(4)
    let text = folder.path + "/shards/*.tar"
    try buildIndex(of: text, in: index)
    let identity = try IndexedCollection(folder: index).identity
    #expect(try buildIndex(of: text, in: index).reusedShards == 4)
    // What a killed process leaves: no catalogue, half of the indexes, a temporary file.
    let manager = FileManager.default
    for name in ["catalogue.bin", "00000.index", "00003.index", "problems.csv"] {
      try manager.removeItem(atPath: index + "/" + name)
    }
    try folder.write("half", to: "U.index/00000.index.tmp-1-2")
    try folder.write("stale", to: "U.index/00009.index")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: index + "/00001.index"))
    bytes[bytes.count - 3] ^= 1
    try folder.write(bytes, to: "U.index/00001.index")
    #expect(throws: ImageDataError.self) { try IndexedCollection(folder: index) }
    #expect(try buildIndex(of: text, in: index).reusedShards == 1)
    #expect(try IndexedCollection(folder: index).identity == identity)
    let left = try manager.contentsOfDirectory(atPath: index).sorted()
    #expect(
      left == [".indexing"] + (0..<4).map { "0000\($0).index" } + ["catalogue.bin", "problems.csv"])
    // A shard that grew is read again.
    try folder.write(Data(TarBuilder.shard(11, first: 10)), to: "shards/00001.tar")
    let summary = try buildIndex(of: text, in: index)
    #expect(summary.reusedShards == 3 && summary.samples == 41)
    #expect(try IndexedCollection(folder: index).identity != identity)
  }

  @Test(
    "an index is called after U, without what is a pattern's",
    arguments: [
      ("shards/{00000..09999}.tar", "shards.index"), ("a/crawl-*.tar.gz", "crawl.index"),
      ("U", "U.index"), ("/data/U/", "U.index"), ("pics/**", "pics.index"),
      ("lists/all.txt", "all.index"), ("pipe:cat x | y", "pipe.index"),
      ("https://host/set/{0..9}.tar", "set.index"), ("{0..9}.tar", "U.index"),
    ])
  func folderName(_ text: String, _ expected: String) {
    #expect(defaultIndexFolder(of: text) == expected)
  }

  @Test("a stopped building goes on where it was")
  func stopped() throws {
    try writeShards(5)
    var options = IndexOptions(workers: 1)
    options.patience.firstWait = 1
    let error = #expect(throws: IndexingStopped.self) {
      try buildIndex(
        of: folder.path + "/shards", in: index, options: options, shouldStop: { true })
    }
    let done = try #require(error).shardsDone
    #expect(done <= 5 && !Catalogue.isIndex(folder: index))
    #expect(
      try buildIndex(of: folder.path + "/shards", in: index).reusedShards == done)
  }

  @Test("two buildings of one index at once: the second refuses; a foreign folder is left alone")
  func locked() throws {
    try writeShards(1)
    let claimed = try IndexFolder(claiming: index)
    #expect(
      message { try buildIndex(of: folder.path + "/shards", in: index) }
        == "cannot open data set /U.index: another process is building this index; "
        + "wait for it, or stop it")
    withExtendedLifetime(claimed) {}
    let reason = message { try buildIndex(of: folder.path + "/shards", in: folder.path) }
    #expect(reason.contains("there are other things in it"))
  }

  @Test("a folder is free when its building ends, whoever still has a copy of the lock")
  func unlocked() throws {
    var claimed: IndexFolder? = try IndexFolder(claiming: index)
    // As a child has between its fork and its program's start.
    let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    let lock = try #require(
      files.first { file in
        let target = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "/proc/self/fd/\(file)")
        let name = (folder.path as NSString).lastPathComponent
        return target?.hasSuffix("/\(name)/U.index/.indexing") == true
      }.flatMap { Int32($0) })
    let copy = dup(lock)
    defer { close(copy) }
    #expect(claimed != nil)
    claimed = nil
    #expect(throws: Never.self) { try IndexFolder(claiming: index) }
  }

  @Test("a shard that changed after it was indexed is an error, never other pictures")
  func changed() throws {
    try writeShards(2)
    try buildIndex(of: folder.path + "/shards", in: index)
    let ocean = try IndexedCollection(folder: index)
    _ = try ocean.read(at: 0)
    try folder.write(Data(TarBuilder.shard(10, first: 3)), to: "shards/00001.tar")
    let expected =
      "shard 00001: /shards/00001.tar has changed since it was indexed; run halcyon index again"
    #expect(message { _ = try ocean.read(at: 10) } == expected)
    // Made again under the feet of an open collection.
    try buildIndex(of: folder.path + "/shards", in: index)
    let fresh = try IndexedCollection(folder: index)
    #expect(fresh.key(at: 10) == "00001/s3")
    let stale = try IndexedCollection(folder: index)
    try folder.write(Data(TarBuilder.shard(10, first: 4)), to: "shards/00001.tar")
    try buildIndex(of: folder.path + "/shards", in: index)
    #expect(message { _ = try stale.read(at: 10) }.contains("it is not the one of the catalogue"))
    try FileManager.default.removeItem(atPath: folder.path + "/shards/00000.tar")
    #expect(message { _ = try fresh.read(at: 5) }.contains("No such file or directory"))
  }

  @Test("a single archive that is not there, and an index in its place, are named")
  func noArchive() throws {
    try writeShards(2)
    #expect(
      message { try buildIndex(of: folder.path + "/shards/00002.tar", in: index) }
        == "shard 00002: cannot open /shards/00002.tar: No such file or directory")
    try buildIndex(of: folder.path + "/shards", in: index)
    let again = message { try buildIndex(of: index, in: folder.path + "/x") }
    #expect(again == "cannot open data set /U.index: it is an index already")
  }

  @Test("a cut and a hostile shard cost their own samples only, and problems.csv says why")
  func problems() throws {
    try writeShards(2)
    let whole = TarBuilder.shard(10, first: 20)
    try folder.write(Data(whole.prefix(5000)), to: "shards/00002.tar")
    var hostile = TarBuilder()
    hostile.add("../../etc/x.jpg", "x")
    hostile.add("ok.jpg", "ok")
    for _ in 0..<1200 { hostile.append(TarBuilder.header("link.jpg", kind: "2")) }
    try folder.write(Data(hostile.finished), to: "shards/00003.tar")
    try folder.write(Data("<html>not found</html>".utf8), to: "shards/00004.tar")
    let summary = try buildIndex(of: folder.path + "/shards", in: index)
    // 700, 701 and 702 bytes and two headers, a class and padding: 2560 bytes a sample.
    #expect(summary.samples == 20 + 2 + 1 && summary.problems == 1201)
    let ocean = try IndexedCollection(folder: index)
    #expect(ocean.problemCount == 1201 && ocean.problems(ofShard: 3).count == 1000)
    #expect(ocean.problems(ofShard: 0).isEmpty && ocean.problems(ofShard: 2).isEmpty)
    #expect(
      summary.firstProblem
        == "00003: ../../etc/x.jpg: its name leads out of the archive (at byte 0)")
    #expect(summary.cutShards == ocean.cutShards && ocean.cutShard(3) == nil)
    let cut = "is cut short at byte 5000; 2 pictures stand before it"
    let foreign = "is no tar archive: none of its 22 bytes is a header"
    #expect(
      ocean.cutShards?.line?.replacingOccurrences(of: folder.path, with: "")
        == "2 shards are cut short: /shards/00002.tar is cut short at byte 5000, and 2 pictures stand "
        + "before it; /shards/00004.tar \(foreign)")
    let text = try String(contentsOfFile: index + "/problems.csv", encoding: .utf8)
    let lines = text.split(separator: "\n")
    #expect(lines[0] == "shard,key,reason" && lines.count == 1 + 1 + 1000 + 1 + 1)
    #expect(lines[1] == "00002,,it \(cut)" && lines.last == "00004,,it \(foreign)")
    #expect(
      lines[2] == "00003,../../etc/x.jpg,its name leads out of the archive (at byte 0)")
    #expect(lines.contains("00003,,and 201 more"))
    for number in 0..<ocean.count { _ = try ocean.read(at: number) }
  }

  @Test("--require-tags keeps the samples that carry one, and another map makes another index")
  func tags() throws {
    var tar = TarBuilder()
    for (number, tags) in ["#bird #blue", "nothing", "#Cat", "#dog"].enumerated() {
      tar.add("\(number).jpg", "picture")
      tar.add("\(number).txt", tags)
    }
    let path = try folder.write(Data(tar.finished), to: "t.tar")
    var options = IndexOptions(workers: 2)
    try buildIndex(of: path, in: index, options: options)
    #expect(try IndexedCollection(folder: index).tags(at: 0) == ["bird", "blue"])
    options.requiredTags = TagMap([("BIRD", "bird"), ("cat", "cat")])
    let summary = try buildIndex(of: path, in: index, options: options)
    #expect(summary.reusedShards == 0 && summary.problems == 0)
    #expect(keys(try IndexedCollection(folder: index)) == ["t/0", "t/2"])
  }

  @Test("labels that are names are numbered over all shards; numbers take classes.txt beside them")
  func labels() throws {
    for (shard, names) in [["dog", "cat"], ["bird", "dog"]].enumerated() {
      var tar = TarBuilder()
      for (number, name) in names.enumerated() {
        tar.add("\(number).jpg", "x")
        tar.add("\(number).cls", name)
      }
      try folder.write(Data(tar.finished), to: "named/\(shard).tar")
    }
    try buildIndex(of: folder.path + "/named", in: index)
    let ocean = try IndexedCollection(folder: index)
    #expect(ocean.classes == ["bird", "cat", "dog"])
    #expect((0..<4).map { ocean.label(at: $0) } == [2, 1, 0, 2])
    try writeShards(1)
    try folder.write("air\nwater\nearth\n", to: "shards/classes.txt")
    try buildIndex(of: folder.path + "/shards", in: folder.path + "/n.index")
    let numbered = try IndexedCollection(folder: folder.path + "/n.index")
    #expect(numbered.classes == ["air", "water", "earth"] && numbered.label(at: 4) == 1)
  }

  @Test("a tree of pictures, a CSV list and IDX files are cut into even shards")
  func pictures() throws {
    for number in 0..<7 {
      try folder.write("picture \(number)", to: "tree/\(number % 2)/\(number).jpg")
    }
    var options = IndexOptions(workers: 2)
    options.shardSize = 3
    options.hashesContents = true
    let summary = try buildIndex(of: folder.path + "/tree/**", in: index, options: options)
    #expect(summary.shards == 3 && summary.samples == 7 && summary.bytes == 7 * 9)
    let tree = try IndexedCollection(folder: index)
    #expect(keys(tree) == [0, 2, 4, 6, 1, 3, 5].map { "\($0 % 2)/\($0).jpg" })
    #expect(tree.shardName(2) == "00002" && tree.range(ofShard: 2) == 6..<7)
    #expect(try tree.read(at: 4).bytes == Data("picture 1".utf8))
    #expect(tree.contentHash(at: 4) == ContentHash(of: Data("picture 1".utf8)))
    let again = try buildIndex(of: folder.path + "/tree", in: index, options: options)
    #expect(again.reusedShards == 3)
    // A hole of a terabyte and a pipe are called like pictures.
    let hole = try folder.write("", to: "tree/1/hole.jpg")
    #expect(truncate(hole, 1 << 40) == 0 && mkfifo(folder.path + "/tree/1/pipe.jpg", 0o600) == 0)
    let odd = try buildIndex(of: folder.path + "/tree", in: index, options: options)
    #expect(odd.samples == 7 && odd.problems == 2)
    try folder.write("another picture", to: "tree/0/2.jpg")
    #expect(message { _ = try tree.read(at: 1) }.contains("run halcyon index again"))

    let lines = "path,label\ntree/0/0.jpg,a\ntree/1/9.jpg,b\n\(folder.path)/tree/1/1.jpg,\n"
    try folder.write(lines, to: "list.csv")
    let listed = try buildIndex(of: folder.path + "/list.csv", in: folder.path + "/l.index")
    #expect(listed.samples == 2 && listed.problems == 1)
    let list = try IndexedCollection(folder: folder.path + "/l.index")
    #expect(list.problems(ofShard: 0)[0].key == "tree/1/9.jpg" && list.label(at: 0) == nil)
    #expect(try list.read(at: 1).bytes == Data("picture 1".utf8))

    let header: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2]
    let path = try folder.write(
      Data(header + (0..<12).map { UInt8($0) }), to: "idx/x-images-idx3-ubyte")
    try buildIndex(of: path, in: folder.path + "/i.index")
    let pixels = try IndexedCollection(folder: folder.path + "/i.index")
    #expect(pixels.key(at: 2) == "x-images-idx3-ubyte/00002")
    #expect(try pixels.read(at: 2).bytes == Data([8, 9, 10, 11]))
  }

  @Test("an index says what it passes over by ending: files in a tree, pictures in shards")
  func passedOver() throws {
    for name in ["1.jpg", "2.jfif", "3.heic", "deep/4.HEIC", "5.txt", "@eaDir/1.jpg/t.jpg"] {
      try folder.write("picture", to: "tree/" + name)
    }
    for _ in 0..<2 {  // the second time nothing is written, and as much said
      let tree = try buildIndex(of: folder.path + "/tree", in: index)
      #expect(tree.samples == 2 && tree.problems == 3)
      #expect(tree.passedOver.files == [".heic": 2, ".txt": 1])
      #expect(tree.passedOver.folders == ["@eaDir": 1])
      let line =
        "3 files passed over in the folder: 2 .heic, 1 .txt; 1 folder: @eaDir; "
        + "convert .heic to JPEG"
      let text = try String(contentsOfFile: index + "/problems.csv", encoding: .utf8)
      #expect(text.contains(line))
    }
    var tar = TarBuilder()
    tar.add("1.jpg", "one")
    for number in 2...4 { tar.add("\(number).avif", "two") }
    try folder.write(Data(tar.finished), to: "shards/0.tar")
    for _ in 0..<2 {
      let shards = try buildIndex(of: folder.path + "/shards", in: folder.path + "/s.index")
      #expect(shards.samples == 1 && shards.problems == 3)
      #expect(shards.passedOver.files == [".avif": 3])
    }
    for number in 5...1204 { tar.add("\(number).mp4", "film") }
    tar.add("1.pdf", "text")
    tar.add("README", "text")
    tar.add(".DS_Store", "x")
    try folder.write(Data(tar.finished), to: "shards/1.tar")
    for _ in 0..<2 {  // more than are listed one by one
      let shards = try buildIndex(of: folder.path + "/shards", in: folder.path + "/s.index")
      #expect(shards.samples == 2 && shards.problems == 6 + 1202)
      #expect(shards.passedOver.files == [".avif": 6, ".mp4": 1200, ".pdf": 1, "": 1])
      #expect(shards.passedOver.systemFiles == [".DS_Store": 1])
      let text = try String(contentsOfFile: folder.path + "/s.index/problems.csv", encoding: .utf8)
      #expect(
        text.contains(
          "1,,\"1202 files passed over in it: 1200 .mp4, 1 without an ending, 1 .pdf; 1 hidden file: "
            + ".DS_Store\"\n"), "\(text.suffix(300))")
    }
  }
}
