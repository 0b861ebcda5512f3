import Files
import Foundation
import TestSupport
import Testing

@Suite("Materializing the selection")
struct MaterializeTests {
  private let run: TinyRun

  init() throws {
    run = try TinyRun()
    for verb in ["train-teacher", "score", "select"] { try run.finish(verb, "a") }
  }

  private func materialize(_ folder: String, _ flags: [String] = []) throws -> Command.Outcome {
    try run.run(
      "materialize", "a",
      flags: ["--to", "\(run.folder.path)/\(folder)", "--samples-per-shard", "20"] + flags)
  }

  /// The SHA-256 of every file of a folder, by name.
  private func sums(_ folder: String) throws -> [String: String] {
    let path = "\(run.folder.path)/\(folder)"
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    return try names.reduce(into: [:]) { $0[$1] = try Checksum.sha256(file: "\(path)/\($1)") }
  }

  private func tar(_ arguments: String...) throws -> String {
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["tar"] + arguments
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return text
  }

  @Test("every selected picture is there once, with all its classes, as tar reads it")
  func contents() throws {
    #expect(try materialize("out").code == 0)
    var classes: [String: Set<Int>] = [:]
    let lines = try run.text("a", "2-ranking/selected.csv").split(separator: "\n").dropFirst()
    for line in lines {
      let fields = line.split(separator: ",")
      classes[String(fields[0]), default: []].insert(try #require(Int(fields[2])))
    }
    var found: [String: Set<Int>] = [:]
    let out = run.folder.path + "/out"
    let shards = try FileManager.default.contentsOfDirectory(atPath: out).filter {
      $0.hasSuffix(".tar")
    }
    #expect(shards.count == (classes.count + 19) / 20)
    var order: [String] = []
    for shard in shards.sorted() {
      for name in try tar("-tf", "\(out)/\(shard)").split(separator: "\n") {
        guard name.hasSuffix(".json") else { continue }
        let stem = name.dropLast(5)
        let text = try tar("-xOf", "\(out)/\(shard)", String(name))
        let json = try #require(
          try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let key = try #require(json["key"] as? String)
        let labels = try #require(json["classes"] as? [Int])
        #expect(found[key] == nil)
        found[key] = Set(labels)
        order.append(key)
        let best = try #require(
          Int(try tar("-xOf", "\(out)/\(shard)", "\(stem).cls").dropLast()))
        #expect(labels.contains(best))
        #expect(try tar("-xOf", "\(out)/\(shard)", "\(stem).png").isEmpty == false)
      }
    }
    #expect(found == classes)
    #expect(order != order.sorted(), "the samples are shuffled")
  }

  @Test("interrupted, repeated and shared out, the files are the same")
  func same() throws {
    #expect(try materialize("whole").code == 0)
    let expected = try sums("whole")
    for part in ["1", "0"] {
      #expect(try materialize("parts", ["--shard-index", part, "--num-shards", "2"]).code == 0)
    }
    #expect(try sums("parts") == expected)
    let parts = run.folder.path + "/parts"
    unlink("\(parts)/00000.json")
    unlink("\(parts)/00001.tar")
    try run.folder.write("half", to: "parts/00002.tar")
    #expect(try materialize("parts").code == 0)
    #expect(try sums("parts") == expected)
    let worker = try Command(
      run.arguments("materialize", "a")
        + ["--to", run.folder.path + "/killed", "--samples-per-shard", "20"])
    _ = worker.wait {
      FileManager.default.fileExists(atPath: "\(run.folder.path)/killed/00001.tar")
    }
    worker.send(SIGKILL)
    _ = try worker.wait()
    #expect(try materialize("killed").code == 0)
    #expect(try sums("killed").filter { !$0.key.contains(".tmp-") } == expected)
  }

  @Test("pre-training reads materialized shards, also where U is gone, and gives the same student")
  func training() throws {
    let tiny = try TinyRun()
    try tiny.writeTaggedShards()
    _ = try Command.run("index", "plain", "--out", "u.index", folder: tiny.folder.path)
    try tiny.writeRecipe("ocean", unlabelled: "u.index")
    func finish(_ verb: String, _ name: String, _ flags: String...) throws -> String {
      let outcome = try Command.run(
        [verb, "ocean.yaml", "--out", tiny.directory(name)] + flags, folder: tiny.folder.path)
      #expect(outcome.code == 0, "\(verb): \(outcome.errors)")
      return outcome.errors
    }
    for name in ["b", "c"] {
      for verb in ["train-teacher", "score", "select"] { _ = try finish(verb, name) }
    }
    _ = try finish("pretrain", "b")
    _ = try finish("materialize", "c", "--to", "selected", "--samples-per-shard", "20")
    let manager = FileManager.default
    try manager.moveItem(
      atPath: tiny.folder.path + "/selected/00002.tar", toPath: tiny.folder.path + "/aside.tar")
    #expect(try finish("pretrain", "c").contains("; the pictures are read from U"))
    unlink(tiny.directory("c") + "/3-student/done.json")
    try manager.moveItem(
      atPath: tiny.folder.path + "/aside.tar", toPath: tiny.folder.path + "/selected/00002.tar")
    try manager.removeItem(atPath: tiny.folder.path + "/plain")
    #expect(try finish("pretrain", "c").contains("the pictures are read from"))
    #expect(try tiny.result("b", stages: ["3-student"]) == tiny.result("c", stages: ["3-student"]))
    _ = try finish("run", "c", "--set", "baseline.enabled=false")
  }

  @Test("where U can no longer be read, no folder is left behind")
  func refused() throws {
    let place = run.folder.path
    try run.writeTaggedShards(0..<2)
    try run.writeRecipe("p", unlabelled: "'pipe:cat \(place)/plain/{00..01}.tar'")
    for verb in ["train-teacher", "score", "select"] {
      let outcome = try Command.run(verb, place + "/p.yaml", "--out", run.directory("p"))
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let shard = place + "/plain/01.tar"
    try FileManager.default.moveItem(atPath: shard, toPath: shard + ".away")
    let arguments = [
      "materialize", place + "/p.yaml", "--out", run.directory("p"), "--to", place + "/deep/er",
    ]
    let outcome = try Command.run(arguments)
    #expect(outcome.code == 74, "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: place + "/deep"))
    try FileManager.default.moveItem(atPath: shard + ".away", toPath: shard)
    #expect(try Command.run(arguments).code == 0)
  }

  @Test("a folder with another selection is refused")
  func other() throws {
    #expect(try materialize("out").code == 0)
    let outcome = try run.run(
      "materialize", "a",
      flags: ["--to", "\(run.folder.path)/out", "--samples-per-shard", "30"])
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("another selection"))
  }
}
