public import ImageData
import Foundation
public import Torch

/// Where and how a network computes.
public struct Runtime {
  /// What computes: where the network's weights are.
  public var device: Device
  /// In which precision.
  public var precision: Precision
  /// How many threads read and decode pictures.
  public var workers: Int
  /// Pictures of one forward pass where a network is only asked, not trained.
  public var batch: Int
  /// What the user sets to have another batch.
  package var batchKey = "Runtime.batch"
  /// What the user sets to compute in float32.
  package var precisionKey = "Runtime.precision .float32"
  /// Pictures of more pixels count as unreadable.
  public var maxPixels = ImageDecoder.defaultMaxPixels
  /// What becomes of pictures that are no squares.
  public var cropMode = CropMode.center
  /// The processes that average their gradients; `train` itself takes one alone.
  public var group: any ProcessGroup = SingleProcess()

  /// Computing on `device`, by default in the precision that suits it and with a thread for each core.
  public init(
    device: Device = .cpu, precision: Precision? = nil, workers: Int? = nil, batch: Int = 64
  ) {
    self.device = device
    self.precision = precision ?? .best(on: device)
    self.workers = workers ?? ProcessInfo.processInfo.activeProcessorCount
    self.batch = batch
  }
}
