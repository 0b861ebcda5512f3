import Foundation
import Testing

@testable import Torch

@Suite("Convolutions of bytes", .enabled(if: CPU.multipliesBytes))
struct QuantizedConvolutionTests {
  struct Shape: Sendable {
    var from = 8
    var to = 16
    var kernel = 3
    var stride = 1
    var groups = 1
  }

  static let shapes = [
    Shape(), Shape(kernel: 1), Shape(from: 3, to: 16, kernel: 7, stride: 2), Shape(stride: 2),
    Shape(to: 8, groups: 8), Shape(from: 32, to: 32, groups: 4), Shape(from: 1, to: 8),
  ]

  private func layer(_ shape: Shape) throws -> ConvNorm {
    let store = try ParameterStore(seed: 1)
    let layer = try ConvNorm(
      store.root / "c", store.root / "n", from: shape.from, to: shape.to, kernel: shape.kernel,
      stride: shape.stride, groups: shape.groups)
    let generator = try RandomGenerator(seed: 2)
    for (tensor, low, high) in [
      (layer.norm.weight, 0.5, 1.5), (layer.norm.bias, -0.5, 0.5),
      (layer.norm.runningMean, -0.5, 0.5), (layer.norm.runningVariance, 0.2, 2),
    ] {
      let values = try Tensor.empty(tensor.shape)
      try values.fillUniform(low: low, high: high, from: generator)
      try tensor.copy(from: values)
    }
    return layer
  }

  private func bytes(_ shape: [Int], _ quantization: Quantization, seed: UInt64) throws -> Tensor {
    let numbers = try Tensor.empty(shape)
    try numbers.fillNormal(deviation: 1, from: RandomGenerator(seed: seed))
    return try numbers.channelsLast().quantized(quantization)
  }

  private static let signed = Quantization(ValueRange(low: -2, high: 3))
  private static let positive = Quantization(ValueRange(low: 0, high: 3))
  private static let output = ValueRange(low: -3, high: 4)

  @Test(
    "are those of the numbers that the bytes stand for, to the nearest step, whatever is added and applied",
    arguments: shapes, [signed, positive])
  func equalsNumbers(_ shape: Shape, _ from: Quantization) throws {
    try withoutGradients {
      let layer = try layer(shape)
      let x = try bytes([2, shape.from, 11, 9], from, seed: 3)
      let (weight, bias) = try layer.convolution.folding(layer.norm)
      let rounded = try QuantizedWeight(weight, padding: 0).numbers()
      // Half a step of each weight at most.
      let steps = try weight.subtracting(rounded).divided(
        by: QuantizedWeight(weight, padding: 0).scales.reshaped(to: [-1, 1, 1, 1]))
      #expect(try steps.array(of: Float.self).allSatisfy { abs($0) <= 0.5001 })
      let plain = try x.dequantized().convolved(
        with: rounded, bias: bias, stride: [shape.stride, shape.stride],
        padding: [shape.kernel / 2, shape.kernel / 2], groups: shape.groups)
      let residual = try bytes(plain.shape, Self.signed, seed: 4)
      let activations: [Activation?] = [nil, .relu, .silu, .hardSwish, .gelu]
      for activation in activations {
        for other in [nil, residual] {
          let range = activation == nil ? Self.output : ValueRange(low: -0.5, high: 4)
          let folded = try QuantizedConvolution(
            layer.convolution, layer.norm, ActivationRanges.Layer(output: range))
          let y = try folded(
            x, adding: other.map { try $0.copied().standing(for: $0.quantization) },
            activation: activation)
          let sum = try other.map { try plain.adding($0) } ?? plain
          let expected = try (activation.map { try sum.activated(by: $0, .evaluation) } ?? sum)
            .quantized(Quantization(range))
          #expect(y.quantization == Quantization(range))
          let differences = zip(
            try y.array(of: UInt8.self), try expected.array(of: UInt8.self)
          ).map { abs(Int($0) - Int($1)) }
          // Sums of float32 in another order may fall on the other side of half a step.
          #expect(differences.max() ?? 0 <= 1)
          #expect(differences.filter { $0 > 0 }.count * 100 <= differences.count)
        }
      }
    }
  }

