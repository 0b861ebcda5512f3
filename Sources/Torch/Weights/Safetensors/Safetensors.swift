import Files
import Foundation

/// Tensors by name in one file, in the safetensors format.
///
/// The file is mapped and checked when opened; a tensor's bytes are copied when it is read, since
/// mapped ones are unaligned and die with the file.
public final class Safetensors: WeightsFile {
  /// Free text that the writer left, such as a checkpoint's position.
  public let metadata: [String: String]
  /// The tensors' names, in the file's order.
  public let names: [String]
  /// Where the file lies.
  public var path: String { file.path }
  private let file: MappedFile
  private let entries: [String: SafetensorsHeader.Entry]
  private let dataOffset: Int

  /// Opens the file at `path`.
  /// - Throws: `FileError` naming `path` and what is wrong with it.
  public init(path: String) throws {
    file = try MappedFile(path: path)
    func fault(_ message: String) -> FileError {
      FileError("read safetensors", path, code: 0, detail: message)
    }
    guard file.bytes.count >= 8 else {
      throw fault(Self.otherKind(file.bytes) ?? "\(file.bytes.count) bytes: truncated")
    }
    let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    guard length <= SafetensorsHeader.byteLimit, Int(length) + 8 <= file.bytes.count else {
      throw fault(
        Self.otherKind(file.bytes)
          ?? "a header of \(length) bytes in a file of \(file.bytes.count)")
    }
    dataOffset = 8 + Int(length)
    do {
      let header = try SafetensorsHeader(
        parsing: UnsafeRawBufferPointer(rebasing: file.bytes[8..<dataOffset]),
        dataCount: file.bytes.count - dataOffset)
      metadata = header.metadata
      names = header.entries.map(\.name)
      entries = Dictionary(
        header.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    } catch let error as SafetensorsFault {
      throw fault(error.message)
    }
  }

  /// What the bytes are where they are no safetensors file: what a download or a clone left.
  private static func otherKind(_ bytes: UnsafeRawBufferPointer) -> String? {
    guard !bytes.isEmpty else { return "the file is empty" }
    // The length of a real header has zeros.
    guard !bytes.prefix(8).contains(0) else { return nil }
    let head = String(decoding: bytes.prefix(64), as: UTF8.self)
      .drop(while: { $0.isWhitespace }).lowercased()
    if head.hasPrefix("version https://git-lfs") {
      return "this is a Git LFS pointer, not the weights; `git lfs pull` fetches them"
    }
    if head.hasPrefix("<!doctype") || head.hasPrefix("<html") || head.hasPrefix("<?xml") {
      return "this is a web page, not weights; download the file itself"
    }
    return head.hasPrefix("{") || head.hasPrefix("[") ? "this is JSON, not weights" : nil
  }

  /// The shape of the tensor `name`, if there is one.
  public func shape(of name: String) -> [Int]? { entries[name]?.shape }

  /// The element type of the tensor `name` as the file calls it, if there is one.
  public func typeName(of name: String) -> String? { entries[name]?.type }

  /// The element type of the tensor `name`, if there is one and it is known here.
  public func dtype(of name: String) -> DType? { entries[name]?.dtype }

  /// A copy of the tensor `name`.
  /// - Throws: `FileError` naming the file when there is none.
  public func tensor(_ name: String) throws -> Tensor {
    guard let entry = entries[name] else {
      throw FileError("read safetensors", path, code: 0, detail: "it has no tensor \(name)")
    }
    guard let dtype = entry.dtype else {
      throw FileError(
        "read safetensors", path, code: 0,
        detail: "\(name) is of the type \(entry.type), which cannot be computed with")
    }
    let range = (dataOffset + entry.range.lowerBound)..<(dataOffset + entry.range.upperBound)
    return try withExtendedLifetime(file) {
      try Tensor(
        bytes: UnsafeRawBufferPointer(rebasing: file.bytes[range]), shape: entry.shape,
        dtype: dtype)
    }
  }

  /// Writes `tensors` and `metadata` to `path` as one durable file; the same input gives the same
  /// bytes.
  /// - Throws: `FileError` naming `path`, with whatever was there before untouched; also when two
  ///   tensors have one name.
  public static func write(
    _ tensors: [ParameterStore.Named], metadata: [String: String] = [:], to path: String
  ) throws {
    var names: Set<String> = ["__metadata__"]
    if let twice = tensors.first(where: { !names.insert($0.name).inserted }) {
      throw FileError("write", path, code: 0, detail: "two tensors are named \(twice.name)")
    }
    if let empty = tensors.first(where: { $0.tensor.device == .meta }) {
      throw FileError("write", path, code: 0, detail: "\(empty.name) has a shape and no elements")
    }
    var offset = 0
    let entries = tensors.map { name, tensor in
      let start = offset
      offset += tensor.count * tensor.dtype.byteCount
      return SafetensorsHeader.Entry(
        name: name, type: SafetensorsHeader.name(of: tensor.dtype), dtype: tensor.dtype,
        shape: tensor.shape, range: start..<offset)
    }
    let header = SafetensorsHeader(metadata: metadata, entries: entries).encoded()
    let file = try DurableFile(path: path)
    try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
    try file.write(header)
    for (entry, tensor) in zip(entries, tensors) {
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: entry.range.count, alignment: 64)
      defer { buffer.deallocate() }
      try tensor.tensor.copyBytes(into: buffer)
      try file.write(UnsafeRawBufferPointer(buffer))
    }
    try file.commit()
  }
}
