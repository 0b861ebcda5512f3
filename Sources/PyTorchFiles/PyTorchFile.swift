import Files

/// What `torch.save` wrote, read as data: in the format of a zip archive (since PyTorch 1.6) or the old one,
/// a row of pickles with the tensors' memory behind them.
///
/// The file is mapped; a tensor's bytes are copied when they are asked for.
package final class PyTorchFile {
  package let path: String
  /// What was saved: a dictionary of tensors, or one around it.
  private let program: PickledProgram
  /// Where each storage's bytes lie, by its key.
  private let storages: [String: Range<Int>]
  private let file: MappedFile

  /// Whether a file that begins so is one of PyTorch's, or at least a pickle or a zip archive.
  package static func isLikely(_ head: some Sequence<UInt8>) -> Bool {
    let head = Array(head.prefix(4))
    return head.starts(with: [0x50, 0x4B, 3, 4])
      || head.count > 1 && head[0] == 0x80 && (2...5).contains(head[1])
  }

  /// Opens the file at `path`.
  /// - Throws: `FileError` naming `path` and what is wrong with it, or which of Python's names or
  ///   operations it wants run.
  package init(path: String) throws {
    file = try MappedFile(path: path)
    self.path = path
    do {
      let contents =
        file.bytes.starts(with: [0x50, 0x4B])
        ? try Self.archive(file.bytes) : try Self.rowOfPickles(file.bytes)
      (program, storages) = (contents.program, contents.storages)
    } catch let fault as PickleFault {
      throw FileError("read PyTorch's weights", path, code: 0, detail: fault.message)
    }
  }

  /// The tensors by their names; nil where there are none.
  package var stateDictionary: StateDictionary? {
    withExtendedLifetime(self) { StateDictionary(in: program.value) }
  }

  /// The names of the classes, where the training program left them beside the weights.
  package var classNames: [String]? {
    withExtendedLifetime(self) {
      guard let top = program.value.dictionary else { return nil }
      for key in ["classes", "class_names", "label_names", "labels", "idx_to_class"] {
        let names = top[key]?.elements?.compactMap(\.text) ?? []
        if !names.isEmpty, names.count == top[key]?.elements?.count { return names }
      }
      // torchvision's ImageFolder: each name with its number.
      let numbered = (top["class_to_idx"]?.dictionary?.entries ?? []).compactMap { name, number in
        name.text.flatMap { name in number.integer.map { (name: name, number: $0) } }
      }.sorted { $0.number < $1.number }
      let isWhole = !numbered.isEmpty && numbered.map(\.number) == Array(numbered.indices)
      return isWhole ? numbered.map(\.name) : nil
    }
  }

  // MARK: - Formats

  private typealias Contents = (program: PickledProgram, storages: [String: Range<Int>])

  private static func archive(_ bytes: UnsafeRawBufferPointer) throws -> Contents {
    let files = try ZipDirectory(bytes).files
    // All lies in one folder, whose name is the file's when it was written.
    let names = files.keys.filter { $0.hasSuffix("/data.pkl") || $0 == "data.pkl" }
    guard let name = names.min(by: { $0.count < $1.count }), let range = files[name] else {
      throw PickleFault("it is a zip archive without data.pkl, so not of torch.save's")
    }
    let folder = name.dropLast("data.pkl".count)
    if files[folder + "constants.pkl"] != nil {
      throw PickleFault(
        "it is a TorchScript program (torch.jit.save), not weights; in Python, "
          + "torch.save(torch.jit.load(FILE).state_dict(), \"weights.pth\") makes some of it")
    }
    if let order = files[folder + "byteorder"], !bytes[order].elementsEqual("little".utf8) {
      throw PickleFault("its numbers have their highest byte first")
    }
    let program = try Pickle.read(UnsafeRawBufferPointer(rebasing: bytes[range]))
    var storages: [String: Range<Int>] = [:]
    for (name, range) in files where name.hasPrefix(folder + "data/") {
      storages[String(name.dropFirst(folder.count + "data/".count))] = range
    }
    return (program, storages)
  }

  /// PyTorch's mark, 0x1950A86A20F9469CFC6C, its lowest byte first.
  private static let mark: [UInt8] = [
    0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  private static func rowOfPickles(_ bytes: UnsafeRawBufferPointer) throws -> Contents {
    let isTar = bytes.count > 262 && bytes[257..<262].elementsEqual("ustar".utf8)
    if isTar {
      throw PickleFault(
        "it is a tar archive, as PyTorch wrote before 0.1.10; save it again with a later one")
    }
    var next = 0
    func pickle() throws -> PickledProgram {
      let program = try Pickle.read(bytes, from: next)
      next = program.end
      return program
    }
    let first = try pickle().value
    guard case .bytes(mark) = first else {
      throw PickleFault(
        "it is a pickle, but not one that torch.save wrote: it begins with \(first.kind)")
    }
    guard case .integer(1001) = try pickle().value else {
      throw PickleFault("it is of a version of PyTorch's format that is not known")
    }
    let system = try pickle()
    try withExtendedLifetime(system) {
      if case .boolean(false) = system.value.dictionary?["little_endian"] {
        throw PickleFault("its numbers have their highest byte first")
      }
    }
    let program = try pickle()
    let list = try pickle()
    let keys = withExtendedLifetime(list) { list.value.elements ?? [] }
    // Behind the keys lie the storages in their order: the number of elements, then these.
    var storages: [String: Range<Int>] = [:]
    let reader = LittleEndian(bytes)
    for key in keys {
      guard let key = key.text ?? key.integer.map(String.init) else {
        throw PickleFault("a storage has a key that is no text")
      }
      let count = try reader.number(at: next, bytes: 8)
      next += 8
      guard let elementBytes = program.elementBytes[key] else {
        throw PickleFault("it has the storage \(key), which no tensor uses")
      }
      let size = count.multipliedReportingOverflow(by: elementBytes)
      guard !size.overflow, size.partialValue <= bytes.count - next else {
        throw PickleFault("the storage \(key) reaches beyond the file's end: cut short?")
      }
      guard storages.updateValue(next..<(next + size.partialValue), forKey: key) == nil else {
        throw PickleFault("it has two storages \(key)")
      }
      next += size.partialValue
    }
    return (program, storages)
  }

  // MARK: - Tensors

  /// The elements of `tensor` in the order of its axes, the last one fastest.
  /// - Throws: `FileError` naming the file when they are not there.
  package func bytes(of tensor: PickledTensor, called name: String) throws -> [UInt8] {
    let size = tensor.type.byteCount
    let storage = tensor.storage
    let storageSize = storage.type?.byteCount ?? 1
    guard let range = storages[storage.key],
      storage.reach <= range.count / storageSize
    else {
      throw FileError(
        "read PyTorch's weights", path, code: 0,
        detail: "the memory of \(name) (storage \(storage.key)) is not in it, or is too short")
    }
    let start = range.lowerBound + storage.offset * storageSize + tensor.offset * size
    let count = tensor.shape.reduce(1, *)
    guard count > 0 else { return [] }
    return withExtendedLifetime(file) {
      [UInt8](unsafeUninitializedCapacity: count * size) { room, filled in
        filled = 0
        for run in tensor.runs {
          let from = start + run.place * size
          let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[from..<(from + run.count * size)])
          UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(room)[filled...])
            .copyMemory(from: bytes)
          filled += bytes.count
        }
      }
    }
  }
}

extension PickledTensor {
  /// The elements in the order of the axes, as runs that lie in one piece: the place of each run's first
  /// element, counted from the tensor's own first, and how many there are.
  fileprivate var runs: some Sequence<(place: Int, count: Int)> {
    // The last axes whose elements lie next to each other are one run.
    var (run, outer) = (1, shape.count)
    while outer > 0, strides[outer - 1] == run || shape[outer - 1] == 1 {
      run *= shape[outer - 1]
      outer -= 1
    }
    let axes = Array(zip(shape, strides).prefix(outer))
    let runs = axes.reduce(1) { $0 * $1.0 }
    return (0..<runs).lazy.map { number in
      var (rest, place) = (number, 0)
      for (length, stride) in axes.reversed() {
        place += rest % length * stride
        rest /= length
      }
      return (place, run)
    }
  }
}
