import Testing

@testable import Torch

/// Against average.safetensors: four changes of a batch norm's weights and running statistics.
@Suite("A moving average equals PyTorch's and timm's")
struct WeightAverageTests {
  private let names = ["weight", "bias", "running_mean", "running_var"]
  let reference: Reference

  init() throws { reference = try Reference("average") }

  @Test(
    "weights and statistics after each of four steps",
    arguments: [("torch", 0.9, false), ("plain", 0.9, false), ("warm", 0.6, true)])
  func steps(variant: String, decay: Double, hasWarmUp: Bool) throws {
    let tensors: [ParameterStore.Named] = try names.map { ($0, try Tensor.full([5], 7)) }
    let average = try WeightAverage(of: tensors, decay: decay, hasWarmUp: hasWarmUp)
    for step in 1...4 {
      for (name, tensor) in tensors { try tensor.copy(from: reference["\(step).\(name)"]) }
      try average.update()
      let state = Dictionary(
        average.state.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
      for name in names {
        try expect(
          state["average.\(name)"], equals: reference["\(variant).\(step).\(name)"], within: 1e-6,
          "\(variant) \(step) \(name)")
      }
      #expect(try state["average.updates"]?.array() == [Int64(step)])
    }
  }

  @Test("the decay with warm-up is 1 − (1 + n)^(−2/3), up to the one that is asked for")
  func warmUp() throws {
    let average = try WeightAverage(of: [], decay: 0.9, hasWarmUp: true)
    // 8^(2/3) = 4 and 27^(2/3) = 9, and 64^(2/3) = 16 would be 0.9375.
    for (steps, decay) in [(7, 0.75), (26, 1 - 1.0 / 9), (63, 0.9)] {
      #expect(abs(average.decay(after: Double(steps)) - decay) < 1e-12)
    }
  }

  @Test("the average stands in the tensors' place as long as somebody looks, and in the end")
  func inPlace() throws {
    let weight = try Tensor([1, 2] as [Float], shape: [2]).leaf()
    let average = try WeightAverage(of: [("w", weight)], decay: 0.5)
    try average.update()
    try weight.copy(from: Tensor([3, 6] as [Float], shape: [2]))
    try average.update()
    #expect(try average.whileInPlace { try weight.array() as [Float] } == [2, 4])
    #expect(try weight.array() as [Float] == [3, 6])
    struct Failure: Error {}
    #expect(throws: Failure.self) { try average.whileInPlace { throw Failure() } }
    #expect(try weight.array() as [Float] == [3, 6])
    try average.moveIn()
    #expect(try weight.array() as [Float] == [2, 4])
  }
}
