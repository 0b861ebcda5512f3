import Files
import Foundation
import Testing

@Suite("PositionedFile")
struct PositionedFileTests {
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "halcyon-files-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  func read(_ file: PositionedFile, _ count: Int, at offset: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { try file.read($0, at: offset) }
    return bytes
  }

  @Test("bytes are read where they are, and none beyond the end")
  func reading() throws {
    let path = folder + "/a"
    try DurableFile.write("0123456789", to: path)
    let file = try PositionedFile(path: path)
    #expect(file.byteCount == 10)
    #expect(try read(file, 3, at: 4) == Array("456".utf8))
    #expect(try read(file, 0, at: 10) == [])
    let error = #expect(throws: FileError.self) { try read(file, 3, at: 8) }
    #expect(
      error?.description == "cannot read \(path): it ends at byte 10 while it is read")
    #expect(throws: FileError.self) { try PositionedFile(path: folder) }
    #expect(throws: FileError.self) { try PositionedFile(path: path + "b") }
    // Not open for writing.
    #expect(throws: FileError.self) {
      try withUnsafeBytes(of: 1 as UInt8) { try file.write($0, at: 0) }
    }
  }

  @Test("a temporary file has no name, and keeps what is written anywhere")
  func temporary() throws {
    let file = try PositionedFile(temporaryIn: folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    try Array("ab".utf8).withUnsafeBytes { try file.write($0, at: 3) }
    try Array("c".utf8).withUnsafeBytes { try file.write($0, at: 0) }
    #expect(try read(file, 5, at: 0) == Array("c\0\0ab".utf8))
    #expect(throws: FileError.self) { try PositionedFile(temporaryIn: folder + "/missing") }
  }

  @Test("a file's SHA-256 is that of its bytes", arguments: [0, 1, 1 << 20, 1 << 20 + 1, 5 << 20])
  func checksum(count: Int) throws {
    let path = folder + "/a"
    let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 >> 9) })
    try DurableFile.write(data, to: path)
    #expect(try Checksum.sha256(file: path) == Checksum.sha256(data))
    #expect(try Checksum.sha256(MappedFile(path: path)) == Checksum.sha256(data))
  }
}
