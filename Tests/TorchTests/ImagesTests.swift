import Testing

@testable import Torch

@Suite("Pictures as tensors")
struct ImagesTests {
  @Test(
    "the bytes of a batch become the bits that libtorch's own operations give",
    arguments: [(3, 7), (1, 28), (3, 224), (4, 5), (17, 3)])
  func sameBits(_ channels: Int, _ size: Int) throws {
    let count = 5
    let bytes = (0..<count * size * size * channels).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let scale = (0..<channels).map { 1 / (255 * (0.22 + 0.013 * Float($0))) }
    let offset = (0..<channels).map { -0.4 / (0.22 + 0.013 * Float($0)) }
    let shape = [count, size, size, channels]

    let ours = try bytes.withUnsafeBytes {
      try Tensor.images($0, shape: shape, paddedTo: count, scale: scale, offset: offset)
    }
    let perChannel = [1, channels, 1, 1]
    let theirs = try bytes.withUnsafeBytes {
      try Tensor(bytes: $0, shape: shape, dtype: .uint8)
    }.to(.float32).permuted([0, 3, 1, 2]).multiplied(by: Tensor(scale, shape: perChannel))
      .adding(Tensor(offset, shape: perChannel))

    #expect(ours.shape == [count, channels, size, size])
    #expect(try ours.array(of: Float.self) == theirs.array(of: Float.self))
    #expect(ours.isChannelsLast == theirs.isChannelsLast)
  }

  @Test("rows beyond the pictures are those of zeros")
  func padding() throws {
    let padded = try [UInt8](repeating: 9, count: 24).withUnsafeBytes {
      try Tensor.images(
        $0, shape: [2, 2, 2, 3], paddedTo: 200, scale: [1, 1, 1], offset: [0.5, 1.5, 2.5])
    }
    #expect(padded.shape == [200, 3, 2, 2])
    let values = try padded.array(of: Float.self)
    #expect(
      values[..<12].elementsEqual([9.5, 10.5, 11.5].flatMap { Array(repeating: $0, count: 4) }))
    let zeros = [0.5, 1.5, 2.5].flatMap { Array(repeating: Float($0), count: 4) }
    for row in 2..<200 { #expect(Array(values[row * 12..<(row + 1) * 12]) == zeros) }
  }

  @Test("no pictures are rows of zeros alone")
  func none() throws {
    let padded = try Tensor.images(
      UnsafeRawBufferPointer(start: nil, count: 0), shape: [0, 1, 1, 1], paddedTo: 2, scale: [3],
      offset: [4])
    #expect(try padded.array(of: Float.self) == [4, 4])
  }

  @Test("numbers that do not fit one another are refused")
  func misfits() {
    let bytes = [UInt8](repeating: 0, count: 12)
    bytes.withUnsafeBytes { bytes in
      #expect(throws: TorchError.self) {
        try Tensor.images(
          bytes, shape: [1, 2, 2, 2], paddedTo: 1, scale: [1, 1], offset: [1, 1])
      }
      #expect(throws: TorchError.self) {
        try Tensor.images(
          bytes, shape: [1, 2, 2, 3], paddedTo: 1, scale: [1], offset: [1, 1, 1])
      }
      #expect(throws: TorchError.self) {
        try Tensor.images(
          bytes, shape: [1, 2, 2, 3], paddedTo: 0, scale: [1, 1, 1], offset: [1, 1, 1])
      }
    }
  }
}
