import Files
import Foundation
import ImageData
import Models
import Pipeline
import TestSupport
import Testing
import Torch
import Training

/// `halcyon transfer`, as users run it: to generated pictures in the layout of CUB-200-2011.
@Suite("transfer")
struct TransferTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A network that has learned nothing, as a model folder `m`.
  private func writeModel(seed: UInt64 = 1) throws {
    var options = NetworkOptions(model: "resnet8", classCount: 2, inputChannels: 1, width: 8)
    options.stem = .small
    var input = ImageInput()
    (input.size, input.resize, input.channels) = (12, 12, 1)
    (input.mean, input.std) = ([0.3], [0.25])
    try ModelFolder(
      path: folder.path + "/m", options: options, classNames: ["a", "b"], input: input
    ).write(ModelCatalog.make(options, seed: seed))
  }

  /// 60 pictures to train on and 30 to measure, of six classes, as the archive of CUB has them; `test` is what a
  /// test picture's file holds.
  private func writeCUB(test: ([UInt8]) -> Data = TinyImages.png) throws {
    let pictures = TinyImages(90, seed: 3)
    var lists = [
      "images": "", "image_class_labels": "", "train_test_split": "", "bounding_boxes": "",
    ]
    for (index, pixels) in pictures.pixels.enumerated() {
      let label = Int(pictures.labels[index])
      let name = "\(Format.padded(label + 1, digits: 3)).\(TinyImages.classes[label])"
      let isTrain = index < 60
      let path = "cub/images/\(name)/\(index).png"
      // A second time, training pictures stay as they are.
      if !isTrain || !FileManager.default.fileExists(atPath: "\(folder.path)/\(path)") {
        try folder.write(isTrain ? TinyImages.png(pixels) : test(pixels), to: path)
      }
      let number = index + 1
      lists["images"]? += "\(number) \(name)/\(index).png\n"
      lists["image_class_labels"]? += "\(number) \(label + 1)\n"
      lists["train_test_split"]? += "\(number) \(isTrain ? 1 : 0)\n"
      lists["bounding_boxes"]? += "\(number) 0.0 0.0 12.0 12.0\n"
    }
    for (name, text) in lists { try folder.write(text, to: "cub/\(name).txt") }
    try folder.write(
      TinyImages.classes.enumerated().map {
        "\($0 + 1) \(Format.padded($0 + 1, digits: 3)).\($1)\n"
      }.joined(), to: "cub/classes.txt")
  }

  private func arguments(_ mode: String, _ out: String, _ flags: [String] = []) -> [String] {
    ["transfer", "m", "cub", "--mode", mode, "--out", out, "--precision", "float32"] + flags
  }

  private func transfer(
    _ mode: String, _ out: String, _ flags: [String] = []
  ) throws -> Command.Outcome {
    try Command.run(arguments(mode, out, flags), folder: folder.path)
  }

  private let short = ["--epochs", "3", "--trials", "3", "--set", "batch=16"]

  private func results(_ out: String) throws -> [String: Any] {
    let data = Data(try folder.read("\(out)/results.json").utf8)
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func weights(_ out: String) throws -> [UInt8] {
    try bytes(of: "\(folder.path)/\(out)/model.safetensors")
  }

  /// What the network sees of each picture of CUB, as `halcyon features` writes it, in the pictures' order.
  private func features() throws -> [[Double]] {
    let outcome = try Command.run(
      ["features", "m", "cub/images", "--out", "f.npy", "--precision", "float32"],
      folder: folder.path)
    try #require(outcome.code == 0, "\(outcome.errors)")
    let bytes = try Array(bytes(of: folder.path + "/f.npy").dropFirst(128))
    let values = stride(from: 0, to: bytes.count, by: 4).map { place in
      Double(
        Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << (8 * $1) }))
    }
    let keys = try folder.read("f.keys.csv").split(separator: "\n").dropFirst()
    var rows = [[Double]](repeating: [], count: 90)
    for (place, key) in keys.enumerated() {
      let number = try #require(key.firstMatch(of: #/\/(\d+)\.png/#).flatMap { Int($0.1) })
      rows[number] = Array(values[place * 32..<(place + 1) * 32])
    }
    return rows
  }

  @Test("a linear layer on CUB's folder is a model that evaluate, predict and export take")
  func linear() throws {
    try writeModel()
    try writeCUB()
    let outcome = try transfer("fc", "fc")
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("trained on cub (train), measured in the end on cub (test)"))
    let results = try results("fc")
    let top1 = try #require(results["test_top1"] as? Double)
    #expect(results["trained_on"] as? Int == 60 && results["test_pictures"] as? Int == 30)
    #expect((results["trials"] as? [Any])?.count == 10)
    // A bright square's place is seen by a network that has learned nothing, too: one in six by chance.
    #expect(top1 > 50)
    let evaluated = try Command.run(
      "evaluate", "fc", "cub", "--split", "test", "--json", "--precision", "float32",
      folder: folder.path)
    #expect(try evaluated.object()["top1"] as? Double == top1, "\(evaluated.errors)")
    let predicted = try Command.run(
      "predict", "fc", "cub/images/001.north/0.png", folder: folder.path)
    #expect(predicted.code == 0 && predicted.output.contains("001.north"), "\(predicted.output)")
    let exported = try Command.run(
      "export", "fc", "--to", "onnx", "--out", "onnx", folder: folder.path)
    #expect(exported.code == 0, "\(exported.errors)")
  }

  @Test("the neighbours' votes are those of the 20 nearest by cosine, exp(s / 0.07) each")
  func neighbours() throws {
    try writeModel()
    try writeCUB()
    try #require(try transfer("fc", "fc").code == 0)
    func normalized(_ rows: [[Double]]) -> [[Double]] {
      rows.map { row in
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return row.map { $0 / length }
      }
    }
    let all = try normalized(features())
    let (train, test) = (Array(all[..<60]), Array(all[60...]))
    // The classes take turns in both.
    func isRight(_ row: [Double], _ label: Int, among places: [Int]) -> Bool {
      let near = places.map { place in
        (place, zip(row, train[place]).reduce(0) { $0 + $1.0 * $1.1 })
      }.sorted { $0.1 > $1.1 }.prefix(20)
      var votes = [Double](repeating: 0, count: 6)
      for (place, similarity) in near { votes[place % 6] += exp(similarity / 0.07) }
      return votes.indices.max { votes[$0] < votes[$1] } == label
    }
    let right = test.indices.count { isRight(test[$0], $0 % 6, among: Array(train.indices)) }
    let others = train.indices.count { row in
      isRight(train[row], row % 6, among: train.indices.filter { $0 != row })
    }
    let found = try #require(results("fc")["neighbours"] as? [String: Any])
    #expect(found["test_top1"] as? Double == 100 * Double(right) / 30)
    #expect(found["held_out_top1"] as? Double == 100 * Double(others) / 60)
    #expect(found["count"] as? Int == 20 && right > 5)
  }

  @Test(
    "the best on held-out pictures is taken, and no test picture is read before the model is there")
  func sweep() throws {
    try writeModel()
    try writeCUB { _ in Data("no picture".utf8) }
    let broken = try transfer("full", "full", short)
    #expect(broken.code == 65 && broken.errors.contains("30 of 30 pictures cannot be read"))
    let (model, trials) = try (
      weights("full"), FileManager.default.contentsOfDirectory(atPath: folder.path + "/full/trials")
    )
    #expect(trials.count == 3)
    // With test pictures that can be read only those are looked at.
    try writeCUB()
    let mended = try transfer("full", "full", short)
    #expect(mended.code == 0 && mended.errors.contains("trained on all pictures with"))
    #expect(try weights("full") == model)
    let results = try results("full")
    let all = try #require(results["trials"] as? [[String: Any]])
    let best = all.compactMap { $0["held_out_top1"] as? Double }.max()
    let chosen = try #require(results["chosen"] as? [String: Any])
    #expect(all.count == 3 && chosen["held_out_top1"] as? Double == best)
    #expect(results["test_top1"] is Double)
  }

  @Test("more trials are added to those that are done, and features are computed once")
  func moreTrials() throws {
    try writeModel()
    try writeCUB()
    try #require(try transfer("full", "full", short).code == 0)
    let again = try transfer("full", "full", short)
    #expect(again.errors.contains("full: done") && again.code == 0)
    let more = try transfer(
      "full", "full", ["--epochs", "3", "--trials", "4", "--set", "batch=16"])
    #expect(more.code == 0 && more.errors.contains("features: done"), "\(more.errors)")
    #expect(more.errors.split(separator: "\n").count { $0.hasSuffix("as found earlier") } == 3)
    #expect((try results("full")["trials"] as? [Any])?.count == 4)
  }

  @Test("what was stopped goes on, and comes to the same weights")
  func stopping() throws {
    try writeModel()
    try writeCUB()
    let long = ["--epochs", "60", "--trials", "2", "--set", "batch=16"]
    try #require(try transfer("full", "whole", long).code == 0)
    let command = try Command(arguments("full", "parts", long), folder: folder.path)
    let metrics = folder.path + "/parts/trials/lr-0.01-wd-0.0001-cosine/metrics.csv"
    _ = command.wait { (try? bytes(of: metrics).count).map { $0 > 200 } ?? false }
    command.send(SIGTERM)
    let stopped = try command.wait()
    #expect(stopped.code == 75, "\(stopped.errors)")
    try #require(try transfer("full", "parts", long).code == 0)
    #expect(try weights("parts") == weights("whole"))
  }

  @Test(
    "another seed, other classes or another model are refused by name, and done again with --redo")
  func refusal() throws {
    try writeModel()
    try writeCUB()
    try #require(try transfer("fc", "fc").code == 0)
    let seed = try transfer("fc", "fc", ["--seed", "3"])
    #expect(seed.code == 64 && seed.errors.contains("what differs: --seed (0 → 3)"))
    let classes = try transfer("fc", "fc", ["--classes", "001.north,004.south"])
    #expect(classes.code == 64 && classes.errors.contains("--classes"))
    try writeModel(seed: 2)
    let model = try transfer("fc", "fc")
    #expect(model.code == 64 && model.errors.contains("the model"), "\(model.errors)")
    let redone = try transfer("fc", "fc", ["--redo"])
    #expect(redone.code == 0 && redone.errors.contains("made again"), "\(redone.errors)")
  }

  @Test("train and val of a folder, the splits of a CSV and sets of IDX files are found and told")
  func splits() throws {
    try writeModel()
    let (train, test) = (TinyImages(30, seed: 5), TinyImages(12, seed: 6))
    try train.writePNG(to: folder, "places/train", labelled: true)
    try test.writePNG(to: folder, "places/val", labelled: true)
    try train.writeIDX(to: folder, "idx", prefix: "train")
    try test.writeIDX(to: folder, "idx", prefix: "t10k")
    var list = "path,label,split\n"
    for index in 0..<30 {
      let name = TinyImages.classes[index % 6]
      list += "places/train/\(name)/\(index).png,\(name),train\n"
      if index < 12 { list += "places/val/\(name)/\(index).png,\(name),test\n" }
    }
    try folder.write(list, to: "list.csv")
    for (data, words) in [
      ("places", "trained on places/train, measured in the end on places/val"),
      ("list.csv", "trained on list.csv (train), measured in the end on list.csv (test)"),
      ("idx", "trained on idx (train), measured in the end on idx (t10k)"),
    ] {
      let out = data.replacing(".csv", with: "") + "-out"
      let outcome = try Command.run(
        ["transfer", "m", data, "--mode", "fc", "--out", out, "--precision", "float32"],
        folder: folder.path)
      #expect(outcome.code == 0 && outcome.errors.contains(words), "\(outcome.errors)")
      let results = try results(out)
      #expect(results["trained_on"] as? Int == 30 && results["test_pictures"] as? Int == 12)
    }
  }

  @Test("what cannot be followed is refused before anything is written")
  func usage() throws {
    try writeModel()
    try writeCUB()
    for (flags, text) in [
      (["--learning-rate", "0.1"], "trained to its optimum"),
      (["--epochs", "3", "--held-out", "0.3"], "no use for --epochs, --held-out: its layer"),
      (["--classes", "001.north,eagle"], "has no class eagle"),
      (["--labelled-count", "5"], "--labelled-count is 5"),
    ] {
      let outcome = try transfer("fc", "none", flags)
      #expect(outcome.code == 64 && outcome.errors.contains(text), "\(outcome.errors)")
    }
    let key = try transfer("full", "none", ["--set", "weightDecay=1"])
    #expect(key.code == 64 && key.errors.contains("--weight-decay"), "\(key.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/none"))
    let other = try transfer("fc", "cub")
    #expect(other.code == 64 && other.errors.contains("no transfer was begun in it"))
    let single = try transfer("full", "none", ["--trials", "1", "--held-out", "0.3"])
    #expect(
      single.code == 64 && single.errors.contains("--held-out has no use"), "\(single.errors)")
    let drops = try transfer("full", "none", ["--set", "drops=[1]"])
    #expect(drops.code == 64 && drops.errors.contains("six and nine tenths"), "\(drops.errors)")
  }

  @Test("the model that is to learn and folders of others stay as they are, --redo or not")
  func foreignFolders() throws {
    try writeModel()
    try writeCUB()
    try #require(try transfer("fc", "made").code == 0)
    let before = try weights("made")
    let itself = try Command.run(
      ["transfer", "made", "cub", "--mode", "fc", "--out", "made", "--seed", "1", "--redo"],
      folder: folder.path)
    #expect(itself.code == 64 && itself.errors.contains("is the model that is to learn"))
    #expect(try weights("made") == before)
    try folder.write("mine", to: "s/features/notes.txt")
    let beside = try transfer("fc", "s", ["--seeds", "0,1", "--redo"])
    #expect(beside.code == 64 && beside.errors.contains("holds notes.txt"), "\(beside.errors)")
    #expect(try folder.read("s/features/notes.txt") == "mine")
  }

  @Test("seeds share features, and drawn pictures are each seed's own")
  func seeds() throws {
    try writeModel()
    try writeCUB()
    let outcome = try transfer("fc", "s", ["--seeds", "0,1", "--labelled-count", "30"])
    #expect(outcome.code == 0 && outcome.output.contains("seed 1"), "\(outcome.errors)")
    #expect(try weights("s/seed-0") != weights("s/seed-1"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/s")
    #expect(Set(names) == ["features-test", "seed-0", "seed-1"])
  }

  @Test("a run tells only labelledClasses apart, and U keeps the pictures of all others")
  func labelledClasses() throws {
    let tiny = try TinyRun()
    let kept = "[north, south, south-west]"
    try tiny.finish(
      "train-teacher", "a",
      ["data.labelledClasses=\(kept)", "data.labelledCount=30"])
    let config = try tiny.folder.read("runs/a/1-teacher/config.json")
    #expect(config.contains("\"south-west\"") && !config.contains("\"north-west\""))
    try tiny.finish("score", "a", ["data.labelledClasses=\(kept)", "data.labelledCount=30"])
    // 300 pictures, of which 30 are D.
    let log = try tiny.folder.read("runs/a/2-ranking/scores/00000.json")
    #expect(log.contains("50"))
    let scored = try (0..<6).reduce(0) { sum, shard in
      let data = Data(try tiny.folder.read("runs/a/2-ranking/scores/0000\(shard).json").utf8)
      let record = try JSONSerialization.jsonObject(with: data) as? [String: Any]
      return sum + (record?["count"] as? Int ?? 0)
    }
    #expect(scored == 270)
    let wrong = try tiny.run("train-teacher", "b", ["data.labelledClasses=[north, upwards]"])
    #expect(wrong.code == 64 && wrong.errors.contains("has no class upwards"), "\(wrong.errors)")
  }
}
