import Testing

@testable import Torch

@Suite("Tensor")
struct TensorTests {
  /// 0 1 2
  /// 3 4 5
  let matrix: Tensor

  init() throws { matrix = try Tensor([0, 1, 2, 3, 4, 5] as [Float], shape: [2, 3]) }

  func values(_ tensor: Tensor) throws -> [Float] { try tensor.array() }

  @Test("a tensor knows its shape, number of elements, type and device")
  func properties() throws {
    #expect(matrix.shape == [2, 3])
    #expect(matrix.count == 6)
    #expect(matrix.dtype == .float32)
    #expect(matrix.device == .cpu)
    #expect("\(matrix)" == "Tensor[2, 3] float32 on cpu")
    let scalar = try Tensor([7] as [Double], shape: [])
    #expect(scalar.shape == [])
    #expect(try scalar.item() == 7)
    #expect(try Tensor([] as [Float], shape: [0, 3]).array(of: Float.self) == [])
  }

  @Test("elements of every Swift type come back as they went in")
  func elements() throws {
    #expect(try Tensor([0, 255] as [UInt8], shape: [2]).array() == [0, 255] as [UInt8])
    #expect(try Tensor([.min, .max] as [Int32], shape: [2]).array() == [.min, .max] as [Int32])
    #expect(try Tensor([.min, .max] as [Int64], shape: [2]).array() == [.min, .max] as [Int64])
    let tiny = Float.leastNonzeroMagnitude
    #expect(try Tensor([tiny, -.infinity], shape: [2]).array() == [tiny, -.infinity])
    #expect(try Tensor([.pi, 1e300] as [Double], shape: [2]).array() == [.pi, 1e300] as [Double])
  }

  @Test("every type has its size, and bytes come back as they went in", arguments: DType.allCases)
  func bytes(_ dtype: DType) throws {
    // Zeros and ones are bytes of every type, of bool too.
    let bytes = (0..<6 * dtype.byteCount).map { UInt8($0 % 2) }
    let tensor = try makeTensor(bytes, shape: [3, 2], dtype: dtype)
    #expect(tensor.dtype == dtype)
    #expect(try makeBytes(tensor) == bytes)
  }

  @Test("a number becomes the nearest one of another type")
  func conversion() throws {
    // bfloat16 keeps 8 bits: 257 is halfway between 256 and 258, and goes to the even 256.
    let wide = try Tensor([257, 258, 1.25] as [Float], shape: [3])
    #expect(try values(wide.to(.bfloat16).to(.float32)) == [256, 258, 1.25])
    #expect(try wide.to(.int64).array() == [257, 258, 1] as [Int64])
    #expect(try wide.to(.float16).dtype == .float16)
  }

  @Test("a shape is changed, axes are reordered, parts are taken")
  func shapes() throws {
    #expect(try matrix.reshaped(to: [3, -1]).shape == [3, 2])
    #expect(try values(matrix.reshaped(to: [3, 2])) == [0, 1, 2, 3, 4, 5])
    let turned = try matrix.permuted([1, 0])
    #expect(turned.shape == [3, 2])
    #expect(try values(turned) == [0, 3, 1, 4, 2, 5])
    #expect(try values(matrix.narrowed(axis: 1, to: 1..<3)) == [1, 2, 4, 5])
    let both = try Tensor.concatenated([matrix, matrix], axis: 1)
    #expect(both.shape == [2, 6])
    #expect(try values(both) == [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
  }

  @Test("arithmetic goes element by element and repeats axes of one")
  func arithmetic() throws {
    let row = try Tensor([1, 2, 4] as [Float], shape: [1, 3])
    #expect(try values(matrix.adding(row)) == [1, 3, 6, 4, 6, 9])
    #expect(try values(matrix.subtracting(row)) == [-1, -1, -2, 2, 2, 1])
    #expect(try values(matrix.multiplied(by: row)) == [0, 2, 8, 3, 8, 20])
    #expect(try values(matrix.divided(by: row)) == [0, 0.5, 0.5, 3, 2, 1.25])
    #expect(try values(matrix.scaled(by: 2, plus: 1)) == [1, 3, 5, 7, 9, 11])
    #expect(try values(matrix.scaled(by: 3)) == [0, 3, 6, 9, 12, 15])
    #expect(try values(matrix.multiplied(by: matrix).squareRoot()) == [0, 1, 2, 3, 4, 5])
    #expect(try values(matrix.matrixProduct(row.permuted([1, 0]))) == [10, 31])
    #expect(try matrix.sum().item() == 15)
    #expect(try values(matrix.mean(axes: [1])) == [1, 4])
    #expect(try values(matrix.mean(axes: [0, 1])) == [2.5])
  }

