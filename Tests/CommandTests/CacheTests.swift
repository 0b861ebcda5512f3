import Files
import Foundation
import TestSupport
import Testing

/// Scoring that leaves pictures at training size, and students that are trained on them.
@Suite("A cache of pictures")
struct CacheTests {
  private let run: TinyRun
  private var cache: String { run.folder.path + "/cache" }
  /// Pictures of 12 × 12 pixels for crops of 6: copies of 8.
  private static let small = ["input.size=6", "input.resize=6"]
  private static let size = ["--cache-size", "8"]

  /// Shards of twenty pictures and a trained teacher, `a`.
  init() throws {
    run = try TinyRun()
    try run.writeTaggedShards(0..<6)
    let outcome = try Command.run("index", "plain", "--out", "u.index", folder: run.folder.path)
    #expect(outcome.code == 0, "\(outcome.errors)")
    try run.writeRecipe("ocean", unlabelled: "u.index")
    try finish("train-teacher", "a")
  }

  private func arguments(_ verb: String, _ name: String) -> [String] {
    [verb, run.folder.path + "/ocean.yaml", "--out", run.directory(name)]
      + Self.small.flatMap { ["--set", $0] }
  }

  private func call(_ verb: String, _ name: String, _ flags: String...) throws -> Command.Outcome {
    try Command.run(arguments(verb, name) + flags)
  }

  @discardableResult
  private func finish(_ verb: String, _ name: String, _ flags: String...) throws -> String {
    let outcome = try Command.run(arguments(verb, name) + flags)
    #expect(outcome.code == 0, "\(verb): \(outcome.errors)")
    return outcome.errors
  }

  private func copy(_ names: String...) throws {
    for name in names {
      try FileManager.default.copyItem(
        atPath: run.directory("a"), toPath: run.directory(name))
    }
  }

  /// The SHA-256 of the copies and their indexes.
  private func sums(_ folder: String) throws -> [String: String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return try names.filter { $0.hasSuffix(".tar") || $0.hasSuffix(".index") }.reduce(into: [:]) {
      $0[$1] = try Checksum.sha256(file: "\(folder)/\($1)")
    }
  }

  private func selection(_ name: String) throws -> String {
    try Checksum.sha256(file: "\(run.directory(name))/2-ranking/selected.bin")
  }

