import Files
import Foundation
import TestSupport
import Testing

@Suite("predict: what is asked, and where the answers go")
struct PredictTests {
  /// A trained teacher as `m`, and 24 pictures in `p`, as a list, a text list and two shards.
  private static func model() throws -> TinyRun {
    let tiny = try TinyRun()
    try tiny.finish(
      "train-teacher", "a", ["precision=float32", "baseline.enabled=false"])
    try FileManager.default.moveItem(
      atPath: tiny.directory("a") + "/1-teacher", toPath: tiny.folder.path + "/m")
    let pictures = TinyImages(24, seed: 8)
    try pictures.writePNG(to: tiny.folder, "p", labelled: false)
    for shard in 0..<2 {
      var tar = RawTar()
      for index in shard * 12..<(shard + 1) * 12 {
        tar.append("\(index).png", TinyImages.png(pictures.pixels[index]))
      }
      tar.end()
      try tiny.folder.write(tar.data, to: "s/\(shard).tar")
    }
    let names = (0..<24).map { "p/\($0).png" }
    try tiny.folder.write(
      (["path"] + names).joined(separator: "\n") + "\n", to: "list.csv")
    try tiny.folder.write("# mine\n" + names.joined(separator: "\n"), to: "list.txt")
    try tiny.folder.write("s/0.tar\ns/1.tar\n", to: "shards.txt")
    return tiny
  }

