import Foundation
import TestSupport
import Testing

@Suite("models, evaluate, predict, doctor")
struct ModelCommandTests {
  @Test("models --json has name, parameters and gmac of torchvision's names")
  func models() throws {
    let rows = try #require(Command.run("models", "--json").json() as? [[String: Any]])
    #expect(rows.allSatisfy { Set($0.keys) == ["name", "parameters", "gmac"] })
    func row(_ name: String) throws -> [String: Any] {
      try #require(rows.first { $0["name"] as? String == name })
    }
    #expect(try row("resnet50")["parameters"] as? Int == 25_557_032)
    #expect(try row("resnext101_32x48d")["parameters"] as? Int == 828_411_176)
    #expect(try abs(#require(row("resnet50")["gmac"] as? Double) - 4.09) < 0.005)
    let table = try Command.run("models").output
    let rowsOfWords = table.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(rowsOfWords.contains(["resnet50", "25,557,032", "4.09"]), "\(table)")
  }

  /// A finished teacher, six test pictures as PNGs, and the answer to them.
  private static func model() throws -> TinyRun {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "a", ["precision=float32"])
    try TinyImages(18, seed: 8).writePNG(to: tiny.folder, "t", labelled: true)
    return tiny
  }

  @Test("evaluate --json has top-1, top-5 and each class, and agrees with the run's own figures")
  func evaluate() throws {
    let tiny = try Self.model()
    let teacher = tiny.directory("a") + "/1-teacher"
    let outcome = try Command.run(
      "evaluate", teacher, tiny.folder.path + "/data", "--split", "test", "--json", "--precision",
      "float32", "--batch", "32")
    #expect(outcome.errors == "")
    let result = try outcome.object()
    let top1 = try #require(result["top1"] as? Double)
    let top5 = try #require(result["top5"] as? Double)
    #expect(top1 <= top5 && top5 <= 100)
    #expect(result["count"] as? Int == 60)
    let classes = try #require(result["per_class"] as? [[String: Any]])
    #expect(classes.map { $0["name"] as? String } == TinyImages.classes)
    #expect(classes.allSatisfy { $0["count"] as? Int == 10 })
    let mean = classes.compactMap { $0["top1"] as? Double }.reduce(0, +) / 6
    #expect(abs(mean - top1) < 1e-9)

    let marker = try JSONSerialization.jsonObject(
      with: Data(tiny.text("a", "1-teacher/done.json").utf8))
    let accuracies = (marker as? [String: Any])?["accuracies"] as? [String: Double]
    #expect(accuracies?["test_top1"] == top1)

    let table = try Command.run(
      "evaluate", teacher, tiny.folder.path + "/data", "--split", "test")
    #expect(table.code == 0, "\(table.errors)")
    #expect(table.output.contains("pictures  60\ntop-1     "))
    #expect(table.output.contains("north-east        10"), "\(table.output)")

    let data = tiny.folder.path + "/data"
    let whichever = try Command.run("evaluate", teacher, data)
    #expect(whichever.output.contains("pictures  300\n"), "\(whichever.output)")
    #expect(
      whichever.errors.contains(
        "\(data) holds the sets t10k, train, and train is measured; --split test measures the test "
          + "pictures"), "\(whichever.errors)")
    let directory = try Command.run("evaluate", tiny.directory("a"), data)
    #expect(directory.code == 64)
    #expect(
      directory.errors.contains(
        "\(tiny.directory("a")) is a folder of models; did you mean \(teacher)?"),
      "\(directory.errors)")

    let other = try Command.run("evaluate", teacher, tiny.folder.path + "/t/north")
    #expect(other.code == 65)
    try FileManager.default.moveItem(
      atPath: tiny.folder.path + "/t/north", toPath: tiny.folder.path + "/t/up")
    let renamed = try Command.run("evaluate", teacher, tiny.folder.path + "/t")
    #expect(renamed.code == 65)
    #expect(renamed.errors.contains("only there: up; missing there: north"), "\(renamed.errors)")
  }

  @Test("evaluate tells of pictures that a list has twice, or with two labels")
  func repeated() throws {
    let tiny = try Self.model()
    let rows = ["t/north/0.png,north", "t/south/3.png,south", "t/north/6.png,north"]
    try tiny.folder.write(
      (["path,label"] + rows + rows.prefix(2) + ["t/north/6.png,south"]).joined(separator: "\n"),
      to: "list.csv")
    let outcome = try Command.run(
      "evaluate", tiny.directory("a") + "/1-teacher", "list.csv", folder: tiny.folder.path)
    #expect(outcome.code == 0)
    #expect(
      outcome.errors.hasSuffix(
        "1 picture occurs with two labels: t/north/6.png (north and south); leave the right one of each "
          + "in list.csv\n2 pictures are copies of others of their class: t/north/0.png, t/south/3.png; "
          + "what list.csv holds twice counts twice\n"), "\(outcome.errors)")
  }

  @Test("predict --json has one object a picture, in order, the broken ones with an error")
  func predict() throws {
    let tiny = try Self.model()
    let teacher = tiny.directory("a") + "/1-teacher"
    try tiny.folder.write("no picture", to: "t/broken.png")
    let files = ["t/north/0.png", "t/broken.png", "t/nowhere.png", "t/south/3.png"]
    let outcome = try Command.run(
      ["predict", teacher] + files + ["--json", "--all-scores", "--precision", "float32"],
      folder: tiny.folder.path)
    #expect(outcome.code == 65)
    let objects = try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    try #require(objects.map { $0["path"] as? String } == files, "\(outcome.errors)")
    for index in [0, 3] {
      let top = try #require(objects[index]["top"] as? [[String: Any]])
      #expect(top.count == 5)
      #expect(Set(top[0].keys) == ["class", "index", "score"])
      let scores = try #require(objects[index]["scores"] as? [Double])
      #expect(scores.count == 6)
      #expect(abs(scores.reduce(0, +) - 1) < 1e-5)
      let best = try #require(top[0]["index"] as? Int)
      #expect(try scores[best] == #require(scores.max()))
      #expect(top[0]["score"] as? Double == scores[best])
      #expect(top[0]["class"] as? String == TinyImages.classes[best])
      #expect(objects[index]["error"] == nil)
    }
    for index in [1, 2] {
      #expect((objects[index]["top"] as? [Any])?.isEmpty == true)
      let error = try #require(objects[index]["error"] as? String)
      #expect(outcome.errors.contains("halcyon: \(files[index]): \(error)\n"), "\(outcome.errors)")
    }

    let lines = try Command.run(
      ["predict", teacher, "--top", "2"] + files, folder: tiny.folder.path)
    #expect(lines.code == 65)
    #expect(lines.output.split(separator: "\n").count == 2)
    #expect(lines.output.hasPrefix("t/north/0.png: "))
    #expect(lines.errors.split(separator: "\n").count == 3)
    #expect(lines.errors.hasSuffix("halcyon: 2 of 4 pictures cannot be read\n"))
  }

  @Test("predict and evaluate say the same of the same pictures, whatever the batch")
  func consistent() throws {
    let tiny = try Self.model()
    let teacher = tiny.directory("a") + "/1-teacher"
    let files = (0..<18).map { "t/\(TinyImages.classes[$0 % 6])/\($0).png" }
    let predicted = try Command.run(
      ["predict", teacher, "--json", "--batch", "5"] + files, folder: tiny.folder.path)
    let right = try predicted.output.split(separator: "\n").enumerated().count { index, line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let top = object?["top"] as? [[String: Any]]
      return top?.first?["class"] as? String == TinyImages.classes[index % 6]
    }
    let evaluated = try Command.run(
      "evaluate", teacher, tiny.folder.path + "/t", "--json", "--batch", "7"
    ).object()
    #expect(evaluated["correct"] as? Int == right)
  }

  @Test("a folder with timm's keys alone, written by another program, is a model")
  func timm() throws {
    let tiny = try Self.model()
    let place = "runs/a/1-teacher"
    let ours = try JSONSerialization.jsonObject(
      with: Data(tiny.folder.read("\(place)/config.json").utf8))
    #expect(
      Set(try #require(ours as? [String: Any]).keys).isSuperset(of: [
        "architecture", "num_classes", "label_names", "pretrained_cfg",
      ]))
    // A ResNet-18 of ImageNet's shape, with float16 weights and what timm's configurations have.
    let config = """
      {"architecture": "resnet18", "num_classes": 3, "num_features": 512, "global_pool": "avg",
       "label_names": ["a", "b", "c"],
       "pretrained_cfg": {"tag": "x", "custom_load": false, "input_size": [3, 64, 64],
        "fixed_input_size": false, "interpolation": "bicubic", "crop_pct": 0.95, "crop_mode":
        "center", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "num_classes": 3,
        "pool_size": [7, 7], "first_conv": "conv1", "classifier": "fc", "license": "x"}}
      """
    try tiny.folder.write(config, to: "timm/config.json")
    try tiny.folder.write(ForeignModel.resNet18(classes: 3), to: "timm/model.safetensors")
    let outcome = try Command.run(
      "predict", "timm", "t/north/0.png", "--json", folder: tiny.folder.path)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let top = try #require(outcome.object()["top"] as? [[String: Any]])
    // All weights are zero but the last bias, whose softmax it is: (0, 1, 2).
    #expect(top.map { $0["class"] as? String } == ["c", "b", "a"])
    let sum = 1 + M_E + M_E * M_E
    for (guess, expected) in zip(top, [M_E * M_E / sum, M_E / sum, 1 / sum]) {
      #expect(abs(try #require(guess["score"] as? Double) - expected) < 1e-3)
    }

    try tiny.folder.write(config.replacing("resnet18", with: "resnet19"), to: "timm/config.json")
    let unknown = try Command.run("predict", "timm", "t/north/0.png", folder: tiny.folder.path)
    #expect(unknown.code == 65)
    #expect(unknown.errors.contains("timm/config.json: no architecture is named resnet19"))
    let nothing = try Command.run("predict", "t", "t/north/0.png", folder: tiny.folder.path)
    #expect(nothing.code == 74)
    #expect(nothing.errors.contains("cannot read t/config.json"))
  }

  @Test("cores are those that the process may use")
  func cores() throws {
    let outcome = try Command.run(["doctor"], shell: "taskset -c 0 \"$@\"")
    #expect(
      outcome.output.split(separator: "\n").contains {
        $0.split(separator: " ").suffix(2) == ["cores", "1"]
      }, "\(outcome.output)")
  }

  @Test("doctor says in a screen what there is")
  func doctor() throws {
    let outcome = try Command.run("doctor")
    #expect(outcome.code == 0)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count < 24)
    let names = [
      "libtorch", "device", "precision", "codecs", "demo data", "cores", "memory", "parquet",
      "libcurl",
    ]
    for name in names { #expect(lines.contains { $0.contains(name) }, "\(name)") }
    let facts = try Command.run("doctor", "--json").object()
    for name in names { #expect(facts[name] != nil, "\(name)") }
    // What is optional is told with what to do about it.
    let without = try Command.run(
      "doctor", environment: ["PATH": "/nowhere", "HALCYON_PARQUET": "/nowhere.so"])
    #expect(without.code == 0)
    #expect(without.output.contains(/✗ +parquet .*\/nowhere\.so.*make parquet/))
  }

  @Test("a command line that cannot be followed exits with 64 and says what there is")
  func usage() throws {
    for arguments in [
      ["--nonsense"], ["models", "--nonsense"], ["run"], ["nonsense"],
      ["predict", "m", "a", "--top", "0"],
      ["evaluate", "m", "d", "--precision", "int8"], ["run", "r.yaml", "--set"],
      ["models", "--size", "0"], ["models", "--size", "-1"], ["inspect", "r", "--top", "-1"],
      ["materialize", "r", "--samples-per-shard", "-1"],
    ] {
      let outcome = try Command.run(arguments)
      #expect(outcome.code == 64, "\(arguments): \(outcome.code)")
      #expect(outcome.output == "")
      #expect(outcome.errors.contains("Usage:"), "\(outcome.errors)")
    }
    let top = try Command.run("inspect", "r", "--top", "-1").errors
    #expect(top.contains("--top is -1; it must be at least 0"), "\(top)")
    let version = try Command.run("--version")
    #expect(version.code == 0)
    #expect(version.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil, "\(version.output)")
    let help = try Command.run("--help")
    #expect(help.code == 0)
    for verb in ["init", "run", "train-teacher", "score", "select", "pretrain", "fine-tune"] {
      #expect(help.output.contains("  \(verb)"))
    }
  }
}