  @Test(
    "selections are the same with and without, and a student is trained where U's pictures are gone"
  )
  func wholeRun() throws {
    try copy("plain", "raw")
    for verb in ["score", "select", "pretrain"] { try finish(verb, "plain") }
    #expect(
      try finish("score", "raw", "--cache", cache, "--cache-size", "8", "--cache-format", "raw")
        .contains("cache: copies of 6 shards go to \(cache) (raw pixels, shorter side 8, grey)"))
    try finish("select", "raw")
    #expect(try selection("raw") == selection("plain"))
    #expect(try sums(cache).count == 12)
    let listing = Process(), pipe = Pipe()
    listing.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    listing.arguments = ["tar", "-tf", cache + "/05.tar"]
    listing.standardOutput = pipe
    try listing.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(
      text.split(separator: "\n").map(String.init)
        == (100..<120).map { String(format: "%06d.npy", $0) })
    // Without the pictures themselves.
    try FileManager.default.removeItem(atPath: run.folder.path + "/plain")
    let errors = try finish("run", "raw", "--set", "baseline.enabled=false")
    #expect(errors.contains("cache: the pictures are read from \(cache)"))
    #expect(try run.text("raw", "report.html").contains("the copies in \(cache)"))
    let student = ["3-student"]
    #expect(try run.result("raw", stages: student) != run.result("plain", stages: student))
    // Now finished, it wants neither.
    try FileManager.default.removeItem(atPath: cache)
    try finish("run", "raw", "--set", "baseline.enabled=false")
    #expect(!FileManager.default.fileExists(atPath: cache))
    // But it is no longer what a run without the note would make.
    unlink(run.directory("raw") + "/2-ranking/cache.json")
    let refused = try call("run", "raw", "--set", "baseline.enabled=false")
    #expect(refused.code == 65)
    #expect(
      refused.errors.contains(
        "the student was trained on copies at training size (raw pixels, shorter side 8, grey)"))
  }

  @Test("stopped, killed, shared out or made after the scores: the copies have the same bytes")
  func same() throws {
    try copy("one", "parts", "killed", "later")
    func flags(_ name: String) -> [String] {
      ["--cache", run.folder.path + "/" + name] + Self.size
    }
    func score(_ name: String, _ more: [String] = []) throws -> String {
      let outcome = try Command.run(arguments("score", name) + flags("c-" + name) + more)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return outcome.errors
    }
    func sums(_ name: String) throws -> [String: String] {
      try self.sums(run.folder.path + "/c-" + name)
    }
    _ = try score("one")
    let expected = try sums("one")
    #expect(expected.count == 12)
    for part in ["1", "0", "2"] {
      _ = try score("parts", ["--shard-index", part, "--num-shards", "3"])
    }
    #expect(try sums("parts") == expected)
    let place = run.folder.path + "/c-killed"
    let worker = try Command(arguments("score", "killed") + flags("c-killed"))
    _ = worker.wait { FileManager.default.fileExists(atPath: "\(place)/02.tar") }
    worker.send(SIGKILL)
    _ = try worker.wait()
    // Of one shard the scores are there and the copies are not, of another it is the other way round.
    unlink("\(place)/00.json")
    unlink(run.directory("killed") + "/2-ranking/scores/01.json")
    #expect(
      try score("killed").contains("of 1 that has scores already the pictures are read once more"))
    #expect(try sums("killed") == expected)
    try finish("score", "later")
    #expect(try score("later", ["--set", "workers=1"]).contains("of 6 that have scores already"))
    #expect(try sums("later") == expected)
    // A second time there is nothing to do, and another run takes what is there.
    #expect(try score("later").contains("scores: done"))
    for name in ["one", "parts", "killed", "later"] { try finish("select", name) }
    for name in ["parts", "killed", "later"] { #expect(try selection(name) == selection("one")) }
  }

  @Test("a damaged cache is refused and mended; without a shard the student sees U's own pictures")
  func damage() throws {
    try copy("plain", "b", "c")
    for verb in ["score", "select", "pretrain"] { try finish(verb, "plain") }
    for name in ["b", "c"] {
      try finish("score", name, "--cache", cache, "--cache-size", "8")
      try finish("select", name)
    }
    let whole = try sums(cache)
    var bytes = try TestSupport.bytes(of: cache + "/03.tar")
    bytes[600] ^= 0x40
    try TestSupport.write(bytes, to: cache + "/03.tar")
    let refused = try call("pretrain", "b")
    #expect(refused.code == 65)
    #expect(refused.errors.contains("cache: shard 03 in \(cache) is not as it was written"))
    #expect(refused.errors.contains("halcyon score \(run.directory("b")) --cache \(cache)"))
    try finish("score", "b", "--cache", cache, "--cache-size", "8")
    #expect(try sums(cache) == whole)
    unlink(cache + "/04.json")
    // A note that cannot be read is not taken for none.
    let note = run.directory("c") + "/2-ranking/cache.json"
    let noted = try TestSupport.bytes(of: note)
    try TestSupport.write(Array(noted.dropLast(3)), to: note)
    let unread = try call("pretrain", "c")
    #expect(unread.code != 0)
    #expect(unread.errors.contains("\(note): it is damaged"), "\(unread.errors)")
    try TestSupport.write(noted, to: note)
    let errors = try finish("pretrain", "c")
    #expect(errors.contains("1 of 6 shards is missing in \(cache) (04)"))
    #expect(errors.contains("the student is trained on U's own pictures"))
    #expect(
      try run.result("c", stages: ["3-student"]) == run.result("plain", stages: ["3-student"]))
    #expect(!run.has("c", "2-ranking/cache.json"))
  }

  @Test("copies of other pictures are replaced with --redo alone, and that is said")
  func replaced() throws {
    try copy("b")
    let flags = ["--cache", cache] + Self.size
    func score(_ more: String...) throws -> Command.Outcome {
      try Command.run(arguments("score", "b") + flags + more)
    }
    #expect(try score().code == 0)
    let whole = try sums(cache)
    // Another run's pictures had the shard's name.
    var record = try run.folder.read("cache/03.json")
    let field = try #require(record.firstMatch(of: /"input_identity"\s*:\s*"[^"]*"/))
    record.replaceSubrange(field.range, with: "\"input_identity\" : \"another\"")
    try run.folder.write(record, to: "cache/03.json")
    let refused = try score()
    #expect(refused.code == 65)
    #expect(refused.errors.contains("these are copies of other pictures than shard 03 has now"))
    let redone = try score("--redo")
    #expect(redone.code == 0, "\(redone.errors)")
    #expect(
      redone.errors.contains(
        "cache: the copies of 1 shard in \(cache) are of other pictures; --redo replaces them for every run that "
          + "reads them"), "\(redone.errors)")
    #expect(try sums(cache) == whole)
    #expect(!(try score("--redo").errors.contains("other pictures")))
  }

  @Test("folders, sizes and formats that cannot be are refused before anything is scored")
  func refusals() throws {
    try copy("b")
    var recipe = try run.text("b", "recipe.yaml")
    func refusal(_ flags: String...) throws -> String {
      let outcome = try Command.run(arguments("score", "b") + flags)
      #expect(outcome.code == 64, "\(outcome.errors)")
      #expect(try run.text("b", "recipe.yaml") == recipe, "a refused option is not kept")
      return outcome.errors
    }
    #expect(
      try refusal("--cache-size", "8").contains(
        "data.cacheSize says what the pictures in data.cache are like, which is missing"))
    #expect(try refusal("--cache", cache, "--cache-size", "5").contains("less than input.size (6)"))
    #expect(try refusal("--cache", cache, "--cache-quality", "101").contains("between 1 and 100"))
    #expect(try refusal("--cache", cache, "--cache-format", "jpg").contains("did you mean jpeg?"))
    #expect(
      try refusal("--cache", run.directory("b") + "/cache").contains(
        "where the run keeps its own files"))
    for inside in ["/cache", "/2-ranking/scores"] {
      #expect(
        try refusal("--cache", run.directory("a") + inside).contains(
          "is in \(run.directory("a")), where another run keeps its files"))
    }
    #expect(try refusal("--cache", run.folder.path + "/plain").contains("and no format"))
    try run.folder.write("mine", to: "full/notes.txt")
    #expect(
      try refusal("--cache", run.folder.path + "/full").contains(
        "holds notes.txt and no format"))
    // Before a teacher is trained for hours, and by the dry run.
    let fresh = try Command.run(
      arguments("run", "new") + ["--dry-run", "--cache", run.folder.path + "/full"])
    #expect(fresh.code == 64)
    #expect((fresh.output + fresh.errors).contains("holds notes.txt and no format"))
    try finish("score", "b", "--cache", cache, "--cache-size", "8")
    recipe = try run.text("b", "recipe.yaml")
    #expect(
      try refusal("--cache", cache, "--cache-size", "9")
        .contains("is a cache of other copies (JPEG of quality 90, shorter side 8, grey)"))
  }
}
