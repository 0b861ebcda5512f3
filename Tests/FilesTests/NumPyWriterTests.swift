import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("NumPy's arrays")
struct NumPyWriterTests {
  @Test("the shape of one axis is a Python tuple, which numpy asks for")
  func oneAxis() {
    let text = String(decoding: NumPyHeader.bytes(type: "<i8", shape: [7]), as: UTF8.self)
    #expect(text.contains("'shape': (7,), }"))
    let table = String(decoding: NumPyHeader.bytes(type: "<f4", shape: [7, 2]), as: UTF8.self)
    #expect(table.contains("'shape': (7, 2), }"))
  }

  @Test("the bytes are those that numpy.save writes, but for spaces")
  func bytes() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.npy"
    let file = try NumPyWriter(path: path, columns: 2)
    try ([1, -2] as [Float]).withUnsafeBytes { try file.append($0) }
    #expect(!FileManager.default.fileExists(atPath: path))
    try ([0.5, 3, 4, 5] as [Float]).withUnsafeBytes { try file.append($0) }
    try file.finish()
    let found = try TestSupport.bytes(of: path)
    // numpy.save(path, numpy.array([[1, -2], [0.5, 3], [4, 5]], dtype='<f4')), in hexadecimal.
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"
    #expect(Array(found[..<10]) == [0x93, 78, 85, 77, 80, 89, 1, 0, 118, 0])
    #expect(String(decoding: found[10..<128], as: UTF8.self).hasPrefix(header + " "))
    #expect(found[127] == UInt8(ascii: "\n"))
    #expect(
      Array(found[128...]) == [
        0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40, 0, 0,
        0xa0, 0x40,
      ])
  }
}
