import Foundation
import TestSupport
import Testing
import Torch

@testable import Models

@Suite("A vote of the nearest pictures")
struct NearestNeighboursTests {
  /// A network whose features have two numbers; what stands before them is not asked.
  private func voter(
    _ bank: [Float], _ classes: [Int], neighbours: Int, temperature: Double, classCount: Int = 3
  ) throws -> NearestNeighbours {
    var options = NetworkOptions(model: "resnet8", classCount: classCount, stem: .small, width: 1)
    // Three stages of 1, 2 and 4 channels.
    options.vote = NeighbourVote(
      pictures: classes.count, neighbours: neighbours, temperature: temperature)
    let network = try #require(ModelCatalog.make(options) as? NearestNeighbours)
    try network.remember(Tensor(bank, shape: [classes.count, 4]), classes: classes)
    return network
  }

  private func logits(_ network: NearestNeighbours, _ features: [Float]) throws -> [Float] {
    try network.classify(Tensor(features, shape: [1, 4]), .evaluation).array()
  }

  @Test("the votes are those of arithmetic: exp(cosine / temperature), and one of cosine 0 a class")
  func votes() throws {
    // Of (1, 0, 0, 0) the cosines with these are 1, 0.6, 0.8, 0 and -1, whatever the lengths.
    let bank: [Float] = [
      2, 0, 0, 0, 3, 4, 0, 0, 0.8, 0, 0.6, 0, 0, 0, 0, 7, -1, 0, 0, 0,
    ]
    let network = try voter(bank, [0, 1, 1, 2, 2], neighbours: 3, temperature: 0.5)
    let found = try logits(network, [5, 0, 0, 0])
    let expected: [Double] = [log(1 + exp(2)), log(1 + exp(1.2) + exp(1.6)), 0]
    for (value, right) in zip(found, expected) { #expect(abs(Double(value) - right) < 1e-5) }
    // All five vote: the third class has one of cosine 0 and one of cosine -1 besides.
    let all = try voter(bank, [0, 1, 1, 2, 2], neighbours: 9, temperature: 0.5)
    let third: Double = log(1 + exp(0) + exp(-2))
    #expect(try abs(Double(logits(all, [5, 0, 0, 0])[2]) - third) < 1e-5)
  }

  @Test("pictures whose neighbours all agree are still told apart, at a temperature however low")
  func unanimous() throws {
    let bank: [Float] = [1, 0, 0, 0, 0.96, 0.28, 0, 0, 0, 0, 1, 0]
    for temperature in [0.01, 0.07] {
      let network = try voter(bank, [0, 0, 1], neighbours: 2, temperature: temperature)
      let near = try logits(network, [1, 0, 0, 0])
      let far = try logits(network, [1, 0, 0, 3])
      #expect((near + far).allSatisfy { $0.isFinite })
      func score(_ logits: [Float]) -> Float {
        let others: Float = exp(logits[1]) + exp(logits[2])
        return logits[0] - log(others)
      }
      #expect(score(near) > score(far) + 1)
      #expect(near[1] == 0 && near[2] == 0)
    }
  }

  @Test("of the bank's own pictures none votes for itself")
  func leaveOneOut() throws {
    let bank: [Float] = [1, 0, 0, 0, 0.9, 0.1, 0, 0, 0, 1, 0, 0, 0, 0.9, 0.1, 0]
    let network = try voter(bank, [0, 1, 2, 2], neighbours: 1, temperature: 0.1)
    func best(_ logits: Tensor) throws -> [Int64] { try logits.top(1).indices.array() }
    let others = try best(network.classifyBank(0..<4))
    #expect(others == [1, 0, 2, 2])
    let part = try best(network.classifyBank(1..<3))
    #expect(part == [0, 2])
    let all = try best(network.classify(Tensor(bank, shape: [4, 4]), .evaluation))
    #expect(all == [0, 1, 2, 2])
  }

  @Test("the base's weights without its last layer and the bank are written, read and folded")
  func written() throws {
    let folder = try TemporaryFolder()
    var options = NetworkOptions(model: "resnet8", classCount: 2, stem: .small, width: 4)
    options.vote = NeighbourVote(pictures: 3, neighbours: 2, temperature: 0.07)
    let network = try #require(ModelCatalog.make(options, seed: 3) as? NearestNeighbours)
    let x = try Tensor.empty([3, 3, 12, 12])
    try x.fillNormal(deviation: 1, from: RandomGenerator(seed: 2))
    try withoutGradients {
      try network.remember(network.features(x, .evaluation), classes: [0, 1, 1])
      let names = network.weights.state.map(\.name)
      #expect(names.contains("bank.features") && names.contains("bank.labels"))
      #expect(!names.contains { $0.hasPrefix("fc.") })
      let expected: [Float] = try network(x, .evaluation).array()
      let path = folder.path + "/model.safetensors"
      try Safetensors.write(network.weights.state, to: path)
      let copy = try ModelCatalog.make(options, seed: 9)
      try copy.weights.load(Safetensors(path: path))
      #expect(try copy(x, .evaluation).array() == expected)
      try copy.fold(precision: .float32)
      try expect(
        copy(x, .evaluation), equals: Tensor(expected, shape: [3, 2]), within: 1e-4)
    }
    let cost = try ModelCatalog.cost(options, size: 12)
    var plain = options
    plain.vote = nil
    // 3 pictures of 16 features each in place of 2 classes of as many.
    #expect(try cost.multiplyAdds == ModelCatalog.cost(plain, size: 12).multiplyAdds + 16)
  }

  @Test("a bank that names a class which there is not is an error")
  func foreignClass() throws {
    let network = try voter([1, 0, 0, 0], [7], neighbours: 1, temperature: 0.07)
    #expect(throws: TorchError.self) { try logits(network, [1, 0, 0, 0]) }
  }
}
