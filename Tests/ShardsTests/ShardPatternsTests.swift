import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("ShardPatterns")
struct ShardPatternsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func names(_ text: String) throws -> [String] {
    let shards = try #require(try ShardList.shards(of: text))
    return shards.map { location in
      let text = location.text.replacingOccurrences(of: folder.path + "/", with: "")
      return location.variable.map { "\(text) SHARD=\($0)" } ?? text
    }
  }

  private func reason(_ text: String) -> String {
    do {
      return "\(try names(text))"
    } catch {
      return "\(error)".replacingOccurrences(of: folder.path, with: "")
    }
  }

  @Test(
    "braces count with leading zeros, nest, and stay where they mean nothing",
    arguments: [
      ("a", ["a"]), ("{0..3}", ["0", "1", "2", "3"]),
      ("x{08..11}y", ["x08y", "x09y", "x10y", "x11y"]),
      ("{0..1}{a,b}", ["0a", "0b", "1a", "1b"]), ("{2..0}", ["2", "1", "0"]),
      ("{a,b{1..2}}", ["a", "b1", "b2"]), ("{a}{}${x}", ["{a}{}${x}"]),
      ("{a..b}{1..", ["{a..b}{1.."]), ("{,x}", ["", "x"]), ("{00..01}.tar", ["00.tar", "01.tar"]),
      ("{x{1..2}y}", ["{x1y}", "{x2y}"]), ("{-1..1}", ["{-1..1}"]),
    ])
  func braces(_ text: String, _ expected: [String]) throws {
    #expect(try ShardPatterns.expandBraces(text) == expected)
  }

  @Test("more than a million names are a slip, and said to be one")
  func tooMany() throws {
    for text in ["{0..1000000}", "{0..999}{0..9999}", "{0..999999999999999}"] {
      let error = #expect(throws: ImageDataError.self) {
        try ShardPatterns.expandBraces(text)
      }
      #expect(error?.description.contains("more than 1000000 names") == true)
    }
    #expect(try ShardPatterns.expandBraces("{0..999999}").count == 1_000_000)
    for open in ["{", "{a,"] {
      #expect(throws: ImageDataError.self) {
        try ShardPatterns.expandBraces(String(repeating: open, count: 5000))
      }
      let most = String(repeating: open, count: 4096 / open.count)
      #expect(try ShardPatterns.expandBraces(most) == [most])
      let nested = String(repeating: "{a,", count: 1000) + String(repeating: "}", count: 1000)
      #expect(try ShardPatterns.expandBraces(nested).count == 1001)
    }
  }

  @Test("a short pattern cannot fill the memory with names")
  func hostilePatterns() throws {
    let million = "{0..999999}"
    let long = String(repeating: "x", count: 300)
    let each = Array(repeating: million, count: 300).joined(separator: ",")
    for text in [million + long, "{\(each)}", "{\(million),\(million)}", "{0..999}{\(each)}"] {
      let error = #expect(throws: ImageDataError.self) { try ShardPatterns.expandBraces(text) }
      #expect(error?.description.contains("more than 1000000 names, for 256 MiB of them") == true)
    }
    // At each of 600 depths a million names would be put together anew.
    let open = String(repeating: "{a,", count: 600), close = String(repeating: "}", count: 600)
    #expect(throws: ImageDataError.self) {
      try ShardPatterns.expandBraces(open + "{0..999000}" + close)
    }
    #expect(try ShardPatterns.expandBraces("{a,{b,{0..99999}}}").count == 100_002)
    // Braces that are none are the same in all names.
    let none = String(repeating: "{x}", count: 80)
    let names = try ShardPatterns.expandBraces("{0..99999}" + none)
    #expect(names.count == 100_000 && names.last == "99999" + none)
    #expect(try ShardPatterns.expandBraces("{7..7}{a}{0..1}") == ["7{a}0", "7{a}1"])
    #expect(throws: ImageDataError.self) { try ShardPatterns.expandBraces("{0..9}", most: 9) }
    #expect(try ShardPatterns.expandBraces("{0..4}{a,b}", most: 10).count == 10)
  }

  @Test("patterns, folders and lists of lists become shards, each once, in their order")
  func lists() throws {
    for name in ["b/1.tar", "b/0.tar", "b/2.tar.gz", "c/9.tgz", "x/3.tar.zst", "b/note.md"] {
      try folder.write("x", to: name)
    }
    let list = """
      # a comment
      b/{0..1}.tar

      b/*.tar*
      sub/more.list
      http://host/{00..01}.tar?v=1
      pipe:cat b/{0..1}.tar
      """
    try folder.write(list, to: "all.txt")
    try folder.write("../c\n../x/?.tar.zst\n", to: "sub/more.list")
    #expect(
      try names(folder.path + "/all.txt") == [
        "b/0.tar", "b/1.tar", "b/2.tar.gz", "sub/../c/9.tgz", "sub/../x/3.tar.zst",
        "http://host/00.tar?v=1", "http://host/01.tar?v=1", "cat b/0.tar", "cat b/1.tar",
      ])
    #expect(try names(folder.path + "/[bc]/*.t*r") == ["b/0.tar", "b/1.tar"])
    // Not there: an error when it is opened, which names it.
    #expect(try names(folder.path + "/b/{0..2}.tar") == ["b/0.tar", "b/1.tar", "b/2.tar"])
  }

  @Test("after a line pipe:…$SHARD… all further lines are names, never parts of the command")
  func shardVariable() throws {
    try folder.write(
      "pipe:cat \"$SHARD\" | zcat\na{0..1}.tar\n; rm -rf x\n# no\nb.tar\n", to: "names.list")
    #expect(
      try names(folder.path + "/names.list") == [
        "cat \"$SHARD\" | zcat SHARD=a0.tar", "cat \"$SHARD\" | zcat SHARD=a1.tar",
        "cat \"$SHARD\" | zcat SHARD=; rm -rf x", "cat \"$SHARD\" | zcat SHARD=b.tar",
      ])
    // Only numbers are put in: the shell's own braces are the shell's.
    #expect(
      try names("pipe:awk '{print}' {0..1} {a,b}")
        == ["awk '{print}' 0 {a,b}", "awk '{print}' 1 {a,b}"])
  }

  @Test("cycles, empty lists and patterns without files are refused by name")
  func refusals() throws {
    try folder.write("b.txt\n", to: "a.txt")
    try folder.write("./a.txt\n", to: "b.txt")
    #expect(reason(folder.path + "/a.txt").contains("the list names itself"))
    try folder.write("# nothing\n", to: "empty.txt")
    #expect(
      reason(folder.path + "/empty.txt") == "cannot open data set /empty.txt: the list is empty")
    #expect(reason(folder.path + "/*.tar").hasSuffix("/*.tar: no file is called /*.tar"))
    try folder.write("x.jpg\n", to: "pictures.txt")
    let csv =
      ", and a .txt list names shards; write a list of pictures as a .csv file with a header path,label "
      + "and lines such as a/1.jpg,cat"
    #expect(
      reason(folder.path + "/pictures.txt") == "/pictures.txt, line 1: x.jpg is a picture" + csv)
    try folder.write("# all\ncats/x y.jpg 3\n", to: "labelled.txt")
    #expect(
      reason(folder.path + "/labelled.txt")
        == "/labelled.txt, line 2: cats/x y.jpg 3 is a picture" + csv)
    let kinds = "not a shard: expected .tar, .tar.gz, .tar.zst, .txt or .list"
    try folder.write("n01440764_1\t0\n", to: "names.txt")
    #expect(reason(folder.path + "/names.txt").hasSuffix("1\t0 is \(kinds)" + csv))
    try folder.write("a.zip\n", to: "zip.txt")
    #expect(reason(folder.path + "/zip.txt") == "/zip.txt, line 1: a.zip is \(kinds)")
    try folder.write("file:///data/0.jpg\n", to: "addresses.txt")
    #expect(
      reason(folder.path + "/addresses.txt")
        == "/addresses.txt, line 1: file:///data/0.jpg is an address of a file; write its path, from / "
        + "on")
    try folder.write("a.tar\n\npipe:\n", to: "pipe.txt")
    #expect(
      reason(folder.path + "/pipe.txt")
        == "/pipe.txt, line 3: pipe: without a command; give pipe:COMMAND")
    #expect(reason(folder.path + "/nowhere.list").contains("No such file"))
  }

  @Test("what names shards is told from what openDataset opens")
  func told() throws {
    for text in [
      "a.tar", "b/{0..9}.TAR.GZ", "pipe:cat x", "https://h/x", "l.txt", "l.list", "p/**", "x/*",
      "a{0..1}",
    ] {
      #expect(namesShards(text), "\(text)")
    }
    try folder.write("x", to: "pictures/1.jpg")
    try folder.write("x", to: "odd{1}/1.jpg")
    for text in ["list.csv", "folder", folder.path + "/pictures", folder.path + "/odd{1}"] {
      #expect(!namesShards(text), "\(text)")
    }
    try folder.write("x", to: "tars/00000.tar")
    try folder.write("x", to: "index/catalogue.bin")
    #expect(namesShards(folder.path + "/tars"))
    #expect(namesShards(folder.path + "/index"))
  }

  @Test("folders of folders of shards are their shards, by their paths, unless pictures come first")
  func nested() throws {
    for name in ["part-001/00000.tar", "part-000/00001.tar", "part-000/00000.tar.zst"] {
      try folder.write("x", to: "crawl/" + name)
    }
    try folder.write("x", to: "crawl/part-000/00000.parquet")
    try folder.write("x", to: "crawl/.hidden/00000.tar")
    try folder.write("x", to: "crawl/README")
    let crawl = folder.path + "/crawl"
    #expect(namesShards(crawl))
    let found = ["part-000/00000.tar.zst", "part-000/00001.tar", "part-001/00000.tar"]
    #expect(try names(crawl) == found.map { "crawl/" + $0 })
    let shards = ShardNames(try #require(try ShardList.shards(of: crawl)))
    #expect(shards.stems == ["part-000/00000", "part-000/00001", "part-001/00000"])
    #expect(shards.names == ["part-000_00000", "part-000_00001", "part-001_00000"])
    // Its own shards are all of it; in a tree of pictures archives are something else.
    try folder.write("x", to: "crawl/top.tar")
    #expect(try names(crawl) == ["crawl/top.tar"])
    try folder.write("x", to: "tree/cat/1.jpg")
    try folder.write("x", to: "tree/dog/originals.tar")
    try folder.write("x", to: "empty/a/b/c.txt")
    #expect(!namesShards(folder.path + "/tree") && !namesShards(folder.path + "/empty"))
    #expect(reason(folder.path + "/{tree,empty}").contains("no .tar, .tar.gz or .tar.zst in it"))
    // Links in a circle end.
    for number in 0..<20 {
      symlink(folder.path + "/empty", folder.path + "/empty/a/\(number)")
    }
    #expect(!namesShards(folder.path + "/empty"))
  }

  @Test("shards' names are unique and fit for files; stems are readable")
  func shardNames() throws {
    let files = ["/d/a/00000.tar", "/d/b/00000.tar", "/d/a/ü x.tar.gz", "/d/a_00000.tar"]
    let names = ShardNames(files.map { ShardLocation(kind: .file, text: $0) })
    #expect(names.stems == ["a/00000", "b/00000", "a/ü x", "a_00000"])
    #expect(names.names[0] == "a_00000" && names.names[1] == "b_00000")
    #expect(names.names[2].wholeMatch(of: /a___x-[0-9a-f]{8}/) != nil)
    #expect(names.names[3].wholeMatch(of: /a_00000-[0-9a-f]{8}/) != nil)
    let others = ShardNames([
      ShardLocation(kind: .url, text: "https://h/s/0.tar?token=/x"),
      ShardLocation(kind: .pipe, text: "aws s3 cp 's3://h/s/1.tar' -"),
      ShardLocation(kind: .pipe, text: "get $SHARD", variable: "s3://h/s/2.tar.zst"),
      ShardLocation(kind: .pipe, text: "get $SHARD x", variable: "s3://h/s/2.tar.zst"),
    ])
    #expect(others.stems.prefix(3) == ["0", "1", "2"])
    #expect(others.stems[3].hasPrefix("2-") && Set(others.names).count == 4)
    let long = ShardNames([
      ShardLocation(kind: .file, text: "/" + String(repeating: "x", count: 300) + ".tar")
    ])
    #expect(long.names[0].utf8.count == 109)
  }

  @Test("a tag map knows classes by tags whatever their case and #")
  func tagMap() throws {
    let path = try folder.write(
      "tag,class\n#Kingfisher,bird\nkingfisher,blue\nCat,cat\ncat,cat\n", to: "tags.csv")
    let map = try TagMap(contentsOf: path)
    #expect(map.classes == ["bird", "blue", "cat"])
    #expect(map.classes(ofTag: "KINGFISHER") == ["bird", "blue"])
    #expect(map.classes(ofTag: "#cat") == ["cat"] && map.classes(ofTag: "dog").isEmpty)
    #expect(map.matches(["x", "CAT"]) && !map.matches(["x"]) && !map.matches([]))
    for (text, line) in [("a,b\nc\n", 2), ("a,\n", 1), ("tag,class\n,b\n", 2)] {
      let bad = try folder.write(text, to: "bad.csv")
      #expect(
        throws: ImageDataError.line(
          path: bad, line: line, reason: "expected a tag, a comma and a class")
      ) { try TagMap(contentsOf: bad) }
    }
  }
}
