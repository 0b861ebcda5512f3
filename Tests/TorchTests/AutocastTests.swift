import Testing
import Torch

@Suite("Autocast")
struct AutocastTests {
  @Test("convolutions and matrix products are in bfloat16, weights and gradients stay float32")
  func types() throws {
    let store = try ParameterStore(seed: 0)
    let convolution = try Conv2d(store.root / "c", from: 3, to: 4, kernel: 3)
    let norm = try BatchNorm(store.root / "n", channels: 4)
    let linear = try Linear(store.root / "l", from: 4, to: 2)
    let x = try Tensor.full([2, 3, 6, 6], 0.5)
    try x.copy(from: Tensor((0..<216).map { Float($0 % 5) / 5 }, shape: [2, 3, 6, 6]))
    let y = try withAutocast(.bf16, on: .cpu) {
      let maps = try convolution(x, .training)
      #expect(maps.dtype == .bfloat16)
      #expect(maps.isChannelsLast)
      let normed = try norm(maps, .training)
      #expect(normed.dtype == .bfloat16)
      return try linear(normed.globalAveragePooled(.training), .training)
    }
    #expect(y.dtype == .bfloat16)
    #expect(norm.runningMean.dtype == .float32)
    try y.to(.float32).multiplied(by: y.to(.float32)).sum().backward()
    for (name, tensor) in store.parameters {
      #expect(tensor.dtype == .float32, "\(name)")
      #expect(try tensor.gradient()?.dtype == .float32, "\(name)")
    }
  }

  @Test("outside of it, in float32 and on meta tensors nothing is cast")
  func nothingCast() throws {
    let a = try Tensor.full([2, 2], 1)
    _ = try withAutocast(.bf16, on: .cpu) { try a.matrixProduct(a) }
    #expect(try a.matrixProduct(a).dtype == .float32)
    #expect(try withAutocast(.float32, on: .cpu) { try a.matrixProduct(a) }.dtype == .float32)
    #expect(try withAutocast(.bf16, on: .meta) { try a.matrixProduct(a) }.dtype == .float32)
  }

  @Test("a changed weight is cast anew in the next pass")
  func cacheIsDropped() throws {
    let weight = try Tensor.full([2, 2], 1).leaf()
    let x = try Tensor.full([1, 2], 1)
    func product() throws -> [Float] {
      try withAutocast(.bf16, on: .cpu) { try x.matrixProduct(weight) }.detached().to(.float32)
        .array()
    }
    #expect(try product() == [2, 2])
    try weight.fill(3)
    #expect(try product() == [6, 6])
  }
}
