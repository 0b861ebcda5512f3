import Files
import Foundation
import ImageData
import Models
import Terminal
import Torch
import Training

extension ModelFolder {
  /// The network, which this folder describes, in ONNX: `images` [N, channels, size, size] → `logits`
  /// [N, classes], in float32.
  ///
  /// What it is and sees stands in the model's metadata, in JSON. Where it normalises, it takes values from 0
  /// to 1.
  /// - Throws: `ExportError` naming an operation that is not known in ONNX.
  func onnx(_ network: any Network, normalizes: Bool) throws -> ONNXModel {
    let picture = [input.channels, input.size, input.size]
    let weights = network.weights.state
    let graph = try OperationGraph(picture: picture, weights: weights.map(\.tensor)) {
      try StopSignal.check()
      return try network($0, .evaluation)
    }
    var model = ONNXModel(
      input: ("images", picture), output: ("logits", [options.classCount]))
    model.metadata = try onnxMetadata(normalizes: normalizes)
    var pictures = model.input.name
    if normalizes {
      for (operation, name, values) in [("Sub", "mean", input.mean), ("Div", "std", input.std)] {
        let shape = [1, values.count, 1, 1]
        model.constants.append((name, try Tensor(values.map { Float($0) }, shape: shape)))
        let output = "images.\(name)"
        model.nodes.append(
          .init(operation: operation, inputs: [pictures, name], outputs: [output]))
        pictures = output
      }
    }
    return try ONNXTranslation(graph, weights: weights, pictures: pictures, into: model).model
  }

  private func onnxMetadata(normalizes: Bool) throws -> [(key: String, value: String)] {
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try JSON.line(value), as: UTF8.self)
    }
    return [
      ("architecture", options.model), ("class_names", try json(classNames)),
      ("input_size", try json([input.channels, input.size, input.size])),
      ("mean", try json(input.mean)), ("std", try json(input.std)),
      ("normalizes", try json(normalizes)),
      ("resize", "\(input.resize)"), ("interpolation", input.interpolation.rawValue),
      ("crop_mode", cropModeName),
    ]
  }
}
