import Files
import Foundation
import Torch

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
