import Files
import Foundation
import TestSupport
import Testing

@testable import PyTorchFiles

/// A zip archive of files that are not compressed, as torch.save writes it.
func zipArchive(_ files: [(name: String, bytes: [UInt8])], method: UInt16 = 0) -> [UInt8] {
  func little<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
  var (archive, directory): ([UInt8], [UInt8]) = ([], [])
  for (name, bytes) in files {
    let place = UInt32(archive.count)
    let sizes = little(UInt32(bytes.count)) + little(UInt32(bytes.count))
    let common =
      little(UInt16(0)) + little(method) + little(UInt32(0)) + little(UInt32(0)) + sizes
      + little(UInt16(name.utf8.count)) + little(UInt16(0))
    archive += little(UInt32(0x0403_4B50)) + little(UInt16(20)) + common + Array(name.utf8) + bytes
    directory +=
      little(UInt32(0x0201_4B50)) + little(UInt16(20)) + little(UInt16(20)) + common
      + [UInt8](repeating: 0, count: 10) + little(place) + Array(name.utf8)
  }
  let end =
    little(UInt32(0x0605_4B50)) + little(UInt32(0)) + little(UInt16(files.count))
    + little(UInt16(files.count)) + little(UInt32(directory.count)) + little(UInt32(archive.count))
    + little(UInt16(0))
  return archive + directory + end
}

@Suite("Files that torch.save wrote, and others")
struct PyTorchFileTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/weights.pth" }

  init() throws { folder = try TemporaryFolder() }

  /// An empty dictionary.
  static let empty: [UInt8] = [0x80, 2, 0x7D, 0x2E]

  private func refusal(of bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: FileError.self) { try PyTorchFile(path: path) }
    let text = "\(error.map { "\($0)" } ?? "")"
    #expect(text.contains(path))
    return text
  }

  @Test("an archive of another kind is called what it is")
  func otherArchives() throws {
    #expect(try refusal(of: zipArchive([("a.txt", [1])])).contains("without data.pkl"))
    #expect(
      try refusal(of: zipArchive([("m/data.pkl", Self.empty), ("m/constants.pkl", Self.empty)]))
        .contains("TorchScript"))
    #expect(
      try refusal(of: zipArchive([("m/data.pkl", Self.empty)], method: 8)).contains("compressed"))
    #expect(
      try refusal(of: zipArchive([("m/data.pkl", Self.empty), ("m/data.pkl", Self.empty)]))
        .contains("two files named m/data.pkl"))
    #expect(
      try refusal(
        of: zipArchive([("m/data.pkl", Self.empty), ("m/byteorder", Array("big".utf8))])
      ).contains("highest byte first"))
    var tar = [UInt8](repeating: 0, count: 512)
    tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
    #expect(try refusal(of: tar).contains("tar archive"))
  }

  @Test("a pickle that torch.save did not write is refused")
  func otherPickles() throws {
    #expect(try refusal(of: Self.empty).contains("not one that torch.save wrote"))
  }

  @Test(
    "an archive and an old file are read or refused at every length, never more",
    arguments: [
      "zip.pth", "old.pth",
    ])
  func cut(_ name: String) throws {
    let whole = [UInt8](try Data(contentsOf: referenceFile(name)))
    for count in stride(from: 0, to: whole.count - 1, by: 61) {
      try Data(whole.prefix(count)).write(to: URL(fileURLWithPath: path))
      #expect(throws: FileError.self, "cut at \(count)") { try PyTorchFile(path: path) }
    }
  }

  @Test(
    "one flipped byte is an error or another value, never a crash",
    arguments: [
      "zip.pth", "old.pth", "protocol4.pth",
    ])
  func flipped(_ name: String) throws {
    let whole = [UInt8](try Data(contentsOf: referenceFile(name)))
    for place in stride(from: 0, to: whole.count, by: 17) {
      var bytes = whole
      bytes[place] ^= 0x41
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      guard let file = try? PyTorchFile(path: path), let found = file.stateDictionary
      else { continue }
      for (name, tensor) in found.tensors { _ = try? file.bytes(of: tensor, called: name) }
    }
  }

  @Test("the tensors are found under the usual keys, a moving average first")
  func places() throws {
    let file = try PyTorchFile(path: referenceFile("zip.pth").path)
    let found = try #require(file.stateDictionary)
    #expect(found.place == "state_dict")
    #expect(found.others.isEmpty)
    #expect(found.tensors.first?.name == "module.plain")
    let tensor = try #require(found.tensors.first?.tensor)
    let inner = PickleDictionary()
    inner.set(.text("fc.weight"), .tensor(tensor))
    let both = PickleDictionary()
    both.set(.text("state_dict"), .dictionary(inner))
    both.set(.text("model_ema"), .dictionary(inner))
    let average = try #require(StateDictionary(in: .dictionary(both)))
    #expect(average.place == "model_ema")
    #expect(average.others == ["state_dict"])
  }
}

/// A file of Tests/Reference.
func referenceFile(_ name: String) -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Reference/\(name)")
}
