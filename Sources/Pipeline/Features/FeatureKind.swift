import Files
import Foundation
import ImageData
import Models
import SystemPackage
import Torch
import Training

/// What decides the bits of a picture's features, and how they are kept: the contents of `features.json`.
struct FeatureKind: Codable, Equatable {
  /// How features are kept.
  enum Format: String, Codable {
    /// `SHARD.parquet`: `key`, and a column of float32 for each feature, `f0` on.
    case parquet
    /// `SHARD.npy`, [pictures, features] float32, and `SHARD.keys.csv` with the key of each row.
    case npy
  }

  let format: Format
  /// SHA-256 of the network's weights.
  let model: String
  /// Which network they are of.
  let network: String
  /// What it sees of a picture.
  let input: String
  /// How many features a picture has.
  let features: Int
  /// Pictures a forward pass; another number gives other last bits.
  let batch: Int
  let device, precision, libtorch, cpuFeatures: String

  enum CodingKeys: String, CodingKey {
    case format, network, input, features, batch, device, precision, libtorch
    case model = "model_sha256"
    case cpuFeatures = "cpu_features"
  }

  /// Of the features that `network`, whose weights have the hash `model`, makes with `runtime`.
  init(
    _ format: Format, of network: any Network, _ options: NetworkOptions, model: String,
    input: ImageInput, _ runtime: Runtime
  ) throws {
    guard let features = network.featureCount else {
      throw PipelineError.usage("\(options.model) has no features before its last layer")
    }
    self.format = format
    self.model = model
    self.network =
      "\(options.model), \(options.stem.rawValue) stem, width \(options.width)"
      + (options.pooling.map { ", \($0)" } ?? "")
    self.input =
      "\(input.channels) × \(input.size) × \(input.size) of \(input.resize), "
      + "\(input.interpolation.rawValue), mean \(input.mean), std \(input.std), "
      + "\(runtime.cropMode), at most \(runtime.maxPixels) pixels"
    self.features = features
    batch = runtime.batch
    device = runtime.device.kind.rawValue
    precision = runtime.precision.rawValue
    libtorch = Libtorch.version
    cpuFeatures = CPU.kernels
  }

  /// In what these features are made otherwise than `other`, in words.
  func differences(from other: FeatureKind) -> [String] {
    let parts: [(String, KeyPath<FeatureKind, String>)] = [
      ("the format", \.format.rawValue), ("the weights", \.model), ("the network", \.network),
      ("what it sees of a picture", \.input), ("the batch size", \.batch.description),
      ("the device", \.device), ("the precision", \.precision),
      ("the version of libtorch", \.libtorch), ("the processor's features", \.cpuFeatures),
    ]
    return parts.filter { self[keyPath: $0.1] != other[keyPath: $0.1] }.map(\.0)
  }
}
