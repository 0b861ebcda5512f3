import Foundation

/// A two-dimensional array of floating-point numbers in a NumPy file (`.npy`), read some rows at a time.
///
/// ```swift
/// let file = try NumPyMatrix(path: "probabilities.npy")
/// try file.forEachRow { row, values in print(row, values[0]) }
/// ```
/// Format versions 1 to 3, `float16`, `float32` and `float64`, little-endian, C order. Nothing of the file
/// stays in memory but one block of rows.
///
/// Source: NumPy's `numpy.lib.format`.
public final class NumPyMatrix {
  /// The file's path.
  public var path: String { file.path }
  /// How many rows there are.
  public let rowCount: Int
  /// How many columns there are.
  public let columnCount: Int
  /// The numbers' type in NumPy's words: `float32`.
  public var type: String { "float\(8 * width)" }
  private let file: PositionedFile
  private let width: Int
  private let start: Int
  /// How many bytes are read at once, one row at least.
  private static let blockBytes = 1 << 20
  /// A header beyond this is none.
  private static let mostHeaderBytes = 1 << 16

  /// Opens the file at `path` and reads its header.
  /// - Throws: `FileError` naming `path` and what is wrong with it.
  public init(path: String) throws {
    file = try PositionedFile(path: path)
    let (header, start) = try Self.header(of: file)
    let fields = NumPyHeader(header)
    func refusal(_ reason: String) -> FileError {
      FileError("read", path, code: 0, detail: reason)
    }
    guard let type = fields.type, let shape = fields.shape, let isFortran = fields.isFortran else {
      throw refusal("its header is no NumPy array's: \(Format.visible(String(header.prefix(120))))")
    }
    let widths = ["<f2": 2, "<f4": 4, "<f8": 8]
    guard let width = widths[type] else {
      throw refusal(
        "it holds \(Self.name(ofType: type)); save float32: np.save(path, array.astype('<f4'))")
    }
    guard shape.count == 2 else {
      throw refusal(
        "its shape is (\(shape.map(String.init).joined(separator: ", "))); a table has two dimensions, "
          + "rows and columns")
    }
    guard !isFortran else {
      throw refusal(
        "it is in Fortran order, column after column; save np.ascontiguousarray(array)")
    }
    let (cells, overflows) = shape[0].multipliedReportingOverflow(by: shape[1])
    let (bytes, overflowsBytes) = cells.multipliedReportingOverflow(by: width)
    guard !overflows, !overflowsBytes, file.byteCount - start == bytes else {
      throw refusal(
        "\(file.byteCount - start) bytes of numbers where its header promises \(shape[0]) × \(shape[1]) of "
          + "\(width) bytes; it was cut short or changed")
    }
    self.start = start
    self.width = width
    (rowCount, columnCount) = (shape[0], shape[1])
    file.expectSequentialReading()
  }

  /// Calls `body` with every row in order; its values are valid inside alone.
  /// - Throws: `FileError` naming the file, and what `body` throws.
  public func forEachRow(_ body: (Int, UnsafeBufferPointer<Double>) throws -> Void) throws {
    guard rowCount > 0, columnCount > 0 else { return }
    let rowBytes = columnCount * width
    let rows = max(1, Self.blockBytes / rowBytes)
    var block = [UInt8](repeating: 0, count: rows * rowBytes)
    var values = [Double](repeating: 0, count: columnCount)
    for first in stride(from: 0, to: rowCount, by: rows) {
      let count = min(rows, rowCount - first)
      try block.withUnsafeMutableBytes {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: $0[..<(count * rowBytes)])
        try file.read(bytes, at: start + first * rowBytes)
      }
      for row in 0..<count {
        block.withUnsafeBytes { widen($0, from: row * rowBytes, into: &values) }
        try values.withUnsafeBufferPointer { try body(first + row, $0) }
      }
    }
  }

  private func widen(
    _ bytes: UnsafeRawBufferPointer, from start: Int, into values: inout [Double]
  ) {
    switch width {
    case 2:
      for column in values.indices {
        let bits = bytes.integer(at: start + 2 * column, as: UInt16.self)
        values[column] = Double(Float16(bitPattern: bits))
      }
    case 4:
      for column in values.indices {
        let bits = bytes.integer(at: start + 4 * column, as: UInt32.self)
        values[column] = Double(Float(bitPattern: bits))
      }
    default:
      for column in values.indices {
        values[column] = Double(
          bitPattern: bytes.integer(at: start + 8 * column, as: UInt64.self))
      }
    }
  }

  /// The header's text, and where the numbers begin.
  private static func header(of file: PositionedFile) throws -> (text: String, start: Int) {
    func refusal(_ reason: String) -> FileError {
      FileError("read", file.path, code: 0, detail: reason)
    }
    var head = [UInt8](repeating: 0, count: min(file.byteCount, 12))
    try head.withUnsafeMutableBytes { try file.read($0, at: 0) }
    guard head.count >= 10, head.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw refusal(
        head.starts(with: [0x50, 0x4B])
          ? "it is an archive of arrays (.npz); save one array with np.save"
          : "it is no NumPy file; np.save writes one")
    }
    guard (1...3).contains(head[6]), head[6] == 1 || head.count == 12 else {
      throw refusal("it is of version \(head[6]).\(head[7]) of the format, which is not known")
    }
    let start = head[6] == 1 ? 10 : 12
    let count = head.withUnsafeBytes {
      head[6] == 1
        ? Int($0.integer(at: 8, as: UInt16.self)) : Int($0.integer(at: 8, as: UInt32.self))
    }
    guard count <= mostHeaderBytes, start + count <= file.byteCount else {
      throw refusal("its header ends beyond it; it was cut short or changed")
    }
    var text = [UInt8](repeating: 0, count: count)
    try text.withUnsafeMutableBytes { try file.read($0, at: start) }
    return (String(decoding: text, as: UTF8.self), start + count)
  }

  private static func name(ofType type: String) -> String {
    switch type.first {
    case ">": "big-endian numbers (\(type))"
    case "|" where type.hasSuffix("O"): "Python objects (\(type))"
    default: "numbers of the type \(type)"
    }
  }
}
