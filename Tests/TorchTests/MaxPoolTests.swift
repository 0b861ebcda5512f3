import Testing

@testable import Torch

@Suite("Max pooling")
struct MaxPoolTests {
  /// Below, the same numbers with a gradient are pooled by libtorch itself.
  @Test(
    "without a gradient gives the very numbers that libtorch's own gives",
    arguments: [DType.float32, .bfloat16], [(3, 2, 1), (2, 2, 0), (3, 1, 1)])
  func equalsLibtorch(_ dtype: DType, _ window: (kernel: Int, stride: Int, padding: Int)) throws {
    let x = try Tensor.empty([2, 5, 11, 8])
    try x.fillNormal(deviation: 1, from: RandomGenerator(seed: 1))
    let numbers = try x.channelsLast().to(dtype)
    func pooled(_ tensor: Tensor) throws -> [Float] {
      try tensor.maxPooled(
        kernel: window.kernel, stride: window.stride, padding: window.padding, .evaluation
      ).detached().to(.float32).array(of: Float.self)
    }
    let learning = try numbers.copied()
    try learning.setRequiresGradient(true)
    #expect(try pooled(numbers) == pooled(learning))
  }

  @Test("keeps a NaN of either sign, and infinities")
  func notANumber() throws {
    var values = [Float](repeating: -1, count: 4 * 4)
    (values[0], values[2], values[8], values[10]) = (.nan, -.nan, -.infinity, .infinity)
    for dtype in [DType.float32, .bfloat16] {
      let x = try Tensor(values, shape: [1, 1, 4, 4]).channelsLast().to(dtype)
      let y = try x.maxPooled(kernel: 2, stride: 2, padding: 0, .evaluation).to(.float32)
        .array(of: Float.self)
      #expect(y[0].isNaN && y[1].isNaN)
      #expect(y[2] == -1 && y[3] == .infinity)
    }
  }

  @Test("of bytes is of what they stand for, at any size")
  func bytes() throws {
    let quantization = Quantization(ValueRange(low: -1, high: 3))
    let x = try Tensor.empty([1, 16, 128, 130])
    try x.fillNormal(deviation: 1, from: RandomGenerator(seed: 1))
    let bytes = try x.channelsLast().quantized(quantization)
    let pooled = try bytes.maxPooled(kernel: 3, stride: 2, padding: 1, .evaluation)
    #expect(pooled.quantization == quantization)
    let expected = try bytes.dequantized().maxPooled(
      kernel: 3, stride: 2, padding: 1, .evaluation)
    #expect(try pooled.dequantized().array(of: Float.self) == expected.array(of: Float.self))
  }
}
