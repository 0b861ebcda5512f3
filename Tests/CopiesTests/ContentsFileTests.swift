import Files
import Foundation
import TestSupport
import Testing

@testable import Copies

@Suite("Contents file")
struct ContentsFileTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/00000.contents" }

  init() throws { folder = try TemporaryFolder() }

  func row(_ number: Int) -> ImageContents {
    if number == 7 { return .unreadable }
    let base = UInt64(number) * 1000
    return ImageContents(
      contentHash: ContentHash.Prefix(first: base + 1, second: base + 2),
      perceptualHash: PerceptualHash(
        whole: Fingerprint(low: base + 3, high: base + 4),
        inner: Fingerprint(low: base + 7, high: base + 8)),
      width: UInt32(number + 5), height: UInt32(number + 6))
  }

  /// Ten pictures in blocks of four, number 7 unreadable.
  func writeTen() throws {
    let file = try ContentsFileWriter(path: path, rowsPerBlock: 4)
    for number in 0..<10 { try file.append(row(number)) }
    try file.finish()
  }

  func bytes() throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path))) }

  @Test("what is written is read, in any order")
  func roundTrip() throws {
    try writeTen()
    let file = try ContentsFileReader(path: path)
    #expect(file.count == 10)
    for number in [9, 0, 7, 4, 3, 8, 1, 2, 6, 5] {
      #expect(try file.contents(at: number) == row(number))
    }
    #expect(try !file.contents(at: 7).isReadable)
    var seen: [ImageContents] = []
    try file.forEach { position, contents in
      #expect(position == seen.count)
      seen.append(contents)
    }
    #expect(seen == (0..<10).map(row))
    #expect(throws: CopiesError.self) { try file.contents(at: 10) }
    #expect(throws: CopiesError.self) { try file.contents(at: -1) }
  }

  @Test("the bytes are the ones that are documented")
  func layout() throws {
    try writeTen()
    let all = try bytes()
    // Two blocks of 4 and one of 2 pictures of 56 bytes, a checksum each.
    #expect(all.count == 64 + 10 * 56 + 3 * 8)
    let header: [UInt8] =
      Array("HALCONTS".utf8) + [1, 0, 0, 0, 4, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
      + Array(repeating: 0, count: 28)
    #expect(Array(all[..<56]) == header)
    // The second block: pictures 4 to 7; 4000 is 0x0FA0.
    let block = Array(all[(64 + 232)...])
    #expect(Array(block[..<10]) == [0xA1, 0x0F, 0, 0, 0, 0, 0, 0, 0xA2, 0x0F])
    #expect(Array(block[64..<66]) == [0xA3, 0x0F])
    #expect(Array(block[128..<130]) == [0xA7, 0x0F])
    #expect(Array(block[192..<208]) == [9, 0, 0, 0, 10, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(block[208..<224]) == [10, 0, 0, 0, 11, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test("a shard without pictures is a header alone")
  func empty() throws {
    try ContentsFileWriter(path: path).finish()
    #expect(try bytes().count == 64)
    #expect(try ContentsFileReader(path: path).count == 0)
  }

  @Test("a file that is not finished is not there")
  func unfinished() throws {
    do { try ContentsFileWriter(path: path).append(row(1)) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("every flipped byte is found, and the error names the file")
  func flippedBytes() throws {
    try writeTen()
    let whole = try bytes()
    for offset in whole.indices {
      var damaged = whole
      damaged[offset] ^= 0x10
      try folder.write(Data(damaged), to: "00000.contents")
      let error = #expect(throws: CopiesError.self, "byte \(offset)") {
        let file = try ContentsFileReader(path: path)
        for position in 0..<file.count { _ = try file.contents(at: position) }
      }
      #expect(error?.description.hasPrefix(path + ": ") == true)
    }
  }

  @Test("a damaged block is named, and does not spoil the others")
  func damagedBlock() throws {
    try writeTen()
    var damaged = try bytes()
    damaged[64 + 232 + 5] ^= 1
    try folder.write(Data(damaged), to: "00000.contents")
    let file = try ContentsFileReader(path: path)
    #expect(try file.contents(at: 3) == row(3))
    #expect(try file.contents(at: 8) == row(8))
    for _ in 1...2 {
      let error = #expect(throws: CopiesError.self) { try file.contents(at: 5) }
      #expect(
        error?.description == "\(path): block 1 (from picture 4) is damaged: "
          + "its checksum does not match; score this shard again")
    }
  }

  @Test("swapped blocks are found")
  func swappedBlocks() throws {
    try writeTen()
    let whole = try bytes()
    let swapped = whole[..<64] + whole[296..<528] + whole[64..<296] + whole[528...]
    try folder.write(Data(swapped), to: "00000.contents")
    #expect(throws: CopiesError.self) { try ContentsFileReader(path: path).contents(at: 0) }
  }

  @Test("a file cut or grown to any length is refused")
  func truncated() throws {
    try writeTen()
    let whole = try bytes()
    for length in 0..<whole.count {
      try folder.write(Data(whole[..<length]), to: "00000.contents")
      #expect(throws: CopiesError.self) { try ContentsFileReader(path: path) }
    }
    try folder.write(Data(whole + [0]), to: "00000.contents")
    #expect(throws: CopiesError.self) { try ContentsFileReader(path: path) }
  }

  @Test("a file that is cut short while it is read is an error")
  func cutShort() throws {
    try writeTen()
    let file = try ContentsFileReader(path: path)
    #expect(try file.contents(at: 1) == row(1))
    #expect(truncate(path, 300) == 0)
    #expect(try file.contents(at: 2) == row(2))  // of the block that was read
    let error = #expect(throws: FileError.self) { try file.contents(at: 6) }
    #expect(error?.description == "cannot read \(path): it ends at byte 300 while it is read")
    #expect(throws: FileError.self) { try file.contents(at: 9) }
  }
}
