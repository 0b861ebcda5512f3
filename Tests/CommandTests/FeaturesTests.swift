import Files
import Foundation
import TestSupport
import Testing

@Suite("features")
struct FeaturesTests {
  /// A finished teacher, and 90 pictures in `u`.
  private static func tiny() throws -> TinyRun {
    let tiny = try TinyRun.ofFolders()
    try tiny.finish("train-teacher", "a", ["precision=float32"])
    return tiny
  }

  private func features(
    _ tiny: TinyRun, _ out: String, _ flags: [String] = [], of model: String = "/1-teacher",
    environment: [String: String] = [:]
  ) throws -> Command.Outcome {
    try Command.run(
      [
        "features", tiny.directory("a") + model, "u", "--out", out, "--batch", "16",
        "--precision", "float32",
      ] + flags,
      environment: environment, folder: tiny.folder.path)
  }

  /// The rows of the array at `path`, each of 32 numbers: resnet8's at a width of 8.
  private func rows(_ path: String) throws -> [[Float]] {
    let bytes = Array(try TestSupport.bytes(of: path).dropFirst(128))
    let values = stride(from: 0, to: bytes.count, by: 4).map { place in
      Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << (8 * $1) })
    }
    return stride(from: 0, to: values.count, by: 32).map { Array(values[$0..<$0 + 32]) }
  }

  @Test("the last layer makes of them what predict says")
  func values() throws {
    let tiny = try Self.tiny()
    let outcome = try features(tiny, "f.npy")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output == "f.npy: 32 features of 90 pictures\n")
    #expect(try tiny.folder.contents().filter { $0.hasPrefix("f.") } == ["f.keys.csv", "f.npy"])
    let keys = try tiny.folder.read("f.keys.csv").split(separator: "\n").map(String.init)
    #expect(keys.count == 91 && keys[0] == "key")
    let rows = try rows(tiny.folder.path + "/f.npy")
    #expect(rows.count == 90)
    let weights = try TinyRun.tensors(tiny.directory("a") + "/1-teacher/model.safetensors")
    let (weight, bias) = try (#require(weights["fc.weight"]), #require(weights["fc.bias"]))
    let predicted = try Command.run(
      [
        "predict", tiny.directory("a") + "/1-teacher", "--json", "--all-scores", "--precision",
        "float32",
      ] + keys[1...3].map { "u/\($0)" }, folder: tiny.folder.path)
    for (row, line) in zip(rows, predicted.output.split(separator: "\n")) {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let scores = try #require(object?["scores"] as? [Double])
      let logits = (0..<6).map { label in
        (0..<32).reduce(Double(bias[label])) {
          $0 + Double(weight[label * 32 + $1]) * Double(row[$1])
        }
      }
      let sum = logits.reduce(0) { $0 + exp($1) }
      for label in 0..<6 { #expect(abs(exp(logits[label]) / sum - scores[label]) < 1e-4) }
    }
  }

  @Test("another input size gives other features; a run directory is told its models")
  func inputSize() throws {
    let tiny = try Self.tiny()
    for (out, flags) in [("m.npy", []), ("l.npy", ["--input-size", "24"])] {
      #expect(try features(tiny, out, flags).code == 0)
    }
    let (own, larger) = try (
      rows(tiny.folder.path + "/m.npy"), rows(tiny.folder.path + "/l.npy")
    )
    #expect(own.count == larger.count && own != larger)
    let run = try features(tiny, "r.npy", of: "")
    #expect(run.code == 64)
    #expect(run.errors.contains("did you mean \(tiny.directory("a"))/1-teacher?"), "\(run.errors)")
  }

  @Test("a shared and an interrupted folder is, file by file, what one process writes at once")
  func sameBytes() throws {
    let tiny = try Self.tiny()
    let flags = ["--format", "npy", "--shard-size", "20"]
    #expect(try features(tiny, "whole", flags).code == 0)
    for rank in [1, 0] {
      let outcome = try features(
        tiny, "shared", flags, environment: ["RANK": "\(rank)", "WORLD_SIZE": "2"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("3 shards are left to other processes") == (rank == 1))
    }
    #expect(try features(tiny, "claimed", flags + ["--claim", "claims"]).code == 0)
    #expect(try features(tiny, "begun", flags).code == 0)
    let begun = tiny.folder.path + "/begun"
    for name in ["00001.json", "00003.npy", "00004.keys.csv"] { unlink("\(begun)/\(name)") }
    try Data("torn".utf8).write(to: URL(fileURLWithPath: "\(begun)/00002.npy"))
    let again = try features(tiny, "begun", flags)
    #expect(again.code == 0, "\(again.errors)")
    for shard in 0..<5 {
      for name in ["0000\(shard).npy", "0000\(shard).keys.csv"] {
        let expected = try bytes(of: "\(tiny.folder.path)/whole/\(name)")
        for other in ["shared", "claimed", "begun"] {
          #expect(try bytes(of: "\(tiny.folder.path)/\(other)/\(name)") == expected, "\(other)")
        }
      }
    }
    #expect(try features(tiny, "begun", flags).errors.contains("features: done"))
    // In larger shards, or with fewer pictures, some of these would be nobody's.
    let larger = try features(tiny, "begun", ["--format", "npy", "--shard-size", "40"])
    #expect(larger.code == 64)
    #expect(larger.errors.contains("holds features of 00003, 00004, which"), "\(larger.errors)")
    // One file is the shards' one after the other, whatever their size.
    #expect(try features(tiny, "f.npy", ["--shard-size", "40"]).code == 0)
    let parts = try (0..<5).flatMap { try rows("\(tiny.folder.path)/whole/0000\($0).npy") }
    #expect(try rows(tiny.folder.path + "/f.npy") == parts)
    #expect(!FileManager.default.fileExists(atPath: tiny.folder.path + "/f.npy.parts"))
  }

  @Test("what cannot be read has no row, and is listed")
  func unreadable() throws {
    let tiny = try Self.tiny()
    try tiny.folder.write("<html>404</html>", to: "u/17.png")
    for out in ["f.npy", "folder"] {
      let outcome = try features(tiny, out, out == "folder" ? ["--format", "npy"] : [])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("32 features of 89 pictures"))
      let list = out == "folder" ? "folder/unreadable.csv" : "f.unreadable.csv"
      #expect(outcome.errors.contains("1 picture cannot be read: \(list)"), "\(outcome.errors)")
      #expect(try tiny.folder.read(list).hasPrefix("key,reason\n17.png,"))
    }
    #expect(try rows(tiny.folder.path + "/f.npy").count == 89)
    #expect(try !tiny.folder.read("f.keys.csv").contains("17.png"))
    // Once it can be read, the list goes.
    try FileManager.default.removeItem(atPath: tiny.folder.path + "/u/17.png")
    try FileManager.default.copyItem(
      atPath: tiny.folder.path + "/u/18.png", toPath: tiny.folder.path + "/u/17.png")
    #expect(try features(tiny, "folder", ["--format", "npy"]).code == 0)
    #expect(!FileManager.default.fileExists(atPath: tiny.folder.path + "/folder/unreadable.csv"))
  }

  @Test("a folder of something else, of other features, and a file that is there are refused")
  func refused() throws {
    let tiny = try Self.tiny()
    let other = try features(tiny, "u", ["--format", "npy"])
    #expect(other.code == 64)
    #expect(other.errors.contains("so it is no folder of features"), "\(other.errors)")
    #expect(try features(tiny, "f", ["--format", "npy"]).code == 0)
    let batch = try features(tiny, "f", ["--format", "npy", "--batch", "8"])
    #expect(batch.code == 64)
    #expect(batch.errors.contains("what differs: the batch size; give --out"), "\(batch.errors)")
    try tiny.folder.write("mine", to: "g.npy")
    let there = try features(tiny, "g.npy")
    #expect(there.code == 64 && there.errors.contains("g.npy is there already"))
    try tiny.folder.write("mine", to: "k.keys.csv")
    let beside = try features(tiny, "k.npy")
    #expect(beside.code == 64 && beside.errors.contains("k.keys.csv is there already"))
    let shared = try features(
      tiny, "h.npy", environment: ["RANK": "0", "WORLD_SIZE": "2"])
    #expect(shared.code == 64)
    #expect(
      shared.errors.contains(
        "several processes cannot write the one file h.npy; give --out a folder (RANK is 0 and "),
      "\(shared.errors)")
    let nothing = try Command.run("features", "nowhere", "u", "--out", "x.npy")
    #expect(nothing.code == 74)
  }

  @Test(
    "Parquet has a column for the key and one for each feature",
    .enabled(if: ParquetLibrary.isAvailable, "there is no Arrow: run `make parquet`"))
  func parquet() throws {
    let tiny = try Self.tiny()
    #expect(try features(tiny, "f.npy").code == 0)
    for (out, file) in [("f.parquet", "f.parquet"), ("p", "p/00000.parquet")] {
      let outcome = try features(tiny, out)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let reader = try ParquetReader(path: "\(tiny.folder.path)/\(file)")
      #expect(reader.count == 90)
      #expect(reader.columns.map(\.name) == ["key"] + (0..<32).map { "f\($0)" })
      #expect(reader.columns.dropFirst().allSatisfy { $0.type.lowercased().contains("float") })
    }
  }
}
