import Models
import TestSupport
import Testing
import Torch
import Training

@testable import Pipeline

@Suite("Importing convolutional networks")
struct ImportConvolutionsTests {
  @Test(
    "a file of a network's own weights is that network, found by itself or given by name",
    arguments: [
      "resnet18", "resnet26d", "seresnext50_32x4d", "efficientnet_b0", "mobilenetv3_small_100",
      "regnety_004",
    ])
  func own(name: String) throws {
    let folder = try TemporaryFolder()
    let options = NetworkOptions(model: name, classCount: 5)
    let network = try ModelCatalog.make(options, seed: 1)
    let path = folder.path + "/weights.safetensors"
    try Safetensors.write(network.weights.state, to: path)
    for given in [nil, name] {
      var settings = ImportSettings()
      settings.model = given
      let out = folder.path + "/\(given ?? "found")"
      let model = try importModel(path, settings, to: out)
      #expect(model.notes.allSatisfy { !$0.contains("stride 1") }, "\(model.notes)")
      let read = try ModelFolder(contentsOf: out)
      #expect(read.options.model == name && read.options.classCount == 5)
      #expect(read.options.width == 64 && read.options.stem == .standard)
      let loaded = try read.load(on: .cpu)
      for (own, wanted) in zip(loaded.weights.state, network.weights.state) {
        #expect(try Tensor.checksum(of: [own.tensor]) == Tensor.checksum(of: [wanted.tensor]))
      }
    }
  }

  @Test("of weights that nearly fit one network all that differs is told, with its shapes")
  func nearly() throws {
    let folder = try TemporaryFolder()
    let network = try ModelCatalog.make(NetworkOptions(model: "regnety_004", classCount: 5))
    let state = try network.weights.state.filter { $0.name != "s2.b1.se.fc1.bias" }.map {
      name, tensor in
      (name, name == "stem.bn.bias" ? try tensor.narrowed(axis: 0, to: 0..<31) : tensor)
    }
    let path = folder.path + "/weights.safetensors"
    try Safetensors.write(state + [("more", Tensor.full([2, 3], 0))], to: path)
    let error = #expect(throws: PipelineError.self) {
      try importModel(path, to: folder.path + "/model")
    }
    for part in [
      "regnety_004 comes nearest", "s2.b1.se.fc1.bias [12] is missing",
      "stem.bn.bias is [31] and should be [32]", "more [2, 3] is not the network's",
    ] { #expect(error?.description.contains(part) == true, "\(part)") }
  }
}
