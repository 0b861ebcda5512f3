import Files
import TestSupport
import Testing
import Torch

@testable import Models

@Suite("Loading weights that torchvision wrote")
struct LoadingTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/resnet.safetensors" }

  init() throws { folder = try TemporaryFolder() }

  /// What torchvision's state_dict of the basic-block network holds, counters included.
  func state() throws -> [ParameterStore.Named] {
    let reference = try Reference("basic-block")
    return try reference.names(after: "weights.").flatMap { name -> [ParameterStore.Named] in
      let tensor = try reference["weights.\(name)"]
      guard name.hasSuffix("running_var") else { return [(name, tensor)] }
      let counter = name.replacing("running_var", with: "num_batches_tracked")
      return [(name, tensor), (counter, try Tensor([7] as [Int64], shape: []))]
    }
  }

  func network(classCount: Int = 10) throws -> ResNet {
    var options = TinyNetwork.basicBlock.options
    options.classCount = classCount
    return try ResNet(
      TinyNetwork.basicBlock.architecture, options, weights: ParameterStore(seed: 0))
  }

  func load(
    _ state: [ParameterStore.Named], into network: ResNet,
    skipping: (String) -> Bool = { _ in false }
  ) throws {
    try Safetensors.write(state, metadata: ["format": "pt"], to: path)
    try network.weights.load(Safetensors(path: path), skipping: skipping)
  }

  @Test("the network computes what PyTorch's does; counters of batches are ignored")
  func loads() throws {
    let reference = try Reference("basic-block")
    let network = try network()
    try load(state(), into: network)
    try expect(network(reference["input"], .training), equals: reference["logits"])
  }

  @Test("half-precision weights become float32")
  func half() throws {
    let network = try network()
    try load(state().map { ($0.name, try $0.tensor.to(.bfloat16)) }, into: network)
    let weight = try #require(network.weights.parameters.first).tensor
    #expect(weight.dtype == .float32)
    let expected = try Reference("basic-block")["weights.conv1.weight"].to(.bfloat16)
    try expect(weight, equals: expected, within: 0)
  }

  /// Loads `state`, expects an error with these words, and that no weight has changed.
  func refuse(_ state: [ParameterStore.Named], _ words: String...) throws {
    let network = try network()
    let before = try network.weights.state.map { try $0.tensor.array(of: Float.self) }
    let error = #expect(throws: FileError.self) { try load(state, into: network) }
    for word in words + [path] {
      #expect(error?.description.contains(word) == true, "\(word) in \(error?.description ?? "")")
    }
    #expect(try network.weights.state.map { try $0.tensor.array(of: Float.self) } == before)
  }

  @Test("a missing tensor is named")
  func missing() throws {
    try refuse(state().filter { $0.name != "layer2.0.bn2.running_var" }, "layer2.0.bn2.running_var")
  }

  @Test("a tensor of another shape is named with both shapes")
  func misshapen() throws {
    let state = try state().map { name, tensor in
      (name, name == "layer3.0.conv1.weight" ? try tensor.narrowed(axis: 0, to: 0..<5) : tensor)
    }
    try refuse(state, "layer3.0.conv1.weight", "[5, 6, 3, 3]", "[12, 6, 3, 3]")
  }

  @Test("a tensor of integers is named")
  func integers() throws {
    let state = try state().map { name, tensor in
      (name, name == "fc.bias" ? try tensor.to(.int32) : tensor)
    }
    try refuse(state, "fc.bias", "int32")
  }

  @Test("a deeper network's weights do not half fit")
  func deeper() throws {
    let extra = try Tensor.full([24, 24, 3, 3], 0)
    try refuse(state() + [("layer4.1.conv1.weight", extra)], "layer4.1.conv1.weight")
  }

  @Test("a last layer for other classes can be left out, and stays fresh")
  func otherClasses() throws {
    let network = try network(classCount: 4)
    let fresh: [Float] = try #require(network.weights.parameters.last).tensor.array()
    let error = #expect(throws: FileError.self) { try load(state(), into: network) }
    #expect(error?.description.contains("fc.weight") == true)
    try load(state(), into: network) { $0.hasPrefix(ResNet.lastLayer) }
    #expect(try #require(network.weights.parameters.last).tensor.array() == fresh)
    let stem = try #require(network.weights.parameters.first).tensor
    try expect(stem, equals: Reference("basic-block")["weights.conv1.weight"], within: 0)
    // Also when the file has no last layer at all.
    try load(state().filter { !$0.name.hasPrefix("fc.") }, into: network) { $0.hasPrefix("fc.") }
  }

  @Test("a checkpoint's momenta are ignored")
  func checkpoint() throws {
    let network = try network()
    let optimizer = try SGD(network.weights.parameters)
    try load(network.weights.state + optimizer.state, into: network)
  }
}
