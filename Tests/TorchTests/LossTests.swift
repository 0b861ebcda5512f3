import Testing
import Torch

/// Against losses.safetensors: six rows of five classes, one to five labels each, one with logits of
/// ±100.
@Suite("Losses equal PyTorch's")
struct LossTests {
  let reference: Reference

  init() throws { reference = try Reference("losses") }

  func compare(_ name: String, _ loss: (Tensor) throws -> Tensor) throws {
    let logits = try reference["logits"].leaf()
    let value = try loss(logits)
    #expect(value.shape == [])
    try expect(value, equals: reference["\(name).loss"])
    try value.backward()
    try expect(logits.gradient(), equals: reference["\(name).grad"])
  }

  @Test("softmax cross-entropy with 1/m on each of m labels")
  func softmax() throws {
    try compare("softmax") { try $0.softmaxCrossEntropy(reference["softmax.targets"]) }
  }

  @Test("softmax cross-entropy with one of m labels")
  func oneOfM() throws {
    let chosen = try reference["chosen"].array(of: Float.self)
    var rows = [Float](repeating: 0, count: 6 * 5)
    for (row, label) in chosen.enumerated() { rows[row * 5 + Int(label)] = 1 }
    let targets = try Tensor(rows, shape: [6, 5])
    try compare("chosen") { try $0.softmaxCrossEntropy(targets) }
  }

  @Test("sigmoid cross-entropy, summed over the classes")
  func sigmoid() throws {
    try compare("sigmoid.sum") { try $0.sigmoidCrossEntropy(reference["labels"]) }
  }

  @Test("the row whose logits are 100 and −100 and right costs next to nothing")
  func largeLogits() throws {
    let logits = try reference["logits"].narrowed(axis: 0, to: 5..<6)
    let targets = try reference["softmax.targets"].narrowed(axis: 0, to: 5..<6)
    // −log(e^100 / (e^100 + e^0 + …)) ≈ e^−100
    #expect(try abs(logits.softmaxCrossEntropy(targets).item()) < 1e-6)
  }
}
