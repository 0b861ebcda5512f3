import Files
import Foundation
import ImageData
import Models
import Torch

extension TrainingJob {
  /// What distinguishes this training's checkpoints from others': the settings, the network's input and
  /// first weights, the labels, the device and the precision. The pictures are left out, since they would
  /// have to be read, and so is whatever only changes the speed.
  ///
  /// Settings are taken as Swift prints them, so that none is forgotten.
  func owner(_ runtime: Runtime) throws -> CheckpointFolder.Owner {
    var parts: [String] = [
      "\(settings)", "\(input)", "\(seed)", runtime.device.kind.rawValue,
      runtime.precision.rawValue, "\(examples.count) \(examples.classCount)",
    ]
    if let consistency {
      parts.append("\(consistency.settings) \(consistency.pictures.count)")
    }
    if let teaching { parts.append("teacher \(try teaching.identity)") }
    parts += ["\(examples.labelsSHA256) \(examples.beside as Any)"]
    for (name, tensor) in network.weights.state {
      let values = try tensor.to(.float32, device: .cpu).array(of: Float.self)
      parts.append("\(name) \(tensor.shape) \(values.withUnsafeBytes { Checksum.sha256($0) })")
    }
    let identity = Checksum.sha256(Data(parts.joined(separator: "\n").utf8))
    return CheckpointFolder.Owner(metadata: ["training": identity]) { $0["training"] == identity }
  }
}
