import Foundation
import Testing
import Torch

/// Numbers that PyTorch gave: a file of Tests/Reference, written by its generate.py.
struct Reference {
  private let file: Safetensors

  init(_ name: String) throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    file = try Safetensors(path: tests.path + "/Reference/\(name).safetensors")
  }

  subscript(name: String) -> Tensor {
    get throws { try file.tensor(name) }
  }

  /// What follows `prefix` in the names that begin so, in the file's order.
  func names(after prefix: String) -> [String] {
    file.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  /// The JSON file of Tests/Reference that is called `name`.
  static func json<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws
    -> Value
  {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Reference/\(name).json")
    return try JSONDecoder().decode(Value.self, from: Data(contentsOf: url))
  }
}

/// max|a − b| / max|b|, the absolute error where b is all zero; infinite for other shapes and NaN.
func relativeError(_ a: Tensor, _ b: Tensor) throws -> Double {
  guard a.shape == b.shape else { return .infinity }
  let values = try a.detached().to(.float64).array(of: Double.self)
  let expected = try b.detached().to(.float64).array(of: Double.self)
  let largest = expected.map(abs).max() ?? 0
  let errors = zip(values, expected).map { abs($0 - $1) }
  guard errors.allSatisfy(\.isFinite) else { return .infinity }
  return (errors.max() ?? 0) / (largest > 0 ? largest : 1)
}

/// Expects `tensor` to be what PyTorch gave, up to a relative error of 1e-5.
func expect(
  _ tensor: Tensor?, equals expected: Tensor, within tolerance: Double = 1e-5,
  _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let tensor = try #require(tensor, comment, sourceLocation: sourceLocation)
  let error = try relativeError(tensor, expected)
  #expect(error <= tolerance, comment, sourceLocation: sourceLocation)
}
