import Testing

@testable import Torch

@Suite("Numbers as bytes")
struct QuantizationTests {
  @Test("0 is a byte of its own, and 255 steps reach from the lowest number to the highest")
  func steps() {
    let signed = Quantization(ValueRange(low: -1, high: 4.1))
    #expect(abs(signed.scale - 0.02) < 1e-7)
    #expect(signed.zeroPoint == 50)
    // A range without 0 is widened to it.
    #expect(Quantization(ValueRange(low: 1, high: 2.55)).zeroPoint == 0)
    #expect(abs(Quantization(ValueRange(low: 1, high: 2.55)).scale - 0.01) < 1e-7)
    #expect(Quantization(ValueRange(low: -3, high: -1)).zeroPoint == 255)
    // Of zeros alone any step is right.
    #expect(Quantization(ValueRange(low: 0, high: 0)).scale == 1)
  }

  @Test("become the nearest byte, the even of two, and the first or last beyond the range")
  func nearest() throws {
    let quantization = Quantization(ValueRange(low: -1, high: 1.55))  // steps of 0.01, 0 is 100
    let values: [Float] = [-9, -1, -0.994, 0, 0.014, 0.016, 1.546, 1.55, 9, -.infinity, .infinity]
    let expected: [UInt8] = [0, 0, 1, 100, 101, 102, 255, 255, 255, 0, 255]
    let tensor = try Tensor(values, shape: [values.count])
    #expect(try tensor.quantized(quantization).array(of: UInt8.self) == expected)
    let halves = try Tensor([0.5, 1.5, 2.5, 254.5] as [Float], shape: [4])
    let whole = Quantization(ValueRange(low: 0, high: 255))
    #expect(try halves.quantized(whole).array(of: UInt8.self) == [0, 2, 2, 254])
    #expect(
      try halves.to(.bfloat16).quantized(whole).array(of: UInt8.self) == [0, 2, 2, 254])
  }

  @Test("come back within half a step, in float32 and in bfloat16")
  func back() throws {
    let quantization = Quantization(ValueRange(low: -1, high: 3))
    let values = (0..<1000).map { Float($0) * 0.004 - 1 }
    let bytes = try Tensor(values, shape: [10, 100]).quantized(quantization)
    let numbers = try bytes.dequantized().array(of: Float.self)
    #expect(zip(values, numbers).allSatisfy { abs($0 - $1) <= quantization.scale / 2 + 1e-6 })
    let half = try bytes.dequantized(.bfloat16).to(.float32).array(of: Float.self)
    // A bfloat16 has 8 bits.
    #expect(zip(numbers, half).allSatisfy { abs($0 - $1) <= abs($0) / 256 })
  }

  @Test("have the means of what they stand for, and pad with the byte of 0")
  func means() throws {
    let quantization = Quantization(ValueRange(low: -1, high: 1.55))
    let values: [Float] = (0..<120).map { (index: Int) -> Float in Float(index % 7) * 0.1 - 0.3 }
    let bytes = try Tensor(values, shape: [2, 3, 4, 5]).channelsLast().quantized(quantization)
    let expected = try bytes.dequantized().mean(axes: [2, 3]).array(of: Float.self)
    let means = try bytes.globalAveragePooled(.evaluation).array(of: Float.self)
    #expect(zip(means, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    let padded = try bytes.padded(axis: 1, before: 1, after: 0)
    #expect(padded.quantization == quantization)
    #expect(try padded.dequantized().array(of: Float.self).prefix(20).allSatisfy { $0 == 0 })
  }

  @Test("the range that loses least cuts off what is rare, and nothing that is not")
  func ranges() throws {
    let even = ValueCounts()
    try even.add(Tensor((0..<4096).map { Float($0) / 1024 }, shape: [4096]))
    let whole = try #require(even.bestRange())
    #expect(whole.low == 0 && whole.high > 3.9)
    // One in 50,001 is 10. Up to c, it loses (10 - c)² and all lose (c / 255)² / 12 each, which is least
    // together at c = 10 / (1 + 50,001 / (12 · 255²)) = 9.4.
    let rare = ValueCounts()
    try rare.add(Tensor((0..<50_000).map { Float($0 % 4096) / 4096 }, shape: [50_000]))
    try rare.add(Tensor([10 as Float], shape: [1]))
    let cut = try #require(rare.bestRange())
    #expect(abs(cut.high - 9.4) < 0.1)
    let broken = ValueCounts()
    try broken.add(Tensor([1, .nan] as [Float], shape: [2]))
    #expect(broken.bestRange() == nil)
    #expect(ValueCounts().bestRange() == nil)
  }

  @Test("are counted as the nearest bfloat16, whichever of the two types they have")
  func counting() throws {
    let values = (0..<5000).map { Float($0) * 0.37 - 900 }
    let floats = ValueCounts()
    let halves = ValueCounts()
    try floats.add(Tensor(values, shape: [5000]))
    try halves.add(Tensor(values, shape: [5000]).to(.bfloat16))
    #expect(floats.counts == halves.counts)
    #expect(floats.counts.reduce(0, +) == 5000)
  }
}