  @Test("the largest entries of a row come first, with where they stand")
  func top() throws {
    let rows = try Tensor([3, 9, 1, 7, 5, 6] as [Float], shape: [2, 3])
    let (best, places) = try rows.top(2)
    #expect(try values(best) == [9, 3, 7, 6])
    #expect(try places.array() == [1, 0, 0, 2] as [Int64])
  }

  @Test("a softmax sums to one and survives logits of 1,000")
  func softmax() throws {
    // e^(1000−1000) / (e^0 + e^0 + e^−2000) = 1/2
    let rows = try Tensor([1000, 1000, -1000] as [Float], shape: [1, 3])
    #expect(try values(rows.softmax()) == [0.5, 0.5, 0])
  }

  @Test("a copy has its own memory, a view does not")
  func copies() throws {
    let copy = try matrix.copied()
    let view = try matrix.narrowed(axis: 0, to: 0..<1)
    try matrix.fill(9)
    #expect(try values(copy) == [0, 1, 2, 3, 4, 5])
    #expect(try values(view) == [9, 9, 9])
    try matrix.copy(from: copy)
    #expect(try values(view) == [0, 1, 2])
    let other = try Tensor.full([2, 3], 1)
    try Tensor.copyAll(from: [other], to: [matrix])
    #expect(try values(matrix) == [1, 1, 1, 1, 1, 1])
  }

  @Test("in-place operations write into the tensor itself")
  func inPlace() throws {
    try matrix.addInPlace(Tensor.full([2, 3], -3))
    #expect(try values(matrix) == [-3, -2, -1, 0, 1, 2])
    try matrix.reluInPlace()
    #expect(try values(matrix) == [0, 0, 0, 0, 1, 2])
  }

  @Test("a meta tensor has a shape and no memory")
  func meta() throws {
    let before = try processMemory("VmHWM")
    let tensor = try Tensor.empty([1 << 20, 1 << 20], device: .meta)
    #expect(tensor.count == 1 << 40)
    #expect(tensor.device == .meta)
    #expect(try processMemory("VmHWM") - before < 8 << 20)
    #expect(throws: TorchError.self) { try tensor.array(of: Float.self) }
  }

  @Test("a tensor made on a device is there, and comes back", arguments: Device.available)
  func devices(_ device: Device) throws {
    let tensor = try Tensor([1, 2] as [Float], shape: [2], device: device)
    #expect(tensor.device == device)
    #expect(try values(tensor.adding(tensor)) == [2, 4])
    #expect(try tensor.to(device: .cpu).device == .cpu)
  }

  @Test("there always is a CPU, and a device that is not there is an error, not a crash")
  func missingDevice() {
    #expect(Device.available.contains(.cpu))
    #expect(!Device.available.contains(.meta))
    if !Device.available.contains(.cuda) {
      #expect(throws: TorchError.self) { try Tensor.empty([2], device: .cuda) }
    }
    #expect(Libtorch.version.split(separator: ".").count == 3)
    #expect(Libtorch.threads >= 1)
  }

  @Test("the same seed draws the same numbers, another one others")
  func seeds() throws {
    func draw(_ seed: UInt64) throws -> [Float] {
      let generator = try RandomGenerator(seed: seed)
      let normal = try Tensor.empty([50])
      let uniform = try Tensor.empty([50])
      try normal.fillNormal(deviation: 2, from: generator)
      try uniform.fillUniform(low: -1, high: 3, from: generator)
      return try values(normal) + values(uniform)
    }
    #expect(try draw(7) == draw(7))
    #expect(try draw(7) != draw(8))
    #expect(try draw(7)[50...].allSatisfy { $0 >= -1 && $0 < 3 })
  }
}

/// A tensor of these bytes.
func makeTensor(_ bytes: [UInt8], shape: [Int], dtype: DType) throws -> Tensor {
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
  defer { buffer.deallocate() }
  buffer.copyBytes(from: bytes)
  return try Tensor(bytes: UnsafeRawBufferPointer(buffer), shape: shape, dtype: dtype)
}

/// The bytes of a tensor.
func makeBytes(_ tensor: Tensor) throws -> [UInt8] {
  let count = tensor.count * tensor.dtype.byteCount
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
  defer { buffer.deallocate() }
  try tensor.copyBytes(into: buffer)
  return Array(buffer)
}
