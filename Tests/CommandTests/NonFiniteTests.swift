import Foundation
import TestSupport
import Testing

@Suite("Losses that are not numbers")
struct NonFiniteTests {
  /// The loss, or a gradient though the loss is a number.
  private static let faults: [@Sendable (Set<Int>) -> FaultySteps] = [
    { FaultySteps(losses: $0) }, { FaultySteps(gradients: $0) },
  ]

  @Test(
    "a bad step is left out as if it had not been, and the training goes on",
    arguments: faults.indices)
  func oneStep(fault: Int) throws {
    let tiny = try TinyRun()
    // A step at the rate 0 changes batch-norm statistics only; those of a bad one are put back.
    let settings = ["teacher.training.images=16", "teacher.training.warmUpImages=0"]
    let bad = try tiny.run("train-teacher", "bad", settings, faults: Self.faults[fault]([1]))
    #expect(bad.code == 0, "\(bad.errors)")
    #expect(
      try tiny.events("bad") == [
        "teacher refused step 1", "teacher checkpoint 1", "teacher done",
      ])
    // The weights are those of a network that saw nothing.
    let fresh = try TinyRun.tensors(tiny.directory("bad") + "/1-teacher/model.safetensors")
    #expect(fresh["bn1.running_mean"] == [Float](repeating: 0, count: 8))
    #expect(fresh["layer3.0.bn2.running_var"]?.allSatisfy { $0 == 1 } == true)
    #expect(fresh["bn1.weight"]?.allSatisfy { $0 == 1 } == true)

