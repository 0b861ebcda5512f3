import Files
import Foundation
import TestSupport
import Testing

@testable import PyTorchFiles

@Suite("Zip archives as torch.save writes them")
struct ZipWriterTests {
  @Test(
    "each file is where the directory says, at a multiple of 64 bytes, in 32 bits and in 64",
    arguments: [0xFFFF_FFFF, 1])
  func files(wide: Int) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.zip"
    let contents: [(name: String, bytes: [UInt8])] = [
      ("archive/data.pkl", [1, 2, 3]), ("archive/data/0", [UInt8](repeating: 7, count: 100)),
      ("archive/data/1", []), ("archive/é", [9]),
    ]
    var writer = try ZipWriter(path: path, wide: wide)
    for (name, bytes) in contents { try bytes.withUnsafeBytes { try writer.add(name, $0) } }
    try writer.commit()
    let archive = try bytes(of: path)
    try archive.withUnsafeBytes { archive in
      let files = try ZipDirectory(archive).files
      #expect(files.count == contents.count)
      for (name, bytes) in contents {
        let range = try #require(files[name])
        #expect(Array(archive[range]) == bytes && range.lowerBound % 64 == 0)
      }
    }
  }
}
