import Files
import Foundation
import ImageData
import Testing

/// Runs whose unlabelled pictures come as shards, whole and broken.
@Suite("Ranking shards")
struct OceanTests {
  /// What a crawl holds beside pictures.
  static func broken(_ kind: Int, _ picture: Data) -> (name: String, contents: Data) {
    switch kind % 7 {
    case 0: return ("jpg", Data())
    case 1: return ("jpg", Data("<!DOCTYPE html><html><body>404 Not Found</body></html>".utf8))
    case 2: return ("png", picture.prefix(picture.count / 2))
    case 3:
      // A JPEG header that promises 65,535 by 65,535 pixels.
      let frame: [UInt8] = [
        0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, 0xFF, 0xFF, 0xFF, 0xFF, 3, 1, 0x22, 0, 2, 0x11, 1, 3,
        0x11, 1, 0xFF, 0xD9,
      ]
      return ("jpg", Data(frame))
    case 4: return ("webp", Data("RIFF\u{10}\u{0}\u{0}\u{0}WEBPVP8X".utf8))
    case 5:
      var flipped = picture
      for place in stride(from: 40, to: flipped.count, by: 7) { flipped[place] ^= 0x5A }
      return ("png", flipped)
    default: return ("jpg", Data([0xFF, 0xD8, 0xFF]))
    }
  }

  /// Writes `pictures` in shards of 15, and the same again with a twentieth of other files among
  /// them, broken in every way.
  /// - Returns: how many broken pictures there are.
  private func writeShards(_ pictures: TinyPictures, to folder: TemporaryFolder) throws -> Int {
    var brokenCount = 0
    for (shard, first) in stride(from: 0, to: pictures.pixels.count, by: 15).enumerated() {
      let name = String(format: "%05d.tar", shard)
      var good = RawTar(), bad = RawTar()
      for index in first..<min(first + 15, pictures.pixels.count) {
        let picture = TinyPictures.png(pictures.pixels[index])
        let stem = String(format: "%06d", index)
        good.append("\(stem).png", picture)
        bad.append("\(stem).png", picture)
        good.append("\(stem).json", Data("{\"tags\": [\"tag\(index % 3)\"]}".utf8))
        bad.append("\(stem).json", Data("{\"tags\": [\"tag\(index % 3)\"]}".utf8))
        guard index % 20 == 7 else { continue }
        let file = Self.broken(index / 20, picture)
        bad.append("\(stem)-broken.\(file.name)", file.contents)
        brokenCount += 1
      }
      // What is no picture at all: names that lead out, links, devices, and a member that is cut off.
      let picture = TinyPictures.png(pictures.pixels[first])
      bad.append("../../escaped.png", picture)
      bad.append("/tmp/absolute.png", picture)
      bad.append("link.png", Data(), type: "2", link: "/etc/passwd")
      bad.append("device.png", Data(), type: "3")
      good.end()
      if shard % 3 == 1 {
        bad.append("zz-cut.png", picture.prefix(picture.count / 2), size: 1 << 20)
      } else {
        bad.end()
      }
      try folder.write(good.data, to: "good/\(name)")
      try folder.write(bad.data, to: "bad/\(name)")
    }
    return brokenCount
  }

  private func recipe(_ folder: TemporaryFolder, _ name: String, unlabelled: String) throws {
    let text = TinyRun.recipe.replacing("unlabelled: rest", with: "unlabelled: \(unlabelled)")
      .replacing("name: tiny", with: "name: \(name)")
    try folder.write(text, to: "\(name).yaml")
  }

