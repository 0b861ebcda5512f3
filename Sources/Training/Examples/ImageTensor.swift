public import ImageData
public import Models
public import Torch

/// Turns a batch of bytes into what a network sees: floats on the device, normalised a channel.
public struct ImageTensor {
  private let scale, offset: [Float]
  private let device: Device
  /// Scale and offset as [1, C, 1, 1] where the device is not the CPU.
  private var there: (scale: Tensor, offset: Tensor)?

  /// The way to `device` for networks that see `input`.
  /// - Throws: `TorchError` when there is not enough memory.
  public init(_ input: ImageInput, device: Device) throws {
    scale = input.std.map { Float(1 / (255 * $0)) }
    offset = zip(input.mean, input.std).map { Float(-$0 / $1) }
    self.device = device
    guard device != .cpu else { return }
    let shape = [1, input.channels, 1, 1]
    there = (
      try Tensor(scale, shape: shape, device: device),
      try Tensor(offset, shape: shape, device: device)
    )
  }

  /// Bytes [N, H, W, C] → float32 [N, C, H, W], channels last in memory. Padded with rows of
  /// zeros to `padding` where that is more.
  /// - Throws: `TorchError` when there is not enough memory.
  public func callAsFunction(_ batch: ImageBatch, paddedTo padding: Int? = nil) throws -> Tensor {
    let rows = max(batch.count, padding ?? 0)
    let shape = [batch.count, batch.size, batch.size, batch.channels]
    let bytes = UnsafeRawBufferPointer(
      rebasing: UnsafeRawBufferPointer(batch.pixels)[..<shape.reduce(1, *)])
    guard let there else {
      return try Tensor.images(
        bytes, shape: shape, paddedTo: rows, scale: scale, offset: offset)
    }
    // A quarter of the bytes on the way to the device.
    var pictures = try Tensor(bytes: bytes, shape: shape, dtype: .uint8, device: device)
    if rows > batch.count {
      let zeros = try Tensor.full(
        [rows - batch.count] + shape[1...], 0, dtype: .uint8, device: device)
      pictures = try Tensor.concatenated([pictures, zeros])
    }
    return try pictures.to(.float32).permuted([0, 3, 1, 2]).multiplied(by: there.scale)
      .adding(there.offset)
  }
}
