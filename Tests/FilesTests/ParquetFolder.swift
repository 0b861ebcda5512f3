import Files
import Foundation
import Testing

/// Why a test of Parquet did not run.
let withoutArrow: Comment = "there is no Apache Arrow here: run `make parquet`"

/// A folder for Parquet files that goes away with the test, and Python to look at them with.
final class ParquetFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "halcyon-parquet-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func contents() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  /// The Python that came with Arrow, if it can import `modules`.
  static func python(with modules: String) -> String? {
    guard let library = try? ParquetLibrary.shared() else { return nil }
    let python = (library.path as NSString).deletingLastPathComponent + "/venv/bin/python"
    let wanted = modules.split(separator: " ").map { "u.find_spec('\($0)')" }
    let test =
      "import importlib.util as u, sys; sys.exit(not all([\(wanted.joined(separator: ","))]))"
    guard let run = try? run(python, ["-c", test]), run.status == 0 else { return nil }
    return python
  }

  /// Runs `script` in the Python that came with Arrow.
  /// - Returns: What it printed.
  func python(_ script: String, _ arguments: String...) throws -> String {
    let python = try #require(Self.python(with: "pyarrow"))
    let run = try Self.run(python, ["-c", script] + arguments)
    #expect(run.status == 0)
    return run.output
  }

  private static func run(
    _ executable: String, _ arguments: [String]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
