public import ImageData
public import Models
import Terminal
public import Torch

/// How many pictures tell which numbers a network's layers see and make.
package let calibrationImages = 512

/// Runs `network` over some of `pictures`, drawn by `seed`, and notes which numbers its layers see and make,
/// so that it can compute in int8. Pictures that cannot be read are replaced by others.
///
/// The same pictures give the same ranges for any number of threads.
/// - Throws: `TrainingError.usage` for a network that has no form in int8, `TorchError`, `Stopped`.
public func calibrate(
  _ network: any Network, on pictures: any ImageDataset, input: ImageInput, _ runtime: Runtime,
  seed: UInt64
) throws -> ActivationRanges {
  guard let layers = network.foldable else { throw TrainingError.noInt8 }
  try layers.observe()
  defer { layers.unfold() }
  var preset = input.evaluationPreset
  preset.mode = runtime.cropMode
  let loader = try BatchLoader(
    dataset: pictures, order: ShuffledOrder(count: pictures.count, seed: seed),
    positions: 0..<min(calibrationImages, pictures.count), batchSize: 32,
    preset: .evaluation(preset), seed: seed, workers: runtime.workers,
    maxPixels: runtime.maxPixels, badSamples: BadSamples(of: pictures, limit: .none),
    yieldsCores: true)
  defer { loader.stop() }
  let toImages = try ImageTensor(input, device: .cpu)
  let pass = Pass(.evaluation, precision: runtime.precision)
  while let batch = try StopSignal.orStopped(loader.next) {
    try StopSignal.check()
    try withoutGradients { _ = try network.features(toImages(batch), pass) }
  }
  var ranges = try layers.observedRanges()
  // What sees pictures sees bytes, each channel's spread evenly over a range of its own.
  let bytes = zip(input.mean, input.std).map {
    ValueRange(low: Float(-$0 / $1), high: Float((1 - $0) / $1))
  }
  ranges.layers[layers.first]?.input = bytes
  return ranges
}

extension TrainingError {
  /// What is said of a network whose layers have no form in int8.
  package static let noInt8 = usage(
    "only convolutions with batch norms compute in int8 (those of ResNet, ResNeXt, RegNet, EfficientNet and "
      + "MobileNet); take bf16")
}
