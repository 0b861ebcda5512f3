import Files
import Foundation
import Models
import Torch
import Training

/// 10⁹ multiply-adds a second of a square matrix product: what networks can come near.
func machineSpeed(_ device: Device, _ precision: Precision) throws -> Double {
  let side = device.kind == .cuda ? 8192 : 2048
  let dtype: DType = precision == .bf16 ? .bfloat16 : .float32
  let matrix = try Tensor.full([side, side], 0.5, dtype: dtype, device: device)
  return try withoutGradients {
    var best = 0.0
    for _ in 0..<4 {
      let start = Stopwatch()
      _ = try matrix.matrixProduct(matrix).narrowed(axis: 0, to: 0..<1).to(.float32).sum().item()
      best = max(best, Double(side * side * side) / 1e9 / start.seconds)
    }
    return best
  }
}

/// The seconds that a network takes for a picture, without what reads it.
struct NetworkSpeed: Equatable {
  /// Forward, backward and the step.
  let training: Double
  /// Forward alone, with batch norms folded.
  let scoring: Double

  init(training: Double, scoring: Double) {
    self.training = training
    self.scoring = scoring
  }

  /// Measures a network of `options` with fresh weights.
  /// - Throws: `ModelError`, `TorchError` when there is not enough memory.
  init(
    _ options: NetworkOptions, _ input: ImageInput, _ device: Device, _ precision: Precision
  ) throws {
    let network = try ModelCatalog.make(options, device: device)
    let batch = input.size > 64 ? 16 : 64
    let pictures = try Tensor.full(
      [batch, input.channels, input.size, input.size], 0.5, device: device
    ).channelsLast()
    let weights = network.weights.parameters.map(\.tensor)
    func best(_ work: () throws -> Void) rethrows -> Double {
      var best = Double.infinity
      for _ in 0..<3 {
        let start = Stopwatch()
        try work()
        best = min(best, start.seconds)
      }
      return best / Double(batch)
    }
    training = try best {
      try network(pictures, Pass(.training, precision: precision)).sum().backward()
      // What waits for the device.
      _ = try weights.first?.gradient()?.sum().item()
      try Tensor.clearGradients(of: weights)
    }
    try network.fold(precision: precision)
    defer { network.unfold() }
    scoring = try withoutGradients {
      try best {
        _ = try network(pictures, Pass(.evaluation, precision: precision)).sum().item()
      }
    }
  }
}
