import Foundation

/// Writes rows of float32 numbers in NumPy's format 1.0, as they come: it is there only when it is finished.
///
/// | offset | bytes | contents |
/// |---|---|---|
/// | 0 | 6 | 0x93, `NUMPY` |
/// | 6 | 2 | 1, 0: the version |
/// | 8 | 2 | 118, the bytes of the next part, little-endian |
/// | 10 | 118 | dtype `<f4`, C order and shape, spaces, a newline |
/// | 128 | 4 · rows · columns | the numbers, row by row |
package final class NumPyWriter {
  /// Where the numbers begin.
  package static let headerBytes = 128
  /// How many rows were written so far.
  package private(set) var rowCount = 0
  private let file: DurableFile
  private let columns: Int

  /// Begins the file that will be at `path`, of rows of so many numbers.
  /// - Throws: `FileError` naming `path`.
  package init(path: String, columns: Int) throws {
    self.columns = columns
    file = try DurableFile(path: path)
    try file.write(Data(count: Self.headerBytes))
  }

  /// Appends whole rows.
  /// - Throws: `FileError` naming the file.
  package func append(_ values: UnsafeRawBufferPointer) throws {
    rowCount += values.count / (4 * max(1, columns))
    // A little-endian machine holds the numbers as they are written.
    try file.write(values)
  }

  /// Says how many rows there are and makes it the file at its path, durably.
  /// - Throws: `FileError` naming the file.
  package func finish() throws {
    let header = NumPyHeader.bytes(type: "<f4", shape: [rowCount, columns])
    try header.withUnsafeBytes { try file.write($0, at: 0) }
    try file.commit()
  }
}