  @Test("twenty shards with broken files, four workers and one killed: the good files' selection")
  func brokenShards() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    let broken = try writeShards(TinyPictures(300, seed: 3), to: folder)
    #expect(broken == 15)
    try recipe(folder, "good", unlabelled: "good/{00000..00019}.tar")
    try recipe(folder, "bad", unlabelled: "bad/{00000..00019}.tar")
    func run(_ verb: String, _ name: String, _ flags: [String] = []) throws -> Command {
      try Command(
        [verb, "\(folder.path)/\(name).yaml", "--out", tiny.directory(name)]
          + ["--set", "data.unreadableLimit=0.2"] + flags)
    }
    func finish(_ verb: String, _ name: String, _ flags: [String] = []) throws {
      let outcome = try run(verb, name, flags).wait()
      #expect(outcome.code == 0, "\(verb): \(outcome.errors)")
    }
    for verb in ["train-teacher", "score", "select"] { try finish(verb, "good") }
    try finish("train-teacher", "bad")
    let claims = folder.path + "/claims"
    let flags = ["--claim", claims, "--claim-timeout", "1"]
    let workers = try (0..<4).map { _ in try run("score", "bad", flags) }
    let scores = tiny.directory("bad") + "/2-ranking/scores"
    _ = workers[2].wait {
      ((try? FileManager.default.contentsOfDirectory(atPath: scores))?.count ?? 0) > 3
    }
    workers[2].send(SIGKILL)
    for (number, worker) in workers.enumerated() {
      let outcome = try worker.wait()
      if number != 2 { #expect(outcome.code == 0, "\(outcome.errors)") }
    }
    try finish("select", "bad")
    #expect(
      try tiny.text("bad", "2-ranking/selected.csv")
        == tiny.text("good", "2-ranking/selected.csv"))
    let list = try tiny.text("bad", "2-ranking/bad-samples.csv")
    for index in stride(from: 7, to: 300, by: 20) {
      let stem = String(format: "%05d/%06d-broken", index / 15, index)
      #expect(list.contains(stem), "\(stem) is not in \(list)")
    }
    #expect(list.contains("escaped.png"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/../escaped.png"))
  }

  // MARK: - Kinds of shards

  /// Twelve shards of twenty tagged pictures: pictures of one class carry its tag, every third of them
  /// another's, too.
  private func writeTagged(to folder: TemporaryFolder) throws {
    let pictures = TinyPictures(240, seed: 3)
    for shard in 0..<12 {
      var tar = RawTar()
      for index in shard * 20..<(shard + 1) * 20 {
        let label = Int(pictures.labels[index])
        let tags = [label] + (index % 3 == 0 ? [(label + 1) % 6] : [])
        let stem = String(format: "%06d", index)
        tar.append("\(stem).png", TinyPictures.png(pictures.pixels[index]))
        let list = tags.map { "\"tag\($0)\"" }.joined(separator: ", ")
        tar.append("\(stem).json", Data("{\"hashtags\": [\(list)]}".utf8))
      }
      tar.end()
      try folder.write(tar.data, to: String(format: "plain/%02d.tar", shard))
    }
    let map = TinyPictures.classes.enumerated().map { "#Tag\($0),\($1)\n" }.joined()
    try folder.write("tag,class\n" + map, to: "map.csv")
    try folder.write("tag,class\ntag2,south-east\n", to: "one.csv")
  }

  private func shell(_ command: String, in folder: TemporaryFolder) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-ec", command]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(command)")
  }

  @Test("compressed shards and shards from a command are scored, gathered and trained on")
  func sequential() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    try writeTagged(to: folder)
    try shell(
      """
      mkdir gz zst
      for f in plain/*.tar; do
        gzip -c $f >gz/$(basename $f).gz
        zstd -q -c $f >zst/$(basename $f).zst 2>/dev/null || gzip -c $f >zst/$(basename $f).gz
      done
      """, in: folder)
    let sources = [
      "plain": "plain", "gz": "gz", "zst": "zst",
      "pipe": "\"pipe:cat \(folder.path)/plain/{00..11}.tar\"",
    ]
    var results: [String: [String: String]] = [:]
    for (name, source) in sources {
      try recipe(folder, name, unlabelled: source)
      let outcome = try Command.run(
        "run", "\(folder.path)/\(name).yaml", "--out", tiny.directory(name), "--set",
        "baseline.enabled=false")
      #expect(outcome.code == 0, "\(name): \(outcome.errors)")
      if outcome.code == 0 {
        results[name] = try tiny.result(name, stages: ["1-teacher", "3-student", "4-fine-tuned"])
      }
    }
    #expect(results["gz"] == results["plain"])
    #expect(results["zst"] == results["plain"])
    #expect(tiny.has("gz", "2-ranking/gathered"))
    #expect(!tiny.has("plain", "2-ranking/gathered"))
    let out = folder.path + "/out"
    let materialized = try Command.run("materialize", tiny.directory("gz"), "--to", out)
    #expect(materialized.code == 0, "\(materialized.errors)")
  }

  @Test("a command that dies half-way through a shard is an error that names it, not half a shard")
  func dyingPipe() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    try writeTagged(to: folder)
    // From its second reading on, the command gives the first 30,000 bytes of shard 03 and fails.
    let script = """
      #!/bin/sh
      if [ $1 = 03 ] && [ -e \(folder.path)/broken ]; then
        head -c 20000 \(folder.path)/plain/03.tar; exit 3
      fi
      cat \(folder.path)/plain/$1.tar
      """
    try folder.write(script, to: "give")
    try recipe(folder, "pipe", unlabelled: "\"pipe:sh \(folder.path)/give {00..11}\"")
    func run(_ verb: String) throws -> Command.Outcome {
      try Command.run(verb, "\(folder.path)/pipe.yaml", "--out", tiny.directory("pipe"))
    }
    #expect(try run("train-teacher").code == 0)
    try folder.write("", to: "broken")
    let outcome = try run("score")
    #expect(outcome.code == 74, "\(outcome.errors)")
    #expect(outcome.errors.contains("1 shard could not be read"))
    #expect(outcome.errors.contains("give 03"), "\(outcome.errors)")
    let early = try run("select")
    #expect(early.code == 64)
    unlink(folder.path + "/broken")
    #expect(try run("score").code == 0)
    #expect(try run("select").code == 0)
  }

  // MARK: - Selecting often

  @Test("one scoring serves other K, P, fractions and strategies")
  func often() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    try writeTagged(to: folder)
    try recipe(folder, "a", unlabelled: "plain/{00..11}.tar")
    func run(_ verb: String, _ flags: String...) throws -> Command.Outcome {
      let outcome = try Command.run(
        [verb, "\(folder.path)/a.yaml", "--out", tiny.directory("a"), "--redo"] + flags)
      #expect(outcome.code == 0, "\(flags): \(outcome.errors)")
      return outcome
    }
    struct Row: Hashable {
      let image: Substring, label: Substring
    }
    func selected() throws -> Set<Row> {
      let lines = try tiny.text("a", "2-ranking/selected.csv").split(separator: "\n").dropFirst()
      return Set(lines.map { $0.split(separator: ",") }.map { Row(image: $0[0], label: $0[3]) })
    }
    _ = try run("train-teacher")
    _ = try run("score")
    let scores = tiny.directory("a") + "/2-ranking/scores"
    func times() throws -> [Date] {
      try (0..<12).map { shard in
        let path = String(format: "%@/%02d.scores", scores, shard)
        let values = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(values[.modificationDate] as? Date)
      }
    }
    let before = try times()
    _ = try run("select")
    let balanced = try selected()
    #expect(balanced.count == 6 * 30)

    _ = try run("select", "--set", "ranking.labelsPerImage=1")
    #expect(Set(try selected().map(\.image)).count == (try selected().count))
    _ = try run("select", "--fraction", "0.5", "--set", "ranking.imagesPerClass=200")
    let half = Set(try selected().map(\.image))
    _ = try run("select", "--fraction", "0.25", "--set", "ranking.imagesPerClass=200")
    let quarter = Set(try selected().map(\.image))
    #expect(quarter.isSubset(of: half))
    #expect((30...90).contains(quarter.count) && (90...150).contains(half.count))

    _ = try run("select", "--strategy", "unbalanced")
    let counts = Dictionary(grouping: try selected(), by: \.label).mapValues(\.count)
    #expect(counts.values.max() ?? 0 > 40 && counts.values.min() ?? 99 < 20, "\(counts)")

    let map = folder.path + "/map.csv"
    _ = try run("select", "--strategy", "tagsRanked", "--tags", map)
    let tagged = try selected()
    func carries(_ row: Row) -> Bool {
      guard let index = Int(row.image.split(separator: "/").last ?? "") else { return false }
      let label = index % 6
      let names = TinyPictures.classes
      return row.label == names[label] || index % 3 == 0 && row.label == names[(label + 1) % 6]
    }
    #expect(!tagged.isEmpty && tagged.allSatisfy(carries))
    _ = try run("select", "--strategy", "tags", "--tags", map, "--seed", "1")
    let random = try selected()
    #expect(random.count == 6 * 30 && random.allSatisfy(carries))
    _ = try run("select", "--strategy", "tags", "--tags", map, "--seed", "2")
    #expect(try selected() != random)
    let agreement = try Command.run("inspect", tiny.directory("a"), "--json").object()
    let ranks = try #require(agreement["ranks"] as? [[String: Any]])
    #expect(ranks.compactMap { $0["tag_agreement"] as? Double }.allSatisfy { $0 == 1 })

    #expect(try times() == before, "nothing was scored again")
    for name in ["03.json", "07.json"] { unlink("\(scores)/\(name)") }
    let refused = try Command.run(
      "select", "\(folder.path)/a.yaml", "--out", tiny.directory("a"), "--redo")
    #expect(refused.code == 64 && refused.errors.contains("2 of 12 shards"))
    let beside = folder.path + "/beside"
    _ = try Command.run(
      "select", "\(folder.path)/a.yaml", "--out", tiny.directory("a"), "--to", beside,
      "--allow-missing", "--images-per-class", "7")
    #expect(try folder.read("beside/selected.csv").split(separator: "\n").count == 1 + 6 * 7)
    let without = try run("select", "--allow-missing")
    #expect(without.errors.contains("without 2 of 12 shards, which have no scores: 03, 07"))
    #expect(try selected().allSatisfy { !$0.image.hasPrefix("03/") && !$0.image.hasPrefix("07/") })
    let partly = try Command.run("inspect", tiny.directory("a")).output
    #expect(partly.contains("without 2 shards, which had no scores: 03, 07"))
    // Once they are scored, the selection is made again with them.
    _ = try run("score", "--set", "ranking.allowMissing=true")
    _ = try Command.run("select", tiny.directory("a"))
    #expect(try selected() == balanced)
  }

  @Test("pictures without a required tag are not there at all")
  func requiredTags() throws {
    let tiny = try TinyRun()
    try writeTagged(to: tiny.folder)
    let out = tiny.folder.path + "/u.index"
    let outcome = try Command.run(
      "index", tiny.folder.path + "/plain", "--out", out, "--require-tags",
      tiny.folder.path + "/one.csv", "--json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    // The 40 pictures of the class, and a third of those of the class before it.
    let expected = (0..<240).count { $0 % 6 == 2 || $0 % 3 == 0 && $0 % 6 == 1 }
    #expect(try outcome.object()["samples"] as? Int == expected)
  }

  // MARK: - Copies

  /// Pictures of 96 pixels: soft blobs, different for every seed.
  private func blobs(_ seed: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: UInt64(seed))
    let side = 96
    var picture = [Double](repeating: 100, count: side * side)
    for _ in 0..<24 {
      let x = Double.random(in: 0..<96, using: &generator)
      let y = Double.random(in: 0..<96, using: &generator)
      let size = Double.random(in: 4..<20, using: &generator)
      let height = Double.random(in: -110..<110, using: &generator)
      for row in 0..<side {
        for column in 0..<side {
          let square = pow(Double(column) - x, 2) + pow(Double(row) - y, 2)
          picture[row * side + column] += height * exp(-square / (2 * size * size))
        }
      }
    }
    return picture.map { UInt8(min(255, max(0, $0))) }
  }

  private func jpeg(_ seed: Int, quality: Int = 90) throws -> Data {
    try Thumbnail(
      pixels: blobs(seed), width: 96, height: 96, channels: 1, format: .jpeg, quality: quality
    ).bytes
  }

  @Test("copies in U, exact and encoded anew, are dropped, and so are D's and the test pictures")
  func copies() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    for index in 0..<24 {
      let name = index % 2 == 0 ? "even" : "odd"
      try folder.write(try jpeg(index), to: "d/\(name)/\(index).jpg")
      try folder.write(try jpeg(100 + index), to: "t/\(name)/\(index).jpg")
    }
    for index in 0..<60 { try folder.write(try jpeg(200 + index), to: "u/\(index).jpg") }
    for index in 0..<5 {
      try folder.write(try jpeg(200 + index), to: "u/exact-\(index).jpg")
      try folder.write(try jpeg(210 + index, quality: 50), to: "u/near-\(index).jpg")
    }
    try folder.write(try jpeg(3), to: "u/labelled.jpg")
    try folder.write(try jpeg(105), to: "u/test.jpg")
    try folder.write(try jpeg(107, quality: 45), to: "u/test-again.jpg")
    let recipe = TinyRun.recipe
      .replacing(
        "  labelled: data\n  labelledSplit: train\n  labelledCount: 60\n", with: "  labelled: d\n"
      )
      .replacing("validationFraction: 0.2", with: "validationFraction: 0")
      .replacing("unlabelled: rest", with: "unlabelled: u")
      .replacing("test: data\n  testSplit: test\n", with: "test: t\n")
      .replacing("imagesPerClass: 30", with: "imagesPerClass: 40")
    try folder.write(recipe, to: "copies.yaml")
    func run(_ verb: String, _ flags: String...) throws -> Command.Outcome {
      let outcome = try Command.run(
        [verb, "\(folder.path)/copies.yaml", "--out", tiny.directory("a")] + flags)
      #expect(outcome.code == 0, "\(flags): \(outcome.errors)")
      return outcome
    }
    for verb in ["train-teacher", "score", "select"] { _ = try run(verb) }
    let left = try tiny.text("a", "2-ranking/excluded.csv")
    #expect(left.contains("\"labelled.jpg\",\"is a labelled picture\""))
    #expect(left.contains("\"test.jpg\",\"is a test picture\""))
    #expect(left.contains("\"test-again.jpg\",\"looks like the test picture odd/7.jpg"))
    let found = try Command.run("inspect", tiny.directory("a"), "--json").object()
    let dropped = try #require(found["duplicates"] as? [String: Any])
    #expect(dropped["exact"] as? Int == 5)
    #expect(dropped["near"] as? Int == 5)
    let images = try tiny.text("a", "2-ranking/selected.csv").split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",")[0] }
    // P = 2 and two classes: each of the 60 pictures is a candidate of both, and each class has its 40.
    #expect(images.count == 80)
    for index in 0..<5 {
      let pair: [Substring] = ["\(index).jpg", "exact-\(index).jpg"]
      #expect(Set(images).intersection(pair).count <= 1)
    }
    let text = try Command.run("inspect", tiny.directory("a")).output
    #expect(text.contains("copies dropped: 5 exact, 5 near"))
    #expect(text.contains("left out as test pictures: 1 exact, 1 near"))

    _ = try run("select", "--redo", "--set", "ranking.duplicates=keep")
    let kept = try tiny.text("a", "2-ranking/selected.csv")
    #expect(!tiny.has("a", "2-ranking/duplicates.csv"))
    #expect(kept.contains("exact-"))
  }
}
