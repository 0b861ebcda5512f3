package import Foundation

/// The pictures that Tests/Reference/pictures.py made.
package enum TestImages {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Reference/pictures").standardized.path

  package static func data(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
  }
}

extension TemporaryFolder {
  /// Copies the test picture `name` to `target`.
  @discardableResult
  package func add(_ name: String, as target: String) throws -> String {
    try write(TestImages.data(name), to: target)
  }
}
