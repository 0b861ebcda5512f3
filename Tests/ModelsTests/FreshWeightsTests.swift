import Testing
import Torch

@testable import Models

@Suite("Fresh weights are timm's")
struct FreshWeightsTests {
  struct File: Decodable {
    let models: [String: [String]]
  }

  static let names = [
    "convnext_tiny", "efficientnet_b0", "mobilenetv3_small_100", "regnety_004", "resnet26d",
    "seresnet50",
  ]

  @Test("each has the mean, the deviation and the reach of timm's", arguments: names)
  func distributions(_ name: String) throws {
    let lines = try #require(Reference.json("fresh", as: File.self).models[name])
    let network = try ModelCatalog.make(NetworkOptions(model: name), seed: 5)
    #expect(lines.count == network.weights.parameters.count)
    for line in lines {
      let fields = line.split(separator: " ")
      let tensor = try #require(
        network.weights.parameters.first { $0.name == fields[0] }, "\(line)"
      ).tensor
      let (mean, deviation, largest) = try withoutGradients { try Self.statistics(tensor) }
      let expected = try fields.dropFirst().map { try #require(Double($0)) }
      let count = Double(tensor.count)
      // Seven standard errors of a sample's difference from another.
      let slack = 7 * expected[1] * (2 / count).squareRoot() + 1e-9
      #expect(abs(mean - expected[0]) <= slack, "\(line): mean \(mean)")
      #expect(abs(deviation - expected[1]) <= slack, "\(line): deviation \(deviation)")
      // An even distribution reaches √3 deviations, one that is cut off at two 2.3, a normal one more.
      if count >= 1000, expected[1] > 0 {
        func kind(_ reach: Double) -> Int { reach < 2 ? 0 : reach < 2.4 ? 1 : 2 }
        #expect(kind(largest / deviation) == kind(expected[2] / expected[1]), "\(line)")
      }
    }
  }

  private static func statistics(_ tensor: Tensor) throws -> (Double, Double, Double) {
    let values = try tensor.to(.float64).reshaped(to: [tensor.count])
    let mean = try values.mean(axes: [0]).item()
    let apart = try values.scaled(by: 1, plus: -mean)
    let variance = try apart.multiplied(by: apart).mean(axes: [0]).item()
    let largest = try values.multiplied(by: values).top(1).values.item()
    return (mean, variance.squareRoot(), largest.squareRoot())
  }
}
