import Files
import Foundation
import TestSupport
import Testing
import Torch

@Suite("Safetensors")
struct SafetensorsTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/a.safetensors" }

  init() throws { folder = try TemporaryFolder() }

  /// One tensor of every type, a scalar and an empty one, with odd byte counts between.
  func everyKind() throws -> [ParameterStore.Named] {
    try DType.allCases.map { dtype in
      let bytes = (0..<15 * dtype.byteCount).map { UInt8($0 % 2) }
      return ("of \(dtype)", try makeTensor(bytes, shape: [3, 5], dtype: dtype))
    } + [
      ("scalar", Tensor([.pi] as [Float], shape: [])), ("empty", .full([0, 4], 0)),
      ("last", Tensor([1, 2, 3] as [UInt8], shape: [3])),
    ]
  }

  @Test("tensors of every type, scalars and empty ones come back, with their metadata and order")
  func roundTrip() throws {
    let tensors = try everyKind()
    let metadata = ["format": "pt", "a \"quote\" \\": "line\nbreak, tab\t, nul\0, ü, 鸟, 🐦"]
    try Safetensors.write(tensors, metadata: metadata, to: path)
    let file = try Safetensors(path: path)
    #expect(file.metadata == metadata)
    #expect(file.names == tensors.map(\.name))
    for (name, tensor) in tensors {
      #expect(file.shape(of: name) == tensor.shape)
      #expect(file.dtype(of: name) == tensor.dtype)
      let back = try file.tensor(name)
      #expect(back.dtype == tensor.dtype)
      #expect(try makeBytes(back) == makeBytes(tensor), "\(name)")
    }
    #expect(file.shape(of: "absent") == nil)
  }

  @Test("the same tensors and metadata give the same bytes, whatever the layout in memory")
  func sameBytes() throws {
    let metadata = Dictionary(uniqueKeysWithValues: (0..<20).map { ("key\($0)", "\($0)") })
    let pictures = try Tensor((0..<120).map(Float.init), shape: [2, 3, 4, 5])
    let other = folder.path + "/b.safetensors"
    try Safetensors.write([("x", pictures)], metadata: metadata, to: path)
    try Safetensors.write([("x", pictures.channelsLast())], metadata: metadata, to: other)
    #expect(try Checksum.sha256(file: path) == Checksum.sha256(file: other))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect((bytes.count - 120 * 4) % 8 == 0, "the data is aligned")
  }

  @Test("the file is what the format's own description says")
  func format() throws {
    try Safetensors.write([("a", Tensor([1, 2] as [Float], shape: [2]))], to: path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let json = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    // The header is filled up with spaces to a multiple of 8: 54 bytes become 56.
    #expect(json.utf8.count == 54)
    var expected = Data([56, 0, 0, 0, 0, 0, 0, 0]) + Data(json.utf8) + Data("  ".utf8)
    expected += Data([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40])
    #expect(bytes == expected)
  }

  @Test("a tensor outlives its file")
  func outlives() throws {
    try Safetensors.write([("a", Tensor([1, 2] as [Float], shape: [2]))], to: path)
    let tensor = try Safetensors(path: path).tensor("a")
    try FileManager.default.removeItem(atPath: path)
    #expect(try tensor.array() == [1, 2] as [Float])
  }

  @Test("a tensor that is not there is named with its file")
  func missing() throws {
    try Safetensors.write([], to: path)
    let error = #expect(throws: FileError.self) { try Safetensors(path: path).tensor("fc.bias") }
    #expect(error?.description.contains(path) == true)
    #expect(error?.description.contains("fc.bias") == true)
  }

  @Test("two tensors of one name are not written, and what was there stays")
  func duplicateNames() throws {
    let tensor = try Tensor.full([1], 1)
    try Safetensors.write([("old", tensor)], to: path)
    for names in [["a", "b", "a"], ["__metadata__"]] {
      let error = #expect(throws: FileError.self) {
        try Safetensors.write(names.map { ($0, tensor) }, to: path)
      }
      #expect(error?.description.contains(path) == true)
    }
    #expect(try Safetensors(path: path).names == ["old"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.safetensors"])
  }

  @Test("a tensor without elements is named and not written")
  func metaTensor() throws {
    let tensor = try Tensor.empty([1 << 20, 1 << 20], device: .meta)
    let error = #expect(throws: FileError.self) {
      try Safetensors.write([("fc.weight", tensor)], to: path)
    }
    #expect(error?.description.contains("fc.weight") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("a folder that is not there is named")
  func missingFolder() throws {
    let absent = folder.path + "/absent/a.safetensors"
    let write = #expect(throws: FileError.self) { try Safetensors.write([], to: absent) }
    #expect(write?.path == absent)
    let read = #expect(throws: FileError.self) { try Safetensors(path: absent) }
    #expect(read?.path == absent)
  }
}
