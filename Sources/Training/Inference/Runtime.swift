import Files
import Foundation
public import ImageData
public import Torch

/// Where and how a network computes.
public struct Runtime {
  /// The device that computes and holds the network's weights.
  public var device: Device
  /// The precision of the computation.
  public var precision: Precision
  /// With int8: which numbers the network's layers see and make, as `calibrate` found.
  public var ranges: ActivationRanges?
  /// How many threads compute on a CPU.
  public var threads = ThreadChoice.auto
  /// How many threads read and decode pictures.
  public var workers: Int
  /// The batch size of evaluation and prediction, in pictures.
  public var batch: Int
  /// The setting that messages name for changing the batch size.
  package var batchKey = "Runtime.batch"
  /// The setting that messages name for computing in float32.
  package var precisionKey = "Runtime.precision .float32"
  /// The setting that messages name for computing on one thread.
  package var threadsKey = "Runtime.threads .count(1)"
  /// What hears that inference had become slow and what was done about it.
  package var say: (String) -> Void = { _ in }
  /// The seconds since some moment, which threads are timed by.
  package var clock: () -> Double = {
    let watch = Stopwatch()
    return { watch.seconds }
  }()
  /// Pictures of more pixels count as unreadable.
  public var maxPixels = ImageDecoder.defaultMaxPixels
  /// How pictures that are not square become square.
  public var cropMode = CropMode.center
  /// The processes that train and measure together.
  public var group: any ProcessGroup = SingleProcess()

  /// Computing on `device`, by default in the precision that suits it and with a thread for each core.
  public init(
    device: Device = .cpu, precision: Precision? = nil, workers: Int? = nil, batch: Int = 64
  ) {
    self.device = device
    self.precision = precision ?? .best(on: device)
    self.workers = workers ?? Threads.cores
    self.batch = batch
  }
}
