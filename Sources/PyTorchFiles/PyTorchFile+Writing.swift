import Files
import Foundation

extension PyTorchFile {
  /// One tensor of a dictionary that is to be written.
  package struct Entry {
    let name: String
    let type: ElementType
    let shape: [Int]

    package init(name: String, type: ElementType, shape: [Int]) {
      (self.name, self.type, self.shape) = (name, type, shape)
    }
  }

  /// Writes a dictionary of tensors to `path`, durably, as `torch.save` would: `torch.load` reads it with
  /// `weights_only=True`.
  ///
  /// `bytes` hands the elements of the entry of that number to what it is given, the last axis fastest.
  /// - Throws: `FileError` naming `path`, with whatever was there before untouched.
  package static func write(
    _ entries: [Entry], to path: String,
    bytes: (Int, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    var archive = try ZipWriter(path: path)
    // The names are those of torch.save, for a file whose name is not known.
    func add(_ name: String, _ data: Data) throws {
      try data.withUnsafeBytes { try archive.add("archive/\(name)", $0) }
    }
    try add("data.pkl", PickleWriter.dictionary(entries))
    try add("byteorder", Data("little".utf8))
    for index in entries.indices {
      try bytes(index) { try archive.add("archive/data/\(index)", $0) }
    }
    try add("version", Data("3\n".utf8))
    try archive.commit()
  }
}

/// Writes the pickle of a dictionary of tensors, in protocol 2: docs.python.org/3/library/pickletools.html.
private struct PickleWriter {
  private var bytes = Data([0x80, 2])  // PROTO 2

  static func dictionary(_ entries: [PyTorchFile.Entry]) -> Data {
    var writer = PickleWriter()
    writer.emptyDictionary()
    writer.bytes.append(UInt8(ascii: "("))  // MARK
    for (index, entry) in entries.enumerated() {
      writer.text(entry.name)
      writer.tensor(entry, storage: "\(index)")
    }
    writer.bytes += Data("u.".utf8)  // SETITEMS, STOP
    return writer.bytes
  }

  /// torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)
  private mutating func tensor(_ entry: PyTorchFile.Entry, storage key: String) {
    global("torch._utils", "_rebuild_tensor_v2")
    bytes += Data("((".utf8)  // MARK, MARK
    text("storage")
    let type = entry.type.storage ?? "torch.FloatStorage"
    global("torch", String(type.dropFirst("torch.".count)))
    text(key)
    text("cpu")
    integer(entry.shape.reduce(1, *))
    bytes += Data("tQ".utf8)  // TUPLE, BINPERSID
    integer(0)
    tuple(entry.shape)
    var strides: [Int] = []
    var stride = 1
    for length in entry.shape.reversed() {
      strides.insert(stride, at: 0)
      stride *= max(1, length)
    }
    tuple(strides)
    bytes.append(0x89)  // NEWFALSE
    emptyDictionary()
    bytes += Data("tR".utf8)  // TUPLE, REDUCE
  }

  private mutating func emptyDictionary() {
    global("collections", "OrderedDict")
    bytes += Data(")R".utf8)  // EMPTY_TUPLE, REDUCE
  }

  private mutating func global(_ module: String, _ name: String) {
    bytes += Data("c\(module)\n\(name)\n".utf8)  // GLOBAL
  }

  private mutating func text(_ text: String) {
    bytes.append(UInt8(ascii: "X"))  // BINUNICODE
    little(UInt32(text.utf8.count))
    bytes += Data(text.utf8)
  }

  private mutating func integer(_ number: Int) {
    if let short = Int32(exactly: number) {
      bytes.append(UInt8(ascii: "J"))  // BININT
      little(short)
    } else {
      bytes += [0x8A, 8]  // LONG1, of 8 bytes
      little(number)
    }
  }

  private mutating func tuple(_ numbers: [Int]) {
    bytes.append(UInt8(ascii: "("))
    numbers.forEach { integer($0) }
    bytes.append(UInt8(ascii: "t"))
  }

  private mutating func little(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
