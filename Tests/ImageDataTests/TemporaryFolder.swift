import Foundation
import TestSupport

extension TemporaryFolder {
  /// Copies the test picture `name` to `target`.
  @discardableResult
  func add(_ name: String, as target: String) throws -> String {
    try write(TestPictures.data(name), to: target)
  }
}
