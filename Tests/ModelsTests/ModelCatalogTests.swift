import Files
import Foundation
import Testing
import Torch

@testable import Models

/// models.json: what torchvision's and timm's networks are made of, and what timm's see.
struct Catalogue: Decodable {
  struct Model: Decodable {
    struct Seen: Decodable {
      let size, resize: Int
      let interpolation: String
      let mean, std: [Double]
    }
    let seen: Seen?
    let parameters: Int
    let multiply_accumulates: Int
    let tensors_without_counters: Int
    let sha256_sorted_without_counters: String
  }
  let models: [String: Model]
}

@Suite("ModelCatalog")
struct ModelCatalogTests {
  private static let references =
    (try? Reference.json("models", as: Catalogue.self).models) ?? [:]

  /// The networks that torchvision or timm has, too.
  static let shared = ModelCatalog.names.filter { references[$0] != nil }

  /// Those of them whose first weights see what timm says.
  static let seeing = shared.filter { references[$0]?.seen != nil }

  @Test(
    "every network is torchvision's or timm's, whose numbers are there, or has a class of its own",
    arguments: ModelCatalog.names)
  func compared(_ name: String) throws {
    let network = try ModelCatalog.make(NetworkOptions(model: name), device: .meta)
    #expect(Self.shared.contains(name) || network.python != nil)
    #expect(ModelCatalog.isTimms(name) || network.python != nil)
  }

  @Test(
    "parameters and multiply-adds are exactly torchvision's or timm's",
    arguments: shared)
  func counts(_ name: String) throws {
    let expected = try #require(Self.references[name])
    let cost = try ModelCatalog.cost(NetworkOptions(model: name), size: 224)
    #expect(cost.parameters == expected.parameters)
    #expect(cost.multiplyAdds == expected.multiply_accumulates)
  }

  /// The table of the paper, in 10⁹ multiply-adds at 224.
  @Test(
    "parameters and GMAC are the paper's",
    arguments: [
      ("resnet18", 11_689_512, "1.81"), ("resnet50", 25_557_032, "4.09"),
      ("resnext50_32x4d", 25_028_904, "4.23"), ("resnext101_32x4d", 44_177_704, "7.97"),
      ("resnext101_32x8d", 88_791_336, "16.41"), ("resnext101_32x16d", 194_026_792, "36.16"),
      ("resnext101_32x48d", 828_411_176, "153.3"),
    ])
  func paper(_ name: String, _ parameters: Int, _ gmac: String) throws {
    let cost = try ModelCatalog.cost(NetworkOptions(model: name), size: 224)
    #expect(cost.parameters == parameters)
    let digits = gmac.count - 1 - (gmac.firstIndex(of: ".")?.utf16Offset(in: gmac) ?? 0)
    #expect(String(format: "%.\(digits)f", cost.gmac) == gmac)
  }

  @Test(
    "timm's weights see what they saw in timm where nothing else is said", arguments: seeing)
  func inputs(_ name: String) throws {
    let seen = try #require(Self.references[name]?.seen)
    let input = try ModelCatalog.input(of: name)
    #expect(input.size == seen.size)
    #expect(input.resize == seen.resize)
    #expect(input.interpolation.rawValue == seen.interpolation)
    #expect(input.mean == seen.mean)
    #expect(input.std == seen.std)
  }

  @Test("names and shapes are torchvision's or timm's", arguments: shared)
  func names(_ name: String) throws {
    let expected = try #require(Self.references[name])
    let network = try ModelCatalog.make(NetworkOptions(model: name), device: .meta)
    let lines = network.weights.state.map { name, tensor in
      "\(name) \(tensor.shape.map(String.init).joined(separator: "x"))\n"
    }
    #expect(lines.count == expected.tensors_without_counters)
    let sorted = lines.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    #expect(
      Checksum.sha256(Data(sorted.joined().utf8)) == expected.sha256_sorted_without_counters)
  }

  @Test("counting the largest network allocates none of its 3 GB")
  func allocatesNothing() throws {
    _ = try ModelCatalog.cost(NetworkOptions(model: "resnet18"), size: 224)
    let before = try peakMemory()
    let cost = try ModelCatalog.cost(NetworkOptions(model: "resnext101_32x48d"), size: 224)
    #expect(cost.parameters * 4 > 3_000_000_000)
    #expect(try peakMemory() - before < 16 << 20)
  }

  private func peakMemory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    let kibibytes = try #require(line.split(whereSeparator: { !$0.isNumber }).first)
    return try #require(Int(kibibytes)) * 1024
  }

  @Test("work and activations are those of shapes computed for real")
  func savedElements() throws {
    // A 3×3 stem of 2 channels on 1×8×8, three stages of one block at 8, 4 and 2 pixels.
    let options = NetworkOptions(
      model: "resnet8", classCount: 5, inputChannels: 1, stem: .small, width: 2)
    let cost = try ModelCatalog.cost(options, size: 8)
    // Convolution and normalisation of each layer are kept, then 8 features and 5 logits.
    let stem = 2 * 2 * 64
    let first = 2 * (2 * 2 * 64)
    let second = 3 * (2 * 4 * 16)
    let third = 3 * (2 * 8 * 4)
    #expect(cost.savedElements == stem + first + second + third + 8 + 5)
    #expect(cost.largestActivation == 2 * 64)
    let stemWork = 9 * 2 * 64
    let firstWork = 2 * (9 * 2 * 2 * 64)
    let secondWork = (9 * 2 * 4 + 9 * 4 * 4 + 2 * 4) * 16
    let thirdWork = (9 * 4 * 8 + 9 * 8 * 8 + 4 * 8) * 4
    #expect(cost.multiplyAdds == stemWork + firstWork + secondWork + thirdWork + 8 * 5)
  }

  @Test("the small stem keeps every pixel, the strided one a quarter", arguments: [1, 3])
  func stems(channels: Int) throws {
    func cost(_ stem: Stem) throws -> NetworkCost {
      let options = NetworkOptions(
        model: "resnet20", classCount: 10, inputChannels: channels, stem: stem, width: 16)
      return try ModelCatalog.cost(options, size: 32)
    }
    let small = try cost(.small)
    let strided = try cost(.strided)
    #expect(small.largestActivation == 16 * 32 * 32)
    #expect(strided.largestActivation == 16 * 16 * 16)
    // Every convolution has a quarter of the places; only the 64 × 10 last layer stays.
    #expect((small.multiplyAdds - 640) == 4 * (strided.multiplyAdds - 640))
    #expect(small.parameters == strided.parameters)
  }

  @Test("a name that is not there is answered with those that are")
  func unknown() {
    let error = #expect(throws: ModelError.self) {
      try ModelCatalog.make(NetworkOptions(model: "resnet5"))
    }
    #expect(error?.description.contains("resnet5") == true)
    #expect(error?.description.contains("resnext101_32x48d") == true)
  }

  @Test("pictures too small, too large or without channels are errors, not crashes")
  func odd() {
    let model = NetworkOptions(model: "resnet18")
    for size in [0, -5, 100_000_000, 1 << 40] {
      #expect(throws: TorchError.self, "\(size)") { try ModelCatalog.cost(model, size: size) }
    }
    var options = model
    options.inputChannels = 0
    #expect(throws: TorchError.self) { try ModelCatalog.make(options) }
    options = NetworkOptions(model: "resnext50_32x4d", width: 4)
    #expect(throws: TorchError.self) { try ModelCatalog.make(options) }
  }
}
