import ImageData
import Torch

/// Turns a batch of bytes into what a network sees: floats on the device, normalised a channel.
struct PictureTensor {
  private let scale, offset: Tensor
  private let device: Device

  init(_ input: Recipe.Input, device: Device) throws {
    let shape = [1, input.channels, 1, 1]
    scale = try Tensor(input.std.map { Float(1 / (255 * $0)) }, shape: shape, device: device)
    offset = try Tensor(
      zip(input.mean, input.std).map { Float(-$0 / $1) }, shape: shape, device: device)
    self.device = device
  }

  /// Bytes [N, H, W, C] → float32 [N, C, H, W], channels last in memory. With `padding` there are
  /// so many rows, the last of them zeros.
  func callAsFunction(_ batch: ImageBatch, paddedTo padding: Int? = nil) throws -> Tensor {
    let shape = [batch.count, batch.size, batch.size, batch.channels]
    let used = batch.count * batch.size * batch.size * batch.channels
    let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(batch.pixels)[..<used])
    var pictures = try Tensor(bytes: bytes, shape: shape, dtype: .uint8, device: device)
    if let padding, padding > batch.count {
      let zeros = try Tensor.full(
        [padding - batch.count] + shape[1...], 0, dtype: .uint8, device: device)
      pictures = try Tensor.concatenated([pictures, zeros])
    }
    return try pictures.to(.float32).permuted([0, 3, 1, 2]).multiplied(by: scale).adding(offset)
  }
}

extension Recipe.Input {
  /// The mean as bytes, which random erasing fills with.
  var meanBytes: [UInt8] { mean.map { UInt8(max(0, min(255, ($0 * 255).rounded()))) } }
}
