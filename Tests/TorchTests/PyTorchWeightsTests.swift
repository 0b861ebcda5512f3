import Files
import Foundation
import Testing
import Torch

@Suite("Weights that torch.save wrote")
struct PyTorchWeightsTests {
  private func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
      + "/Reference/\(name)"
  }

  static let names = [
    "plain", "scalar", "empty", "transposed", "part", "repeated", "channels_last", "half",
    "bfloat16", "double", "parameter", "counter",
  ]

  @Test(
    "shapes, types and every element are those that were saved, whatever the memory was like",
    arguments: [("zip.pth", "module."), ("old.pth", "module."), ("protocol4.pth", "")])
  func values(_ name: String, _ prefix: String) throws {
    let reference = try Reference("pickles")
    let weights = try openWeights(path(name))
    #expect(weights.names == Self.names.map { prefix + $0 })
    #expect(weights.note == nil)
    for name in Self.names {
      let expected = try reference[name]
      let tensor = try weights.tensor(prefix + name)
      #expect(weights.shape(of: prefix + name) == expected.shape, "\(name)")
      #expect(
        try tensor.to(.float32).array(of: Float.self) == expected.array(of: Float.self), "\(name)")
    }
    #expect(weights.dtype(of: prefix + "half") == .float16)
    #expect(weights.dtype(of: prefix + "bfloat16") == .bfloat16)
    #expect(weights.dtype(of: prefix + "double") == .float64)
    #expect(weights.dtype(of: prefix + "counter") == .int64)
  }

  @Test("the names of classes that the training program left are found")
  func classNames() throws {
    #expect(try openWeights(path("old.pth")).classNames == ["cat", "dog"])
    #expect(try openWeights(path("protocol4.pth")).classNames == nil)
  }

  @Test("what the state dictionary of a module says of itself is no weight")
  func metadata() throws {
    let weights = try openWeights(path("module.pth"))
    #expect(
      weights.names == [
        "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var",
        "1.num_batches_tracked",
      ])
    #expect(
      try weights.tensor("0.weight").array(of: Float.self) == [Float](repeating: 0.5, count: 18))
  }

  @Test("a tensor that is not there is named")
  func missing() throws {
    let weights = try openWeights(path("zip.pth"))
    let error = #expect(throws: FileError.self) { try weights.tensor("fc.bias") }
    #expect("\(error.map { "\($0)" } ?? "")".contains("no tensor fc.bias"))
  }
}