  private func rows(_ csv: String) -> [[String]] {
    csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test("files, folders, lists, shards, an index and standard input give the same answers")
  func inputs() throws {
    let tiny = try Self.model()
    let folder = tiny.folder.path
    #expect(try Command.run("index", "s", "--out", "i", folder: folder).code == 0)
    let files = (0..<24).map { "p/\($0).png" }
    func answers(_ inputs: [String], shell: String? = nil) throws -> [[String]] {
      let outcome = try Command.run(
        ["predict", "m"] + inputs + ["--format", "csv", "--top", "2", "--precision", "float32"],
        folder: folder, shell: shell)
      #expect(outcome.code == 0 && outcome.errors == "", "\(inputs): \(outcome.errors)")
      return rows(outcome.output)
    }
    let expected = try answers(files)
    #expect(expected[0] == ["key", "class", "probability", "class_2", "probability_2", "error"])
    #expect(expected.count == 25)
    #expect(expected.dropFirst().map { $0[0] } == files)
    #expect(try answers(["list.csv"]) == expected)
    #expect(try answers(["list.txt"]) == expected)
    #expect(
      try answers(["-"], shell: "printf 'p/%s.png\\n' $(seq 0 23) | \"$@\"") == expected)
    #expect(
      try answers(["-", "-0"], shell: "printf 'p/%s.png\\0' $(seq 0 23) | \"$@\"") == expected)
    // A folder's pictures come in the order of their names.
    func byNumber(_ rows: [[String]]) -> [[String]] {
      rows.dropFirst().map { row in
        [String(FilePathParts.stem(row[0]))] + row.dropFirst()
      }.sorted { Int($0[0]) ?? 0 < Int($1[0]) ?? 0 }
    }
    for inputs in [["p"], ["s"], ["s/{0..1}.tar"], ["shards.txt"], ["i"], ["s/0.tar", "s/1.tar"]] {
      #expect(try byNumber(answers(inputs)) == byNumber(expected), "\(inputs)")
    }
    #expect(try answers(["s/0.tar"]).dropFirst().map { $0[0] }.contains("0/11"))
    let mixed = try answers(["p/3.png", "s/1.tar", "list.csv"])
    #expect(mixed.count == 1 + 1 + 12 + 24 && mixed[1] == expected[4])
  }

  @Test("all probabilities stand in columns of their classes and sum to 1; JSON lines say the same")
  func probabilities() throws {
    let tiny = try Self.model()
    let folder = tiny.folder.path
    try tiny.folder.write("no picture", to: "broken.png")
    let options = ["p/0.png", "broken.png", "--probabilities", "--unreadable-limit", "1"]
    let table = try Command.run(
      ["predict", "m", "--format", "csv", "--top", "1"] + options, folder: folder)
    #expect(table.code == 0, "\(table.errors)")
    let path = try tiny.folder.write(table.output, to: "table.csv")
    let reader = try CSVReader(path: path)
    var rows: [[String]] = []
    while try reader.next() { rows.append(reader.texts) }
    #expect(
      rows[0] == ["key", "class", "probability", "error"]
        + TinyImages.classes.map { "p_\($0)" })
    let values = rows[1][4...].compactMap(Double.init)
    #expect(values.count == 6 && abs(values.reduce(0, +) - 1) < 1e-5)
    #expect(values.max() == Double(rows[1][2]))
    #expect(rows[2][0] == "broken.png" && !rows[2][3].isEmpty)
    #expect(rows[2][1...2].allSatisfy(\.isEmpty) && rows[2][4...].allSatisfy(\.isEmpty))

    let lines = try Command.run(["predict", "m", "--json"] + options, folder: folder)
    let first = try JSONSerialization.jsonObject(
      with: Data(lines.output.prefix { $0 != "\n" }.utf8))
    #expect((first as? [String: Any])?["scores"] as? [Double] == values)
  }

  @Test("--out is there as a whole, is not replaced unasked, and tells what cannot be read")
  func out() throws {
    let tiny = try Self.model()
    let folder = tiny.folder.path
    try tiny.folder.write("no picture", to: "p/3.png")
    let command = ["predict", "m", "p", "--out", "o.csv"]
    let outcome = try Command.run(command, folder: folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("wrote o.csv: 24 pictures, "), "\(outcome.output)")
    #expect(
      outcome.errors.contains("halcyon: 1 of 24 pictures cannot be read, the first p/3.png: "),
      "\(outcome.errors)")
    #expect(try !tiny.folder.contents().contains("o.csv.partial"))
    let printed = try Command.run("predict", "m", "p", "--format", "csv", folder: folder)
    #expect(
      try rows(tiny.folder.read("o.csv")).map { $0[...1] } == rows(printed.output).map { $0[...1] })

    let again = try Command.run(command, folder: folder)
    #expect(again.code == 64)
    #expect(
      again.errors == "halcyon: o.csv exists; --force replaces it, --out names another\n")
    let strict = try Command.run(
      command + ["--force", "--unreadable-limit", "0", "--json"], folder: folder)
    #expect(strict.code == 65)
    #expect(try strict.object()["unreadable"] as? Int == 1)
    for (arguments, message) in [
      (["--out", "o.txt"], "o.txt ends in none of .csv, .jsonl and .parquet"),
      (["--out", "p"], "p ends in none of"), (["--out", "no/o.csv"], "there is no folder no"),
      (["--format", "parquet"], "give --out FILE.parquet"),
      (["--format", "yaml"], "text, csv, jsonl or parquet"), (["--null"], "give - as a picture"),
      (["--probabilities"], "--probabilities needs --format"),
    ] {
      let refused = try Command.run(["predict", "m", "p"] + arguments, folder: folder)
      #expect(refused.code == 64)
      #expect(refused.errors.contains(message), "\(arguments): \(refused.errors)")
    }
  }

  @Test(
    "stopped in the middle, --out goes on to the same bytes, and another model is refused",
    arguments: ["csv", "jsonl", "parquet"])
  func resumes(format: String) throws {
    guard format != "parquet" || ParquetLibrary.isAvailable else { return }
    let tiny = try Self.model()
    let folder = tiny.folder.path
    let names = (0..<3000).map { "p/\($0 % 24).png" }
    try tiny.folder.write(names.joined(separator: "\n"), to: "long.txt")
    func command(_ out: String, _ model: String = "m") -> [String] {
      ["predict", model, "long.txt", "s", "--out", "\(out).\(format)", "--batch", "1"]
    }
    #expect(try Command.run(command("whole"), folder: folder).code == 0)
    let stopped = try Command(command("part"), folder: folder)
    let rows = "\(folder)/part.\(format).partial/rows"
    try #require(
      stopped.wait {
        (try? FileManager.default.attributesOfItem(atPath: rows)[.size] as? Int) ?? 0 > 4000
      })
    stopped.send(SIGTERM)
    let outcome = try stopped.wait()
    #expect(outcome.code == 75)
    #expect(outcome.errors.contains("everything is saved"), "\(outcome.errors)")
    #expect(try !tiny.folder.contents().contains("part.\(format)"))

    try FileManager.default.copyItem(atPath: folder + "/m", toPath: folder + "/n")
    try TinyRun.spoil("fc.bias", in: "\(folder)/n/model.safetensors", with: 0.5)
    let other = try Command.run(command("part", "n"), folder: folder)
    #expect(other.code == 64)
    #expect(
      other.errors.contains("made otherwise; what differs: the model; repeat that command"),
      "\(other.errors)")
    // Rows beyond what was noted, as a kill leaves them, are dropped.
    let file = try #require(FileHandle(forWritingAtPath: rows))
    file.seekToEndOfFile()
    file.write(Data("p/7.png,half a r".utf8))
    try file.close()
    let resumed = try Command.run(command("part"), folder: folder)
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("predict: goes on at picture "), "\(resumed.errors)")
    #expect(try bytes(of: "\(folder)/part.\(format)") == bytes(of: "\(folder)/whole.\(format)"))
    #expect(try !tiny.folder.contents().contains("part.\(format).partial"))
  }
}

/// What a key's picture is called.
private enum FilePathParts {
  static func stem(_ key: String) -> Substring {
    let name = key.split(separator: "/").last ?? ""
    return name.prefix { $0 != "." }
  }
}
