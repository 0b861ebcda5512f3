import Files
import Foundation
import TestSupport
import Testing
import Torch

@Suite("Safetensors that are refused")
struct SafetensorsRefusalTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/bad.safetensors" }

  init() throws { folder = try TemporaryFolder() }

  /// A header, what is wrong with it, and how many bytes of data follow.
  struct Broken: Sendable, CustomTestStringConvertible {
    let fault: String
    let header: String
    var dataCount = 8
    var testDescription: String { "\(fault): \(header)" }
  }

  static func entry(_ shape: String, _ offsets: String, type: String = "F32") -> String {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  /// Two float32 numbers, the whole of eight bytes of data.
  static let pair = entry("[2]", "[0,8]")

  /// A header whose one tensor has this shape and place.
  static func one(_ fault: String, _ shape: String, _ offsets: String, type: String = "F32")
    -> Broken
  {
    Broken(fault: fault, header: "{\"a\":\(entry(shape, offsets, type: type))}")
  }

  static let ambiguous: [Broken] = [
    .init(fault: "stands twice", header: #"{"a":\#(pair),"a":\#(pair)}"#),
    .init(fault: "stands twice", header: #"{"a":\#(pair),"\u0061":\#(entry("[0]", "[8,8]"))}"#),
    .init(fault: "stands twice", header: #"{"__metadata__":{"k":"1","k":"2"},"a":\#(pair)}"#),
    .init(fault: "stands twice", header: #"{"__metadata__":{},"__metadata__":{},"a":\#(pair)}"#),
    .init(
      fault: "stands twice",
      header: #"{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}"#),
    .init(fault: "hole or overlap", header: #"{"a":\#(pair),"b":\#(entry("[1]", "[4,8]"))}"#),
    .init(fault: "hole or overlap", header: #"{"a":\#(pair),"b":\#(pair)}"#),
    .init(
      fault: "hole or overlap",
      header: #"{"a":\#(entry("[1]", "[0,4]")),"b":\#(entry("[1]", "[8,12]"))}"#, dataCount: 12),
    one("hole or overlap", "[1]", "[4,8]"),
    .init(fault: "the file holds 9", header: #"{"a":\#(pair)}"#, dataCount: 9),
    .init(fault: "the file holds 7", header: #"{"a":\#(pair)}"#, dataCount: 7),
    .init(fault: "the file holds 8", header: "{}"),
  ]

  static let disagreeing: [Broken] = [
    one("needs 12 bytes, has 8", "[3]", "[0,8]"),
    one("needs 4 bytes, has 8", "[2]", "[0,8]", type: "BF16"),
    one("lacks a type", "[2]", "[8,0]"), one("lacks a type", "[2]", "[0,8,8]"),
    .init(fault: "lacks a type", header: #"{"a":{"dtype":"F32","shape":[2]}}"#),
    one("no whole number", "[-2]", "[0,8]"), one("no whole number", "[2]", "[-8,0]"),
    one("no ']'", "[2.0]", "[0,8]"), one("no ']'", "[2e0]", "[0,8]"),
    one("no whole number", "[02]", "[0,8]"),
    one("no whole number", "[]", "[0,99999999999999999999]"),
    one("too large", "[4611686018427387904,4]", "[0,8]"),
    one("too large", "[4294967296,4294967296,1]", "[0,8]"),
    one("needs 4 bytes, has 8", "[4]", "[0,8]", type: "F8_E4M3"),
    one("needs 4 bytes, has 8", "[2]", "[0,8]", type: "I16"),
    .init(
      fault: "unknown key",
      header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}"#),
  ]

  static let notJSON: [Broken] = [
    .init(fault: "no '{'", header: "[]"), .init(fault: "no '{'", header: "not JSON"),
    .init(fault: "no '{'", header: ""), .init(fault: "no '\"'", header: #"{"a":\#(pair),}"#),
    .init(fault: "no '}'", header: #"{"a":\#(pair)"#),
    .init(fault: "no end of the header", header: #"{"a":\#(pair)}x"#),
    .init(fault: "no end of a string", header: #"{"a"#),
    .init(fault: "no end of a string", header: #"{"a\"#),
    .init(fault: "no string in UTF-8", header: #"{"\ud800":\#(pair)}"#),
    .init(fault: "no '\"'", header: #"{"__metadata__":{"step":1},"a":\#(pair)}"#),
  ]

  func write(header: Data, length: UInt64? = nil, data: Data) throws {
    let count = withUnsafeBytes(of: (length ?? UInt64(header.count)).littleEndian) { Data($0) }
    try (count + header + data).write(to: URL(fileURLWithPath: path))
  }

  @Test(
    "a header that could mean two things, or nothing", arguments: ambiguous + disagreeing + notJSON)
  func refused(_ broken: Broken) throws {
    try write(header: Data(broken.header.utf8), data: Data(count: broken.dataCount))
    let error = #expect(throws: FileError.self) { try Safetensors(path: path) }
    #expect(error?.path == path)
    #expect(error?.description.contains(broken.fault) == true)
  }

  @Test("a tensor of a type of other programs is there, and refused only when it is read")
  func otherTypes() throws {
    let header =
      #"{"a":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},"#
      + #""b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"#
      + #""c":{"dtype":"F6_NEW","shape":[9],"data_offsets":[8,15]}}"#
    try write(header: Data(header.utf8), data: Data(count: 15))
    let file = try Safetensors(path: path)
    #expect(file.names == ["a", "b", "c"])
    #expect(file.dtype(of: "a") == nil && file.typeName(of: "a") == "I16")
    #expect(file.dtype(of: "b") == .float32 && file.typeName(of: "c") == "F6_NEW")
    #expect(try file.tensor("b").array(of: Float.self) == [0])
    let error = #expect(throws: FileError.self) { try file.tensor("c") }
    #expect(error?.description.contains("c is of the type F6_NEW") == true)
  }

  @Test("bytes that are no UTF-8")
  func notUTF8() throws {
    let name = Data([0x22, 0xff, 0xfe, 0x22])
    let header = Data("{".utf8) + name + Data((":" + Self.entry("[2]", "[0,8]") + "}").utf8)
    try write(header: header, data: Data(count: 8))
    #expect(throws: FileError.self) { try Safetensors(path: path) }
  }

  @Test(
    "a header length beyond the file, beyond 100 MB or beyond 63 bits",
    arguments: [9, 100_000_001, 1 << 40, .max, UInt64(Int64.max), UInt64(Int64.max) + 1])
  func headerLength(_ length: UInt64) throws {
    try write(header: Data("{}      ".utf8), length: length, data: Data())
    let error = #expect(throws: FileError.self) { try Safetensors(path: path) }
    #expect(error?.description.contains("a header of \(length) bytes") == true)
  }

  @Test("a header of more than 100 MB that is there is refused unread")
  func largeHeader() throws {
    // A sparse file: the header's bytes are a hole that takes no disk.
    try write(header: Data(), length: 100_000_001, data: Data())
    #expect(truncate(path, 100_000_001 + 8) == 0)
    let error = #expect(throws: FileError.self) { try Safetensors(path: path) }
    #expect(error?.description.contains("a header of 100000001 bytes") == true)
  }

  @Test("a file cut at any length, or with bytes after its end")
  func truncated() throws {
    let tensors = try [("weight", Tensor.full([3, 2], 1)), ("bias", .full([3], 2))]
    try Safetensors.write(tensors, metadata: ["step": "7"], to: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for count in 0..<whole.count {
      try whole[..<count].write(to: URL(fileURLWithPath: path))
      #expect(throws: FileError.self, "cut at \(count)") { try Safetensors(path: path) }
    }
    try (whole + Data(count: 1)).write(to: URL(fileURLWithPath: path))
    #expect(throws: FileError.self) { try Safetensors(path: path) }
    try whole.write(to: URL(fileURLWithPath: path))
    #expect(try Safetensors(path: path).names == ["weight", "bias"])
  }

  @Test("any one byte of the header changed is refused or read, never a crash")
  func corrupted() throws {
    try Safetensors.write([("w", Tensor.full([3, 2], 1))], metadata: ["k": "v"], to: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var generator = SystemRandomNumberGenerator()
    for place in 0..<whole.count - 24 {
      var bytes = whole
      bytes[place] ^= UInt8.random(in: 1...255, using: &generator)
      try bytes.write(to: URL(fileURLWithPath: path))
      guard let file = try? Safetensors(path: path) else { continue }
      for name in file.names where file.dtype(of: name) != nil { _ = try file.tensor(name) }
    }
  }

  @Test("what looks odd and is right is read")
  func accepted() throws {
    let header = """
       { "b" : \(Self.entry("[ 1 ]", "[ 0 , 4 ]")),\n\t"none":\(Self.entry("[0,7]", "[4,4]")),
      "a":\(Self.entry("[]", "[4,8]")) , "end":\(Self.entry("[0]", "[8,8]")) }
      """
    try write(header: Data(header.utf8), data: Data([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]))
    let file = try Safetensors(path: path)
    #expect(file.names == ["b", "none", "a", "end"])
    #expect(try file.tensor("b").array() == [1] as [Float])
    #expect(try file.tensor("a").item() == 2)
    #expect(try file.tensor("none").shape == [0, 7])
    try write(header: Data("{}".utf8), data: Data())
    #expect(try Safetensors(path: path).names.isEmpty)
  }

  @Test("a folder, an empty file and one of seven bytes")
  func noFile() throws {
    #expect(throws: FileError.self) { try Safetensors(path: folder.path) }
    for (count, reason) in [(0, "the file is empty"), (7, "7 bytes: truncated")] {
      try Data(count: count).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: FileError.self) { try Safetensors(path: path) }
      #expect(error?.description.hasSuffix(reason) == true)
    }
  }

  @Test(
    "what a clone or a download left in the place of weights is called what it is",
    arguments: [
      ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "this is a Git LFS pointer"),
      ("<!DOCTYPE html><html></html>", "this is a web page"), ("{\"a\": 1}", "this is JSON"),
    ])
  func otherKinds(_ text: String, _ reason: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: FileError.self) { try Safetensors(path: path) }
    #expect(error?.description.contains(reason) == true)
  }
}
