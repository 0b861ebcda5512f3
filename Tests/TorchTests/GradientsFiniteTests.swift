import Testing

@testable import Torch

@Suite("Finite gradients")
struct GradientsFiniteTests {
  /// What our kernel and its plain twin say of a weight with this gradient.
  func verdicts(_ gradients: [Tensor]) throws -> [Bool] {
    let weights = try gradients.map { gradient in
      let weight = try Tensor.full(gradient.shape, 1, dtype: gradient.dtype).leaf()
      try weight.backward(upstream: gradient)
      return weight
    }
    return try [
      Tensor.gradientsAreFinite(weights, and: nil, plainly: false),
      Tensor.gradientsAreFinite(weights, and: nil, plainly: true),
    ]
  }

  @Test(
    "the kernel and its plain twin find a NaN or an infinity at any place",
    arguments: [Float.nan, -.nan, .infinity, -.infinity, .signalingNaN], [0, 1, 70_000, 140_001])
  func found(_ value: Float, at place: Int) throws {
    // 140,002 elements are three shares of the threads, the last one uneven.
    var values = (0..<140_002).map { Float($0 % 7) - 3 }
    values[place] = value
    let small = try Tensor([1, 2] as [Float], shape: [2])
    let large = try Tensor(values, shape: [140_002])
    #expect(try verdicts([small, large]) == [false, false])
  }

  @Test("the kernel and its plain twin pass zeros, denormals and the largest numbers")
  func passed() throws {
    let edges: [Float] = [
      0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .ulpOfOne,
    ]
    #expect(try verdicts([Tensor(edges, shape: [2, 4])]) == [true, true])
    #expect(try verdicts([Tensor.full([0], 1)]) == [true, true])
    #expect(try verdicts([]) == [true, true])
  }

  @Test("other types and memory layouts are looked through too")
  func otherTensors() throws {
    let wide = try Tensor([1, 1e300] as [Double], shape: [2])
    #expect(try verdicts([wide]) == [true, true])
    #expect(try verdicts([Tensor([1, .infinity] as [Double], shape: [2])]) == [false, false])
    let half = try Tensor([1, .nan] as [Float], shape: [2]).to(.bfloat16)
    #expect(try verdicts([half]) == [false, false])
    #expect(try verdicts([Tensor.full([2], 1, dtype: .bfloat16)]) == [true, true])
    var pictures = [Float](repeating: 1, count: 2 * 3 * 4 * 4)
    pictures[50] = .nan
    let last = try Tensor(pictures, shape: [2, 3, 4, 4]).channelsLast()
    #expect(try verdicts([last]) == [false, false])
  }

  @Test("a weight without a gradient is finite")
  func missing() throws {
    let weight = try Tensor([.nan] as [Float], shape: [1]).leaf()
    #expect(try Tensor.gradientsAreFinite([weight], and: nil, plainly: false))
  }

  @Test(
    "a value beside the gradients is looked at too, whatever its type", arguments: [true, false])
  func value(plainly: Bool) throws {
    let weight = try Tensor([1, 2] as [Float], shape: [2])
    try weight.setRequiresGradient(true)
    try weight.multiplied(by: weight).sum().backward()
    for dtype in [DType.float32, .float64] {
      for (number, isFinite) in [(1.5, true), (.nan, false), (.infinity, false)] {
        let value = try Tensor.full([], number, dtype: dtype)
        #expect(
          try Tensor.gradientsAreFinite([weight], and: value, plainly: plainly) == isFinite)
      }
    }
  }
}
