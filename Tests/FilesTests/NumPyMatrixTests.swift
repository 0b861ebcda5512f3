import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("A NumPy file")
struct NumPyMatrixTests {
  /// A file as NumPy writes it.
  static func file(
    _ type: String, _ shape: String, _ bytes: [UInt8], isFortran: Bool = false, version: UInt8 = 1
  ) -> Data {
    var text = "{'descr': '\(type)', 'fortran_order': \(isFortran ? "True" : "False"), "
    text += "'shape': (\(shape)), }"
    let head = version == 1 ? 10 : 12
    text += String(repeating: " ", count: 63 - (head + text.utf8.count) % 64) + "\n"
    var header = ByteColumn([0x93] + Array("NUMPY".utf8) + [version, 0])
    if version == 1 {
      header.append(UInt16(text.utf8.count))
    } else {
      header.append(UInt32(text.utf8.count))
    }
    return Data(header.bytes + Array(text.utf8) + bytes)
  }

  private func rows(_ data: Data) throws -> [[Double]] {
    let folder = try TemporaryFolder()
    let matrix = try NumPyMatrix(path: folder.write(data, to: "a.npy"))
    var rows: [[Double]] = []
    try matrix.forEachRow { index, row in
      #expect(index == rows.count)
      rows.append(Array(row))
    }
    return rows
  }

  @Test(
    "float16, float32 and float64 are read, of every version of the format", arguments: [1, 2, 3])
  func types(version: UInt8) throws {
    let wanted: [[Double]] = [[0.5, -2, 0.25], [1, 0, 0.125]]
    var half = ByteColumn()
    var single = ByteColumn()
    var double = ByteColumn()
    for value in wanted.flatMap({ $0 }) {
      half.append(Float16(value).bitPattern)
      single.append(Float(value).bitPattern)
      double.append(value.bitPattern)
    }
    for (type, bytes) in [("<f2", half), ("<f4", single), ("<f8", double)] {
      #expect(try rows(Self.file(type, "2, 3", bytes.bytes, version: version)) == wanted)
    }
  }

  @Test("a file of more rows than a block holds is read to its end")
  func blocks() throws {
    var bytes = ByteColumn()
    for value in 0..<300_000 { bytes.append(Float(value).bitPattern) }
    let found = try rows(Self.file("<f4", "100000, 3", bytes.bytes))
    #expect(found.count == 100_000)
    #expect(found[99_999] == [299_997, 299_998, 299_999])
  }

  /// Files that are no table, and why.
  private static let refused: [(Data, String)] = [
    (file(">f4", "1, 1", [0, 0, 0, 0]), "big-endian numbers (>f4)"),
    (file("|O", "1, 1", [0]), "Python objects (|O)"),
    (file("<i8", "1, 1", [UInt8](repeating: 0, count: 8)), "numbers of the type <i8"),
    (file("<f4", "2,", [UInt8](repeating: 0, count: 8)), "its shape is (2)"),
    (file("<f4", "1, 1, 1", [0, 0, 0, 0]), "a table has two dimensions"),
    (file("<f4", "1, 1", [0, 0, 0, 0], isFortran: true), "Fortran order"),
    (file("<f4", "2, 1", [0, 0, 0, 0]), "4 bytes of numbers where its header promises 2 × 1"),
    (file("<f4", "1, 1", [0, 0, 0, 0, 0]), "5 bytes of numbers"),
    (file("<f4", "9223372036854775807, 9", []), "its header promises"),
    (file("<f4", "-1, 1", []), "no NumPy array's"),
    (file("<f4", "x, 1", []), "no NumPy array's"),
    (Data("PK\u{3}\u{4}aaaaaaaaaaaa".utf8), "an archive of arrays (.npz)"),
    (Data("key,cat,dog\n".utf8), "it is no NumPy file"),
    (Data(), "it is no NumPy file"),
    (Data([0x93] + Array("NUMPY".utf8) + [1, 0, 255, 255]), "its header ends beyond it"),
    (Data([0x93] + Array("NUMPY".utf8) + [9, 0, 1, 0, 0, 0]), "version 9.0"),
    (Data([0x93] + Array("NUMPY".utf8) + [1, 0, 2, 0, 0x7B, 0x7D]), "no NumPy array's"),
  ]

  @Test("what is no table of numbers is refused with the reason", arguments: refused)
  func hostile(_ data: Data, _ reason: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(data, to: "a.npy")
    do {
      _ = try NumPyMatrix(path: path)
      Issue.record("nothing was thrown")
    } catch {
      #expect("\(error)".contains(reason), "\(error)")
      #expect("\(error)".contains(path))
      #expect(error is FileError)
    }
  }
}
