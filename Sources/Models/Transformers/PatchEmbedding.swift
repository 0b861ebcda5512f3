import Torch

/// Cuts a picture into square patches and makes a token of each.
struct PatchEmbedding {
  /// The side of the picture, in pixels.
  let size: Int
  /// The patches along each side.
  let grid: Int
  private let projection: Conv2d

  /// - Throws: `TorchError` when the picture is smaller than a patch.
  init(
    _ path: Path, _ options: NetworkOptions, patch: Int, width: Int, hasBias: Bool = true
  ) throws {
    size = options.inputSize
    grid = size / patch
    guard grid > 0 else {
      throw TorchError(
        options.model, message: "pictures of \(size) px are smaller than a patch of \(patch)")
    }
    let start = ParameterStore.Start.uniform(
      bound: 1 / Double(options.inputChannels * patch * patch).squareRoot())
    projection = try Conv2d(
      path / "proj", from: options.inputChannels, to: width, kernel: patch, stride: patch,
      hasBias: hasBias, start: start, biasStart: start)
  }

  /// [N, C, size, size] → [N, grid², width], row by row.
  /// - Throws: `TorchError` when the pictures are of another size.
  func callAsFunction(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    let shape = pictures.shape
    guard shape.count == 4, shape[2] == size, shape[3] == size else {
      throw TorchError(
        "patches", shapes: [shape],
        message: "the network sees pictures of \(size) × \(size); make it for another input size")
    }
    let cells = try projection(pictures, pass)
    return try cells.reshaped(to: [shape[0], cells.shape[1], grid * grid]).permuted([0, 2, 1])
  }
}

extension Tensor {
  /// The token [1, count, width] once for each of so many pictures.
  func repeated(_ pictures: Int) throws -> Tensor {
    try expanded(to: [pictures] + shape.dropFirst())
  }
}

extension AdaptedWeights {
  /// The patches along each side that the embeddings `name` are of, after those of the first `prefix` tokens; nil
  /// where they are of no square.
  func grid(ofPositions name: String, prefix: Int) -> Int? {
    guard let shape = shape(of: name), shape.count == 3, shape[1] > prefix else { return nil }
    let side = Int(Double(shape[1] - prefix).squareRoot())
    return side * side == shape[1] - prefix ? side : nil
  }

  /// Resamples the embeddings `name` of another number of patches for `grid` × `grid`, as timm does;
  /// those of the first `prefix` tokens stay.
  func resamplePositions(_ name: String, grid: Int, prefix: Int) {
    guard let side = self.grid(ofPositions: name, prefix: prefix), side != grid,
      let width = shape(of: name)?[2]
    else { return }
    replace(name, shape: [1, prefix + grid * grid, width]) { tensor in
      let all = try tensor.to(.float32)
      let cells = try all.narrowed(axis: 1, to: prefix..<prefix + side * side)
        .reshaped(to: [1, side, side, width]).permuted([0, 3, 1, 2])
        .resizedBicubic(height: grid, width: grid)
        .permuted([0, 2, 3, 1]).reshaped(to: [1, grid * grid, width])
      return try Tensor.concatenated([all.narrowed(axis: 1, to: 0..<prefix), cells], axis: 1)
    }
    say(
      "its position embeddings of \(side) × \(side) patches are resampled to \(grid) × \(grid)")
  }
}
