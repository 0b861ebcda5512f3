import Foundation

/// A model as another program writes it: float16, with batch counters, in an order of its own.
enum ForeignModel {
  /// A ResNet-18 whose weights are zero; the last layer's biases are 0, 1, 2 …
  static func resNet18(classes: Int) -> Data {
    var shapes: [(name: String, shape: [Int])] = [("conv1.weight", [64, 3, 7, 7])]
    func norm(_ name: String, _ channels: Int) {
      for part in ["weight", "bias", "running_mean", "running_var"] {
        shapes.append(("\(name).\(part)", [channels]))
      }
      shapes.append(("\(name).num_batches_tracked", []))
    }
    norm("bn1", 64)
    var input = 64
    for stage in 1...4 {
      let planes = 64 << (stage - 1)
      for block in 0..<2 {
        let place = "layer\(stage).\(block)"
        shapes.append(("\(place).conv1.weight", [planes, input, 3, 3]))
        norm("\(place).bn1", planes)
        shapes.append(("\(place).conv2.weight", [planes, planes, 3, 3]))
        norm("\(place).bn2", planes)
        if input != planes {
          shapes.append(("\(place).downsample.0.weight", [planes, input, 1, 1]))
          norm("\(place).downsample.1", planes)
        }
        input = planes
      }
    }
    shapes += [("fc.weight", [classes, 512]), ("fc.bias", [classes])]
    shapes.sort { $0.name < $1.name }
    var entries: [String] = []
    var bytes = Data()
    for (name, shape) in shapes {
      let isCounter = name.hasSuffix("tracked")
      let count = shape.reduce(1, *)
      let start = bytes.count
      if isCounter {
        bytes.append(contentsOf: [7, 0, 0, 0, 0, 0, 0, 0])
      } else if name == "fc.bias" {
        for value in 0..<classes {
          withUnsafeBytes(of: Float16(value).bitPattern.littleEndian) {
            bytes.append(contentsOf: $0)
          }
        }
      } else {
        bytes.append(Data(count: 2 * count))
      }
      entries.append(
        "\"\(name)\":{\"dtype\":\"\(isCounter ? "I64" : "F16")\",\"shape\":\(shape),"
          + "\"data_offsets\":[\(start),\(bytes.count)]}")
    }
    let header = Data("{\(entries.joined(separator: ","))}".utf8)
    var file = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
    file.append(header)
    file.append(bytes)
    return file
  }
}
