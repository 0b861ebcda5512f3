import Foundation
import TestSupport
import Testing

@Suite("teacher.startFrom and student.startFrom")
struct StartFromTests {
  /// A teacher that takes no step worth the name, so that it stays what it started from.
  private static let still = [
    "teacher.training.learningRate=1e-30", "teacher.training.warmUpFrom=1e-30",
    "teacher.training.images=16", "teacher.training.warmUpImages=0",
  ]

  private func weights(_ tiny: TinyRun, _ name: String) throws -> [String: [Float]] {
    try TinyRun.tensors(tiny.directory(name) + "/1-teacher/model.safetensors")
  }

  @Test("a model folder and a bare safetensors file give their weights, the last layer included")
  func sameClasses() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    let given = try weights(tiny, "given")
    let folder = tiny.directory("given") + "/1-teacher"
    for (name, source) in [("folder", folder), ("file", folder + "/model.safetensors")] {
      let outcome = try tiny.finish(
        "train-teacher", name, Self.still + ["teacher.startFrom=\(source)"])
      #expect(outcome.errors.contains("teacher: starts from \(source)\n"), "\(outcome.errors)")
      let started = try weights(tiny, name)
      for layer in ["conv1.weight", "layer2.0.bn1.weight", "fc.weight", "fc.bias"] {
        #expect(started[layer] == given[layer], "\(layer)")
      }
    }
  }

  @Test("other classes give a new last layer on the same features")
  func otherClasses() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    let given = try weights(tiny, "given")
    let folder = tiny.directory("given") + "/1-teacher"
    // As many classes under other names: the folder knows, a bare file cannot.
    try tiny.folder.write("a\nb\nc\nd\ne\nf\n", to: "data/classes.txt")
    let renamed = try tiny.finish(
      "train-teacher", "renamed", Self.still + ["teacher.startFrom=\(folder)"])
    #expect(renamed.errors.contains("with a new last layer"))
    #expect(try weights(tiny, "renamed")["conv1.weight"] == given["conv1.weight"])
    #expect(try weights(tiny, "renamed")["fc.weight"] != given["fc.weight"])

    // More classes: another shape, which the file shows too.
    try tiny.folder.write("a\nb\nc\nd\ne\nf\n", to: "data/classes.txt")
    var labels = try Data(
      contentsOf: URL(fileURLWithPath: tiny.folder.path + "/data/train-labels-idx1-ubyte"))
    for place in stride(from: 8, to: labels.count, by: 7) { labels[place] = 6 }
    try tiny.folder.write(labels, to: "data/train-labels-idx1-ubyte")
    try tiny.folder.write("a\nb\nc\nd\ne\nf\ng\n", to: "data/classes.txt")
    let more = try tiny.finish(
      "train-teacher", "more",
      Self.still + ["teacher.startFrom=\(folder)/model.safetensors"])
    #expect(more.errors.contains("with a new last layer"))
    #expect(try weights(tiny, "more")["conv1.weight"] == given["conv1.weight"])
    #expect(try weights(tiny, "more")["fc.bias"]?.count == 7)
  }

  @Test("the student and the baseline start from the same given weights; other bytes redo both")
  func student() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    let given = try weights(tiny, "given")
    let file = tiny.folder.path + "/given.safetensors"
    let source = tiny.directory("given") + "/1-teacher/model.safetensors"
    try FileManager.default.copyItem(atPath: source, toPath: file)
    let still = ["student", "baseline"].flatMap { stage in
      [
        "\(stage).training.learningRate=1e-30", "\(stage).training.warmUpFrom=1e-30",
        "\(stage).training.images=32", "\(stage).training.warmUpImages=0",
      ]
    }
    let settings = still + ["student.startFrom=\(file)", "baseline.enabled=true"]
    let plan = try Command.run(
      ["run", "\(tiny.folder.path)/tiny.yaml", "--dry-run"] + settings.flatMap { ["--set", $0] })
    #expect(
      plan.output.components(separatedBy: "starts from \(file)").count == 4,
      "\(plan.output) \(plan.errors)")
    let outcome = try tiny.finish("run", "a", settings)
    for stage in ["baseline", "student"] {
      #expect(outcome.errors.contains("\(stage): starts from \(file)"), "\(outcome.errors)")
    }
    for folder in ["baseline", "3-student"] {
      let started = try TinyRun.tensors(tiny.directory("a") + "/\(folder)/model.safetensors")
      #expect(started["conv1.weight"] == given["conv1.weight"], "\(folder)")
    }
    try tiny.finish("train-teacher", "other", ["seed=7"])
    let other = tiny.directory("other") + "/1-teacher/model.safetensors"
    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.copyItem(atPath: other, toPath: file)
    let refused = try tiny.run("run", "a", settings)
    #expect(refused.code == 65, "\(refused.errors)")
    #expect(refused.errors.contains("the weights of student.startFrom"), "\(refused.errors)")
  }

  @Test("a transformer takes weights of larger pictures")
  func transformer() throws {
    let tiny = try TinyRun()
    func settings(_ size: Int) -> [String] {
      Self.still + [
        "teacher.model=vit_tiny_patch16_224", "teacher.stem=standard", "teacher.width=64",
        "input.size=\(size)", "input.resize=\(size)",
      ]
    }
    try tiny.finish("train-teacher", "given", settings(48))
    let folder = tiny.directory("given") + "/1-teacher"
    let outcome = try tiny.finish(
      "train-teacher", "smaller",
      settings(32) + ["teacher.startFrom=\(folder)", "teacher.training.dropPath=0.1"])
    #expect(outcome.errors.contains("3 × 3 patches are resampled to 2 × 2"), "\(outcome.errors)")
    let (given, smaller) = try (weights(tiny, "given"), weights(tiny, "smaller"))
    #expect(smaller["blocks.11.mlp.fc2.weight"] == given["blocks.11.mlp.fc2.weight"])
    #expect(smaller["head.weight"] == given["head.weight"])
    #expect(smaller["pos_embed"]?.count == 5 * 192)
  }

  @Test("weights of another network are refused with the tensor's name")
  func otherNetwork() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    let source = "teacher.startFrom=\(tiny.directory("given"))/1-teacher"
    let wider = try tiny.run("train-teacher", "wider", [source, "teacher.width=16"])
    #expect(wider.code == 65)
    #expect(
      wider.errors.contains(
        "conv1.weight has the shape [8, 1, 3, 3], the network wants [16, 1, 3, 3]"),
      "\(wider.errors)")
    let deeper = try tiny.run("train-teacher", "deeper", [source, "teacher.model=resnet14"])
    #expect(deeper.code == 65)
    #expect(deeper.errors.contains("it has no tensor layer1.1.conv1.weight"), "\(deeper.errors)")
    let nothing = try tiny.run("train-teacher", "nothing", ["teacher.startFrom=nowhere"])
    #expect(nothing.code == 74)
    #expect(nothing.errors.contains("teacher.startFrom: there is no "), "\(nothing.errors)")
    #expect(nothing.errors.contains("/nowhere; give a model folder"), "\(nothing.errors)")
  }

  @Test(
    "a file without a tensor, and one with its axes in another order, are told as what they are")
  func oddFiles() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    func write(_ header: [String: Any], _ body: Data, to name: String) throws {
      let text = try JSONSerialization.data(withJSONObject: header)
      let count = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
      try tiny.folder.write(count + text + body, to: name)
    }
    func refusal(_ name: String) throws -> String {
      let outcome = try tiny.run(
        "train-teacher", "a", ["teacher.startFrom=\(tiny.folder.path)/\(name)"])
      #expect(outcome.code == 65)
      return outcome.errors
    }
    try write([:], Data(), to: "empty.safetensors")
    #expect(try refusal("empty.safetensors").contains("empty.safetensors: it holds no tensors\n"))

    let bytes = try Data(
      contentsOf: URL(fileURLWithPath: tiny.directory("given") + "/1-teacher/model.safetensors"))
    let length = Int(bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    let json = try JSONSerialization.jsonObject(with: bytes[8..<8 + length])
    var entries = try #require(json as? [String: Any])
    var first = try #require(entries["conv1.weight"] as? [String: Any])
    for (shape, hint) in [
      ([1, 8, 3, 3], "; the file has its axes in another order than [out, in, height, width]"),
      ([3, 3, 1, 8], "; the file has its axes in another order than [out, in, height, width]"),
      ([8, 9, 1, 1], "\n"), ([8, 9], "\n"),
    ] {
      first["shape"] = shape
      entries["conv1.weight"] = first
      try write(entries, bytes.dropFirst(8 + length), to: "odd.safetensors")
      let line = try refusal("odd.safetensors")
      #expect(
        line.contains(
          "conv1.weight has the shape \(shape), the network wants [8, 1, 3, 3]" + hint), "\(line)")
    }
  }

  @Test("a frozen backbone keeps its weights and statistics; the last layer learns")
  func frozen() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    let given = try weights(tiny, "given")
    try tiny.finish(
      "train-teacher", "frozen",
      [
        "teacher.startFrom=\(tiny.directory("given"))/1-teacher",
        "teacher.training.freezeBackbone=true",
      ])
    let frozen = try weights(tiny, "frozen")
    for (name, values) in given {
      #expect((frozen[name] == values) == !name.hasPrefix("fc."), "\(name)")
    }
  }

  @Test("a batch in four parts learns what the whole batch learns, up to rounding")
  func accumulate() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    // Frozen, batch norms use their running statistics and not those of a part.
    let settings = [
      "teacher.startFrom=\(tiny.directory("given"))/1-teacher", "precision=float32",
      "teacher.training.freezeBackbone=true",
    ]
    for parts in [1, 4] {
      try tiny.finish(
        "train-teacher", "parts-\(parts)", settings + ["teacher.training.accumulate=\(parts)"])
    }
    for name in ["fc.weight", "fc.bias"] {
      let whole = try #require(weights(tiny, "parts-1")[name])
      let parts = try #require(weights(tiny, "parts-4")[name])
      let largest = whole.map(abs).max() ?? 0
      for (a, b) in zip(whole, parts) { #expect(abs(a - b) <= 1e-5 * largest, "\(name)") }
      #expect(try whole != weights(tiny, "given")[name])
    }
  }
}
