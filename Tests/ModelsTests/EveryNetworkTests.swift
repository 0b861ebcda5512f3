import TestSupport
import Testing
import Torch

@testable import Models

/// Goes over all names, so that a network that is added is tested by being named; the largest are left to
/// the tests of names and counts, since their smaller sisters are the same code.
@Suite("Every network of the catalogue")
struct EveryNetworkTests {
  static let small = ModelCatalog.names.filter { name in
    let cost = try? ModelCatalog.cost(options(name), size: 64)
    return (cost?.parameters ?? 0) < 30_000_000
  }

  /// The network that is called `name`, with a small stem and a quarter of its width where it has any.
  private static func options(_ name: String) -> NetworkOptions {
    let isScalable = ModelCatalog.isScalable(name)
    return NetworkOptions(
      model: name, classCount: 5, inputChannels: 3, stem: isScalable ? .small : .standard,
      width: isScalable ? 16 : 64, inputSize: isScalable || name.hasPrefix("cifar") ? 16 : 64)
  }

  @Test("trains a step, is folded, unfolded, written and read again", arguments: small)
  func network(_ name: String) throws {
    let folder = try TemporaryFolder()
    let options = Self.options(name)
    let network = try ModelCatalog.make(options, seed: 1)
    let cost = try ModelCatalog.cost(options, size: options.inputSize)
    #expect(cost.parameters == network.weights.parameterCount)
    // Networks that halve a picture five times leave 2 × 2 pixels of 64: norms want some values each.
    let size = options.inputSize
    let x = try Tensor.empty([2, 3, size, size])
    try x.fillNormal(deviation: 1, from: RandomGenerator(seed: 2))
    let targets = try Tensor([1, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0] as [Float], shape: [2, 5])

    let optimizer = try SGD(network.weights.parameters)
    let loss = try network(x, .training).softmaxCrossEntropy(targets)
    try loss.backward()
    for (name, tensor) in network.weights.parameters {
      #expect(try tensor.gradient() != nil, "\(name)")
    }
    #expect(try optimizer.gradientsAreFinite())
    try optimizer.step(learningRate: 0.001)
    let last = type(of: network).lastLayer
    #expect(network.weights.parameters.contains { $0.name.hasPrefix(last) })

    try withoutGradients {
      let expected = try network(x, .evaluation)
      #expect(expected.shape == [2, 5])
      let features = try network.features(x, .evaluation)
      #expect(features.dtype == .float32)
      #expect(
        features.shape
          == [2, network.weights.parameters.last { $0.name == "\(last)weight" }?.tensor.shape[1]])
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
