import Torch

/// One operation of a network, whose arguments are asked for by their places in PyTorch's signature.
struct OperationCall {
  let operation: OperationGraph.Operation

  var name: String { operation.name }

  func error(_ what: String) -> ExportError { ExportError(operation: name, what) }

  private subscript(index: Int) -> OperationGraph.Argument {
    operation.arguments.indices.contains(index) ? operation.arguments[index] : .none
  }

  func has(_ index: Int) -> Bool { self[index] != .none }

  func tensor(_ index: Int) throws -> OperationGraph.Value {
    guard case .tensor(let value) = self[index] else {
      throw error("argument \(index) is no tensor")
    }
    return value
  }

  func tensors(_ index: Int) throws -> [OperationGraph.Value] {
    guard case .tensors(let values) = self[index] else {
      throw error("argument \(index) is no list of tensors")
    }
    return values
  }

  func integer(_ index: Int) throws -> Int {
    guard case .integer(let number) = self[index] else {
      throw error("argument \(index) is no whole number")
    }
    return number
  }

  func flag(_ index: Int) throws -> Bool { try integer(index) != 0 }

  func number(_ index: Int) throws -> Double {
    if case .integer(let number) = self[index] { return Double(number) }
    guard case .real(let number) = self[index] else {
      throw error("argument \(index) is no number")
    }
    return number
  }

  /// A number; nil where the argument is a tensor.
  func numberIfAny(_ index: Int) throws -> Double? {
    if case .tensor = self[index] { return nil }
    return try number(index)
  }

  /// Lengths of axes; nil is the number of pictures.
  func lengths(_ index: Int) throws -> [Int?] {
    guard case .integers(let lengths) = self[index] else {
      throw error("argument \(index) is no list of whole numbers")
    }
    return lengths
  }

  func integers(_ index: Int) throws -> [Int] {
    let lengths = try lengths(index)
    let integers = lengths.compactMap { $0 }
    guard integers.count == lengths.count else {
      throw error("argument \(index) depends on how many pictures there are")
    }
    return integers
  }

  /// One number for the height and one for the width; one alone stands for both.
  func sides(_ index: Int) throws -> [Int] {
    let sides = try integers(index)
    return sides.count == 1 ? sides + sides : sides
  }

  func text(_ index: Int) -> String? {
    if case .text(let text) = self[index] { text } else { nil }
  }
}
