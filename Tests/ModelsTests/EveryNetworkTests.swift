import TestSupport
import Testing
import Torch

@testable import Models

/// Goes over all names, so that a network that is added is tested by being named.
@Suite("Every network of the catalogue")
struct EveryNetworkTests {
  /// All but the largest, and of transformers those of 22 million weights at most.
  static let small = ModelCatalog.names.filter { name in
    !["32x16d", "32x48d", "t_base_", "t_large_", "t_giant_"].contains { name.contains($0) }
  }

  @Test("trains a step, is folded, unfolded, written and read again", arguments: small)
  func network(_ name: String) throws {
    let folder = try TemporaryFolder()
    let isScalable = ModelCatalog.isScalable(name)
    let options = NetworkOptions(
      model: name, classCount: 5, inputChannels: 3, stem: isScalable ? .small : .standard,
      width: isScalable ? 16 : 64, inputSize: 16)
    let network = try ModelCatalog.make(options, seed: 1)
    let x = try Tensor.empty([2, 3, 16, 16])
    try x.fillNormal(deviation: 1, from: RandomGenerator(seed: 2))
    let targets = try Tensor([1, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0] as [Float], shape: [2, 5])

    let optimizer = try SGD(network.weights.parameters)
    let loss = try network(x, .training).softmaxCrossEntropy(targets)
    try loss.backward()
    for (name, tensor) in network.weights.parameters {
      #expect(try tensor.gradient() != nil, "\(name)")
    }
    #expect(try optimizer.gradientsAreFinite())
    try optimizer.step(learningRate: 0.01)
    let last = type(of: network).lastLayer
    #expect(network.weights.parameters.contains { $0.name.hasPrefix(last) })

    try withoutGradients {
      let expected = try network(x, .evaluation)
      #expect(expected.shape == [2, 5])
      try network.fold(precision: .float32)
      try expect(network(x, .evaluation), equals: expected, within: 1e-4)
      network.unfold()
      let path = folder.path + "/model.safetensors"
      try Safetensors.write(network.weights.state, to: path)
      let copy = try ModelCatalog.make(options, seed: 9)
      #expect(try relativeError(copy(x, .evaluation), expected) > 1e-3)
      try copy.weights.load(Safetensors(path: path))
      #expect(
        try copy(x, .evaluation).array(of: Float.self) == expected.array(of: Float.self))
    }
  }

  @Test(
    "a seed makes the same weights again, another one others", arguments: ["resnet8", "resnet50"])
  func seeds(_ name: String) throws {
    let options = NetworkOptions(model: name, classCount: 5, stem: .small, width: 8)
    func weights(_ seed: UInt64) throws -> [[Float]] {
      try ModelCatalog.make(options, seed: seed).weights.parameters.map { try $0.tensor.array() }
    }
    #expect(try weights(3) == weights(3))
    #expect(try weights(3) != weights(4))
  }
}
