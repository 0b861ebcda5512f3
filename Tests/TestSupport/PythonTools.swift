package import Foundation
package import Testing

/// Python with the programs that read what we write: that of `scripts/setup --test`, or the one that
/// HALCYON_TEST_PYTHON names.
package enum PythonTools {
  /// Why a test without them did not run.
  package static let missing: Comment =
    "the programs that read exported models are not here: run `scripts/setup --test`"

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Its path.
  package static let python =
    ProcessInfo.processInfo.environment["HALCYON_TEST_PYTHON"] ?? root + "/.venv/bin/python"

  /// Whether all of them are there.
  package static let areHere: Bool = {
    let names = ["onnx", "onnxruntime", "timm", "torch", "torchvision", "safetensors", "PIL"]
    let found = names.map { "u.find_spec('\($0)')" }.joined(separator: ",")
    let test = "import importlib.util as u, sys; sys.exit(not all([\(found)]))"
    return (try? run(["-c", test]).status) == 0
  }()

  /// Runs `script`, which may import `vision` for torchvision, in `folder`, and expects that it ends well.
  /// - Returns: What it printed.
  @discardableResult
  package static func run(
    _ script: String, _ arguments: [String] = [], in folder: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let outcome = try run(["-c", script] + arguments, in: folder)
    #expect(outcome.status == 0, "\(outcome.output)", sourceLocation: sourceLocation)
    return outcome.output
  }

  /// Runs Python with `arguments`; what it printed to both its outputs.
  package static func run(
    _ arguments: [String], in folder: String? = nil
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.environment = ProcessInfo.processInfo.environment.merging([
      "PYTHONPATH": root + "/Benchmarks/peers", "PYTHONDONTWRITEBYTECODE": "1",
      "HF_HUB_OFFLINE": "1",
    ]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
