import Testing
import Torch

@testable import Models

@Suite("Initialisation is torchvision's")
struct InitialisationTests {
  struct File: Decodable {
    struct Parameter: Decodable {
      let name: String
      let shape: [Int]
      let distribution: String
      let mean, std: Double
      let bound: Double?
    }
    let parameters: [Parameter]
  }

  @Test("every weight of a fresh resnet50 has the distribution of torchvision's")
  func distributions() throws {
    let expected = try Reference.json("initialisation", as: File.self).parameters
    let network = try ModelCatalog.make(NetworkOptions(model: "resnet50"), seed: 5)
    let parameters = network.weights.parameters
    #expect(Set(parameters.map(\.name)) == Set(expected.map(\.name)))
    for entry in expected {
      let tensor = try #require(parameters.first { $0.name == entry.name }).tensor
      #expect(tensor.shape == entry.shape)
      let values = try tensor.detached().array(of: Float.self).map(Double.init)
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      let deviation = variance.squareRoot()
      // Five standard errors, as the file says.
      #expect(abs(mean - entry.mean) <= 5 * entry.std / count.squareRoot(), "\(entry.name)")
      #expect(
        abs(deviation - entry.std) <= 5 * entry.std / (2 * count).squareRoot(), "\(entry.name)")
      switch entry.distribution {
      case "uniform":
        let bound = try #require(entry.bound)
        #expect(values.allSatisfy { abs($0) <= bound * (1 + 1e-6) }, "\(entry.name)")
      case "normal":
        // 4.6 % of a normal distribution lie beyond two deviations, of a uniform one none.
        let beyond = Double(values.count { abs($0) > 2 * entry.std }) / count
        #expect(abs(beyond - 0.0455) < 5 * (0.0455 / count).squareRoot(), "\(entry.name)")
      default:
        #expect(values.allSatisfy { $0 == entry.mean }, "\(entry.name)")
      }
    }
    for (name, tensor) in network.weights.buffers {
      let start: Float = name.hasSuffix("running_var") ? 1 : 0
      #expect(try tensor.array(of: Float.self).allSatisfy { $0 == start }, "\(name)")
    }
  }
}
