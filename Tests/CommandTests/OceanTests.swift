import Files
import Foundation
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
}