    let good = try tiny.run("train-teacher", "good", settings)
    #expect(good.code == 0)
    let trained = try TinyRun.tensors(tiny.directory("good") + "/1-teacher/model.safetensors")
    #expect(trained["bn1.running_mean"]?.allSatisfy { $0 == 0 } == false)
    #expect(trained["conv1.weight"] != fresh["conv1.weight"])
  }

  @Test("two bad steps in a row are survived, three end the run with 70", arguments: faults.indices)
  func three(fault: Int) throws {
    let tiny = try TinyRun()
    let two = try tiny.run("train-teacher", "two", faults: Self.faults[fault]([5, 6, 8, 9]))
    #expect(two.code == 0, "\(two.errors)")
    #expect(try tiny.metrics("two", "1-teacher").allSatisfy { !$0.contains("nan") })

    let three = try tiny.run("train-teacher", "three", faults: Self.faults[fault]([10, 11, 12]))
    #expect(three.code == 70)
    #expect(three.errors.contains("in 3 steps in a row, the last of them step 12; lower its"))
    #expect(three.errors.contains("the checkpoint of step 8 is kept"))
    let folder = tiny.directory("three") + "/1-teacher/checkpoints"
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        == ["step-00000004.safetensors", "step-00000008.safetensors"])
    // Nothing but numbers in it.
    let kept = try TinyRun.tensors("\(folder)/step-00000008.safetensors")
    #expect(kept.values.joined().allSatisfy { $0.isFinite })
    let again = try tiny.finish("train-teacher", "three")
    #expect(again.errors.contains("goes on at step 8 of 30"))
  }

  @Test("a run with bad steps that is killed and resumed ends the same")
  func resumed() throws {
    let tiny = try TinyRun()
    let bad = FaultySteps(losses: [3, 9, 10], gradients: [12])
    let whole = try tiny.run("run", "whole", faults: bad)
    #expect(whole.code == 0, "\(whole.errors)")
    var starts = 0
    var stops = bad
    stops.stops = [2, 3, 9, 10, 11, 12, 13]
    while try tiny.run("run", "a", faults: stops).code == 75 {
      starts += 1
      try #require(starts < 60)
    }
    #expect(starts >= 4 * 7)
    #expect(try tiny.result("a") == tiny.result("whole"))
    #expect(
      try tiny.events("a").filter { $0.contains("refused") }
        == tiny.events("whole").filter { $0.contains("refused") })
  }

  @Test("a learning rate that explodes ends the run with 70", arguments: precisions)
  func explosion(precision: String) throws {
    let tiny = try TinyRun()
    let outcome = try tiny.run(
      "run", "a",
      [
        "precision=\(precision)", "student.training.learningRate=1e30",
        "student.training.warmUpFrom=1e30",
      ])
    #expect(outcome.code == 70, "\(outcome.errors)")
    #expect(outcome.errors.contains("halcyon: student: the loss or a gradient was not a finite"))
    #expect(tiny.has("a", "2-ranking/done.json"))
    #expect(!tiny.has("a", "3-student/model.safetensors"))
    // A training that is over before there are three bad steps is none the less no result.
    let short = try tiny.run(
      "run", "short",
      [
        "precision=\(precision)", "teacher.training.learningRate=1e300",
        "teacher.training.images=24", "teacher.training.warmUpImages=0", "baseline.enabled=false",
      ])
    #expect(short.code == 70, "\(short.errors)")
    #expect(short.errors.contains("at the end of the training; lower its learningRate"))
    #expect(!tiny.has("short", "1-teacher/model.safetensors"))
    // A lower rate goes on from what the stages before it left.
    let fixed = try tiny.finish("run", "a", ["precision=\(precision)"], flags: ["--redo"])
    #expect(fixed.errors.contains("teacher: done"))
  }

  @Test("weights that are no numbers end whatever computes with them with 70 and their name")
  func weights() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "a")
    try TinyImages(6, seed: 4).writePNG(to: tiny.folder, "p", labelled: true)
    let place = "runs/a/1-teacher"
    for file in ["config.json", "model.safetensors"] {
      let from = URL(fileURLWithPath: "\(tiny.folder.path)/\(place)/\(file)")
      try tiny.folder.write(try Data(contentsOf: from), to: "m/\(file)")
    }
    try TinyRun.spoil("fc.bias", in: "\(tiny.folder.path)/m/model.safetensors")
    for command in [
      ["predict", "m", "p/north/0.png"], ["predict", "m", "p/north/0.png", "--json"],
      ["evaluate", "m", "p"],
      tiny.arguments("train-teacher", "b", ["teacher.startFrom=m"]),
    ] {
      let outcome = try Command.run(command, folder: tiny.folder.path)
      #expect(outcome.code == 70, "\(command): \(outcome.errors)")
      #expect(outcome.errors.contains("m/model.safetensors: fc.bias holds numbers that are not"))
      #expect(outcome.output == "")
    }
  }

  @Test("starting weights that are no numbers are found before anything trains")
  func startingWeights() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "a")
    let weights = "\(tiny.directory("a"))/1-teacher/model.safetensors"
    try TinyRun.spoil("conv1.weight", in: weights)
    let outcome = try tiny.run("run", "b", ["teacher.startFrom=\(weights)"])
    #expect(outcome.code == 70)
    #expect(outcome.errors.contains("conv1.weight holds numbers that are not finite"))
    #expect(!FileManager.default.fileExists(atPath: tiny.directory("b")))
  }

  @Test("scores that overflow end with 70 and the picture's name")
  func scores() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "a")
    try TinyImages(6, seed: 4).writePNG(to: tiny.folder, "p", labelled: true)
    let weights = "\(tiny.directory("a"))/1-teacher/model.safetensors"
    // A feature times the largest float, which are numbers each.
    try TinyRun.spoil("fc.weight", in: weights, with: .greatestFiniteMagnitude)
    try TinyRun.spoil("bn1.weight", in: weights, with: 1e6)
    let outcome = try Command.run(
      "predict", "runs/a/1-teacher", "p/north/0.png", "--precision", "float32",
      folder: tiny.folder.path)
    #expect(outcome.code == 70, "\(outcome.output)")
    #expect(outcome.errors.contains("p/north/0.png: the network's scores are no finite numbers"))
  }
}

extension TinyRun {
  /// Puts `value` in place of every element of a tensor in a safetensors file.
  static func spoil(_ tensor: String, in path: String, with value: Float = .nan) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = Int(bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    let header = try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: Any]
    let entry = try #require(header?[tensor] as? [String: Any])
    let range = try #require(entry["data_offsets"] as? [Int])
    for offset in stride(from: range[0], to: range[1], by: 4) {
      withUnsafeBytes(of: value.bitPattern.littleEndian) {
        bytes.replaceSubrange(8 + length + offset..<12 + length + offset, with: $0)
      }
    }
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  /// The float32 tensors of a safetensors file.
  static func tensors(_ path: String) throws -> [String: [Float]] {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = Int(bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    let header = try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: Any]
    var tensors: [String: [Float]] = [:]
    for (name, entry) in try #require(header) where name != "__metadata__" {
      let entry = try #require(entry as? [String: Any])
      let range = try #require(entry["data_offsets"] as? [Int])
      #expect(entry["dtype"] as? String == "F32")
      tensors[name] = stride(from: range[0], to: range[1], by: 4).map { offset in
        bytes.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: 8 + length + offset, as: Float.self)
        }
      }
    }
    return tensors
  }
}
