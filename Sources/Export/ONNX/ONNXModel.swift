import Files
import Foundation
import Torch

/// A network in the Open Neural Network Exchange format: github.com/onnx/onnx, docs/IR.md. The numbers of
/// fields are those of onnx.proto.
struct ONNXModel {
  /// Version 8 of the format and 18 of its operators, as PyTorch's own exporter writes: ONNX 1.13, which
  /// ONNX Runtime reads since 1.14.
  static let formatVersion = 8
  static let operatorVersion = 18

  /// One operation.
  struct Node {
    let operation: String
    let inputs, outputs: [String]
    var attributes: [(name: String, value: Attribute)] = []
  }

  /// A setting of an operation.
  enum Attribute {
    case integer(Int)
    case integers([Int])
    case real(Double)
    case text(String)
  }

  var nodes: [Node] = []
  /// Weights and constants: float32, or int64.
  var constants: [(name: String, tensor: Tensor)] = []
  /// The pictures, [N, channels, height, width], and what comes out, [N, classes].
  let input: (name: String, shape: [Int])
  let output: (name: String, shape: [Int])
  /// What else there is to know, by name.
  var metadata: [(key: String, value: String)] = []

  /// The file beside the message with the constants that are not in it, and where each begins there.
  struct External {
    let fileName: String
    let offsets: [String: Int]
  }

  /// The constants for a file of this name beside the message: all but the shortest, which shapes follow from.
  func external(fileName: String) -> External {
    // Each begins at a multiple of a page, so that the file can be mapped.
    let page = 4096
    var (offsets, end): ([String: Int], Int) = ([:], 0)
    for (name, tensor) in constants where tensor.byteCount >= 1024 {
      let start = (end + page - 1) / page * page
      offsets[name] = start
      end = start + tensor.byteCount
    }
    return External(fileName: fileName, offsets: offsets)
  }

  /// How many bytes the constants have.
  var constantBytes: Int { constants.reduce(0) { $0 + $1.tensor.byteCount } }

  /// The whole as a message, with the constants in it, or beside it in a file.
  func message(_ external: External? = nil) -> ProtobufMessage {
    var model = ProtobufMessage()
    model.add(1, Self.formatVersion)  // ir_version
    model.add(2, "Halcyon")  // producer_name
    model.add(7, graph(external))  // graph
    var operators = ProtobufMessage()
    operators.add(1, "")  // domain
    operators.add(2, Self.operatorVersion)  // version
    model.add(8, operators)  // opset_import
    for (key, value) in metadata { model.add(14, Self.pair(key, value)) }  // metadata_props
    return model
  }

  private func graph(_ external: External?) -> ProtobufMessage {
    var graph = ProtobufMessage()
    for (index, node) in nodes.enumerated() { graph.add(1, Self.message(node, index)) }  // node
    graph.add(2, "halcyon")  // name
    for (name, tensor) in constants {
      let place = external.flatMap { external in
        external.offsets[name].map { (external.fileName, $0) }
      }
      graph.add(5, Self.constant(name, tensor, place))  // initializer
    }
    graph.add(11, Self.value(input.name, input.shape))  // input
    graph.add(12, Self.value(output.name, output.shape))  // output
    return graph
  }

  private static func message(_ node: Node, _ index: Int) -> ProtobufMessage {
    var message = ProtobufMessage()
    for input in node.inputs { message.add(1, input) }
    for output in node.outputs { message.add(2, output) }
    message.add(3, "\(node.operation)_\(index)")  // name
    message.add(4, node.operation)  // op_type
    for (name, value) in node.attributes { message.add(5, attribute(name, value)) }
    return message
  }

  private static func attribute(_ name: String, _ value: Attribute) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.add(1, name)
    switch value {
    case .real(let number):
      message.add(2, Float(number))  // f
      message.add(20, 1)  // type: FLOAT
    case .integer(let number):
      message.add(3, number)  // i
      message.add(20, 2)  // INT
    case .text(let text):
      message.add(4, text)  // s
      message.add(20, 3)  // STRING
    case .integers(let numbers):
      for number in numbers { message.add(8, number) }  // ints
      message.add(20, 7)  // INTS
    }
    return message
  }

  /// A TensorProto.
  private static func constant(
    _ name: String, _ tensor: Tensor, _ external: (fileName: String, offset: Int)?
  ) -> ProtobufMessage {
    var message = ProtobufMessage()
    for length in tensor.shape { message.add(1, length) }  // dims
    message.add(2, tensor.dtype == .int64 ? 7 : 1)  // data_type: INT64 or FLOAT
    message.add(8, name)
    guard let external else {
      message.add(9, elementsOf: tensor)  // raw_data
      return message
    }
    for (key, value) in [
      ("location", external.fileName), ("offset", "\(external.offset)"),
      ("length", "\(tensor.byteCount)"),
    ] {
      message.add(13, pair(key, value))  // external_data
    }
    message.add(14, 1)  // data_location: EXTERNAL
    return message
  }

  /// A ValueInfoProto of floats whose first axis is the number of pictures.
  private static func value(_ name: String, _ shape: [Int]) -> ProtobufMessage {
    var axes = ProtobufMessage()
    var first = ProtobufMessage()
    first.add(2, "N")  // dim_param
    axes.add(1, first)
    for length in shape {
      var axis = ProtobufMessage()
      axis.add(1, length)  // dim_value
      axes.add(1, axis)
    }
    var tensor = ProtobufMessage()
    tensor.add(1, 1)  // elem_type: FLOAT
    tensor.add(2, axes)  // shape
    var type = ProtobufMessage()
    type.add(1, tensor)  // tensor_type
    var message = ProtobufMessage()
    message.add(1, name)
    message.add(2, type)
    return message
  }

  /// A StringStringEntryProto.
  private static func pair(_ key: String, _ value: String) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.add(1, key)
    message.add(2, value)
    return message
  }
}

extension Tensor {
  /// How many bytes the elements have.
  var byteCount: Int { count * dtype.byteCount }
}
