import Testing

@testable import Torch

@Suite("ConvNorm folded")
struct ConvNormTests {
  /// A layer whose normalisation is far from doing nothing.
  func layer(
    from input: Int = 6, to output: Int = 6, kernel: Int = 3, stride: Int = 1, groups: Int = 1,
    hasBias: Bool = false, device: Device = .cpu
  ) throws -> ConvNorm {
    let store = try ParameterStore(seed: 1, device: device)
    let layer = try ConvNorm(
      store.root / "c", store.root / "n", from: input, to: output, kernel: kernel, stride: stride,
      groups: groups, hasBias: hasBias)
    let generator = try RandomGenerator(seed: 2)
    func draw(_ tensor: Tensor, _ low: Double, _ high: Double) throws {
      let values = try Tensor.empty(tensor.shape)
      try values.fillUniform(low: low, high: high, from: generator)
      try tensor.copy(from: values)
    }
    if let bias = layer.convolution.bias { try draw(bias, -0.5, 0.5) }
    try draw(layer.norm.weight, -1.5, 1.5)
    try draw(layer.norm.bias, -0.5, 0.5)
    try draw(layer.norm.runningMean, -0.5, 0.5)
    try draw(layer.norm.runningVariance, 0.2, 2)
    return layer
  }

  func pictures(_ shape: [Int], seed: UInt64 = 3, device: Device = .cpu) throws -> Tensor {
    let tensor = try Tensor.empty(shape)
    try tensor.fillNormal(deviation: 1, from: RandomGenerator(seed: seed))
    return try tensor.to(device: device)
  }

  struct Shape: Sendable {
    var from = 6
    var to = 6
    var kernel = 3
    var stride = 1
    var groups = 1
    var hasBias = false
  }

  static let shapes = [
    Shape(), Shape(from: 3, to: 8, kernel: 7, stride: 2), Shape(to: 12, kernel: 1),
    Shape(from: 8, to: 16, stride: 2, groups: 4), Shape(from: 1, to: 16), Shape(groups: 6),
    Shape(hasBias: true),
  ]

  @Test(
    "equals the separate layers in float32, with and without addition and ReLU", arguments: shapes,
    Device.available)
  func float32(_ shape: Shape, _ device: Device) throws {
    let layer = try layer(
      from: shape.from, to: shape.to, kernel: shape.kernel, stride: shape.stride,
      groups: shape.groups, hasBias: shape.hasBias, device: device)
    try withoutGradients {
      for last in [false, true] {
        let rows = try pictures([2, shape.from, 9, 7], device: device)
        let x = last ? try rows.channelsLast() : rows
        layer.unfold()
        let plain = try layer(x, .evaluation, activation: nil)
        let residual = try pictures(plain.shape, seed: 4, device: device)
        let expected = try [
          plain, layer(x, .evaluation), layer(x, .evaluation, adding: residual),
          layer(x, .evaluation, adding: residual, activation: nil),
        ]
        try layer.fold(precision: .float32)
        let folded = try [
          layer(x, .evaluation, activation: nil), layer(x, .evaluation),
          layer(x, .evaluation, adding: residual.copied()),
          layer(x, .evaluation, adding: residual.copied(), activation: nil),
        ]
        for (ours, theirs) in zip(folded, expected) { try expect(ours, equals: theirs) }
      }
    }
  }

  @Test("in bfloat16 differs from float32 by its rounding: 8 bits of weights, input and output")
  func bfloat16() throws {
    let layer = try layer()
    let x = try pictures([2, 6, 9, 7]).channelsLast()
    let exact = try withoutGradients { try layer(x, .evaluation, activation: nil) }
    try layer.fold(precision: .bf16)
    let ours = try layer(x.to(.bfloat16), .evaluation, activation: nil)
    #expect(ours.dtype == .bfloat16)
    let error = try relativeError(ours, exact)
    #expect(error < 0.01)
    #expect(error > 1e-5)
  }

  @Test("what is convolved stays as it is, also when it is the residual itself")
  func inputIsKept() throws {
    let layer = try layer()
    try withoutGradients {
      let x = try pictures([2, 6, 5, 5]).channelsLast()
      let before: [Float] = try x.array()
      let expected = try layer(x, .evaluation, adding: x)
      try layer.fold(precision: .float32)
      _ = try layer(x, .evaluation)
      #expect(try x.array() == before)
      try expect(layer(x, .evaluation, adding: x), equals: expected)
      #expect(try x.array() == before)
      let view = try x.reshaped(to: [2, 6, 5, 5])
      try expect(layer(x, .evaluation, adding: view), equals: expected, "another handle of it")
      #expect(try x.array() == before)
    }
  }

  @Test("pictures of other sizes follow each other, and training is not folded")
  func changingShapes() throws {
    let layer = try layer()
    let small = try pictures([1, 6, 5, 5])
    let large = try pictures([3, 6, 12, 8])
    try withoutGradients {
      let expected = try [layer(small, .evaluation), layer(large, .evaluation)]
      try layer.fold(precision: .float32)
      for _ in 0..<2 {
        try expect(layer(small, .evaluation), equals: expected[0])
        try expect(layer(large, .evaluation), equals: expected[1])
      }
    }
    let mean: [Float] = try layer.norm.runningMean.array()
    try layer(large, .training).sum().backward()
    #expect(try layer.convolution.weight.gradient() != nil)
    #expect(try layer.norm.runningMean.array() != mean)
  }

  @Test("folding takes a copy: weights that change later wait for the next fold")
  func copies() throws {
    let layer = try layer()
    let x = try pictures([1, 6, 5, 5])
    try withoutGradients {
      try layer.fold(precision: .float32)
      let before: [Float] = try layer(x, .evaluation).array()
      try layer.norm.bias.fill(3)
      #expect(try layer(x, .evaluation).array() == before)
      layer.unfold()
      let changed = try layer(x, .evaluation)
      try layer.fold(precision: .float32)
      try expect(layer(x, .evaluation), equals: changed)
    }
  }

  @Test("pictures of other channels or a residual of another shape are an error with the shapes")
  func errors() throws {
    let layer = try layer()
    try layer.fold(precision: .float32)
    let channels = #expect(throws: TorchError.self) {
      try layer(pictures([1, 5, 4, 4]), .evaluation)
    }
    #expect(channels?.shapes == [[1, 5, 4, 4], [6, 6, 3, 3]])
    let axes = #expect(throws: TorchError.self) { try layer(pictures([6, 4]), .evaluation) }
    #expect(axes?.shapes.first == [6, 4])
    let residual = #expect(throws: TorchError.self) {
      try layer(pictures([1, 6, 4, 4]), .evaluation, adding: pictures([1, 6, 2, 2]))
    }
    #expect(residual?.shapes == [[1, 6, 4, 4], [6, 6, 3, 3], [1, 6, 2, 2]])
  }
}