  @Test("of pictures whose channels were bytes lose nothing of them, at the borders half a step")
  func channels() throws {
    let (mean, std): ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    let ranges = zip(mean, std).map { ValueRange(low: -$0 / $1, high: (1 - $0) / $1) }
    let channels = try ChannelBytes(ranges, padding: 2)
    let bytes = (0..<(2 * 5 * 4 * 3)).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 5) }
    let pictures = try bytes.withUnsafeBytes {
      try Tensor.images(
        $0, shape: [2, 5, 4, 3], paddedTo: 2, scale: std.map { 1 / (255 * $0) },
        offset: zip(mean, std).map { -$0 / $1 })
    }
    let padded = try channels.bytes(of: pictures)
    #expect(padded.shape == [2, 3, 9, 8])
    let inside = try padded.narrowed(axis: 2, to: 2..<7).narrowed(axis: 3, to: 2..<6)
      .permuted([0, 2, 3, 1])
    #expect(try inside.array(of: UInt8.self) == bytes)
    let corner = try padded.narrowed(axis: 2, to: 0..<1).narrowed(axis: 3, to: 0..<1)
    #expect(try corner.array(of: UInt8.self) == [124, 116, 104, 124, 116, 104])
  }

  @Test(
    "of such pictures are those of the pictures, up to the weights' and the result's half steps")
  func firstLayer() throws {
    try withoutGradients {
      let layer = try layer(Shape(from: 3, to: 16, kernel: 7, stride: 2))
      let (mean, std): ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
      let bytes = (0..<(2 * 16 * 16 * 3)).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0) }
      let pictures = try bytes.withUnsafeBytes {
        try Tensor.images(
          $0, shape: [2, 16, 16, 3], paddedTo: 2, scale: std.map { 1 / (255 * $0) },
          offset: zip(mean, std).map { -$0 / $1 })
      }
      let plain = try layer(pictures, .evaluation, activation: nil)
      let values = try plain.array(of: Float.self)
      let range = ValueRange(low: values.min() ?? 0, high: values.max() ?? 0)
      let folded = try QuantizedConvolution(
        layer.convolution, layer.norm,
        ActivationRanges.Layer(
          input: zip(mean, std).map { ValueRange(low: -$0 / $1, high: (1 - $0) / $1) },
          output: range))
      let y = try folded(pictures, adding: nil, activation: nil).dequantized()
      let (weight, _) = try layer.convolution.folding(layer.norm)
      let scales = try QuantizedWeight(weight, padding: 0).scales.array(of: Float.self)
      // 147 products of numbers below 2.65, each weight off by half a step (a step is larger where a
      // channel's deviation is smaller, by up to 2 %), the padding by half of 1 / 57.
      let largest = (scales.max() ?? 0) * 1.03
      let bound =
        147 * 2.65 * largest / 2 + 147 * 127 * largest / 114 + Quantization(range).scale / 2
      let errors = zip(try y.array(of: Float.self), values).map { abs($0 - $1) }
      #expect((errors.max() ?? .infinity) <= bound)
      // Rounding errors of both signs mostly cancel.
      #expect(errors.reduce(0, +) / Float(errors.count) <= 2 * Quantization(range).scale)
    }
  }

  @Test("a layer without ranges, or with ones that are none, is refused")
  func withoutRanges() throws {
    let layer = try layer(Shape(from: 3, to: 8, kernel: 3))
    func refusal(_ layers: [String: ActivationRanges.Layer]) throws -> String? {
      let error = #expect(throws: TorchError.self) {
        try layer.fold(to: ActivationRanges(layers: layers))
      }
      return error?.message
    }
    #expect(try refusal([:]) == "there are no ranges of c")
    let ranges: [(Float, Float)] = [(5, -5), (0, .nan), (-.infinity, 1)]
    for (low, high) in ranges {
      let range = ValueRange(low: low, high: high)
      #expect(
        try refusal(["c": ActivationRanges.Layer(input: [range], output: Self.output)])?
          .hasPrefix("the ranges of c are none") == true)
    }
  }

  @Test("without a range for numbers that do not come in bytes are refused, not guessed")
  func refusal() throws {
    let layer = try layer(Shape(from: 3, to: 8))
    let folded = try QuantizedConvolution(
      layer.convolution, layer.norm, ActivationRanges.Layer(output: Self.output))
    let error = #expect(throws: TorchError.self) {
      try folded(Tensor.full([1, 3, 8, 8], 0.5), adding: nil, activation: nil)
    }
    #expect(error?.message == "which numbers it sees was not calibrated")
  }
}
