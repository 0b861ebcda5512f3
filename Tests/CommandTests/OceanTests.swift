import Files
import Foundation
import ImageData
import TestSupport
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
  private func writeShards(_ pictures: TinyImages, to folder: TemporaryFolder) throws -> Int {
    var brokenCount = 0
    for (shard, first) in stride(from: 0, to: pictures.pixels.count, by: 15).enumerated() {
      let name = String(format: "%05d.tar", shard)
      var good = RawTar(), bad = RawTar()
      for index in first..<min(first + 15, pictures.pixels.count) {
        let picture = TinyImages.png(pictures.pixels[index])
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
      let picture = TinyImages.png(pictures.pixels[first])
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

  @Test("twenty shards with broken files, four workers and one killed: the good files' selection")
  func brokenShards() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    let broken = try writeShards(TinyImages(300, seed: 3), to: folder)
    #expect(broken == 15)
    try tiny.writeRecipe("good", unlabelled: "good/{00000..00019}.tar")
    try tiny.writeRecipe("bad", unlabelled: "bad/{00000..00019}.tar")
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
    try tiny.writeTaggedShards()
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
      try tiny.writeRecipe(name, unlabelled: source)
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
    try tiny.writeTaggedShards()
    // From its second reading on, the command gives the first 30,000 bytes of shard 03 and fails.
    let script = """
      #!/bin/sh
      if [ $1 = 03 ] && [ -e \(folder.path)/broken ]; then
        head -c 20000 \(folder.path)/plain/03.tar; exit 3
      fi
      cat \(folder.path)/plain/$1.tar
      """
    try folder.write(script, to: "give")
    try tiny.writeRecipe("pipe", unlabelled: "\"pipe:sh \(folder.path)/give {00..11}\"")
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
}
