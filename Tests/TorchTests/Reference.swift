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

  func has(_ name: String) -> Bool { file.shape(of: name) != nil }
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

extension Tensor {
  /// A leaf that gradients flow to, with these elements.
  func leaf() throws -> Tensor {
    let copy = try copied()
    try copy.setRequiresGradient(true)
    return copy
  }

  /// Runs backward with `upstream` as the gradient of this output.
  func backward(upstream: Tensor) throws { try multiplied(by: upstream).sum().backward() }
}

/// A figure of /proc/self/status in bytes: VmRSS is what is resident, VmHWM the most there was.
func processMemory(_ field: String) throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(field + ":") })
  let kibibytes = try #require(line.split(whereSeparator: { !$0.isNumber }).first)
  return try #require(Int(kibibytes)) * 1024
}
