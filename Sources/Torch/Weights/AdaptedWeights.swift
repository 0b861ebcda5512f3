import Files

/// A file of weights under other names: its tensors renamed, made from one another, or left out.
///
/// Nothing is read before a tensor is asked for.
public final class AdaptedWeights: WeightsFile {
  /// Where a tensor comes from, its shape, and what is made of it.
  private struct Entry {
    let source: String?
    let shape: [Int]
    let make: () throws -> Tensor
  }

  /// Where the file lies.
  public let path: String
  /// The tensors' names, in the file's order.
  public private(set) var names: [String]
  /// Which of the file's tensors these are, and what was done with them.
  public private(set) var note: String?
  /// The names of the classes, where the training program left them beside the weights.
  public var classNames: [String]? { file.classNames }
  /// Whether the names were torchvision's.
  public var isTorchvisions = false
  /// The side of the pictures that the embeddings of positions are of, where there are any.
  public var inputSize: Int?
  private let file: any WeightsFile
  private var entries: [String: Entry] = [:]

  /// All tensors of `file`, as they are.
  public convenience init(_ file: any WeightsFile) { self.init(file) { $0 } }

  /// The tensors of `file` under the names that `rename` gives them; nil leaves one out.
  public init(_ file: any WeightsFile, rename: (String) -> String?) {
    self.file = file
    path = file.path
    note = file.note
    names = []
    for name in file.names {
      guard let new = rename(name), entries[new] == nil else { continue }
      names.append(new)
      entries[new] = Entry(source: name, shape: file.shape(of: name) ?? []) {
        try file.tensor(name)
      }
    }
  }

  /// Makes `name`, which is there, of what it was.
  public func replace(
    _ name: String, shape: [Int], _ make: @escaping (Tensor) throws -> Tensor
  ) {
    guard let old = entries[name] else { return }
    entries[name] = Entry(source: old.source, shape: shape) { try make(old.make()) }
  }

  /// Adds the float32 tensor `name`, which the file has not.
  public func add(_ name: String, shape: [Int], _ make: @escaping () throws -> Tensor) {
    guard entries[name] == nil else { return }
    names.append(name)
    entries[name] = Entry(source: nil, shape: shape, make: make)
  }

  /// Says in `note` what was done.
  public func say(_ line: String) { note = note.map { "\($0); \(line)" } ?? line }

  /// The shape of the tensor `name`, if there is one.
  public func shape(of name: String) -> [Int]? { entries[name]?.shape }

  /// The element type of the tensor `name` as the file calls it, if there is one.
  public func typeName(of name: String) -> String? {
    entries[name].flatMap { entry in
      entry.source.map { file.typeName(of: $0) } ?? "\(DType.float32)"
    }
  }

  /// The element type of the tensor `name`, if there is one and it is known here.
  public func dtype(of name: String) -> DType? {
    entries[name].flatMap { entry in entry.source.map { file.dtype(of: $0) } ?? .float32 }
  }

  /// A copy of the tensor `name`.
  /// - Throws: `FileError` naming the file when there is none.
  public func tensor(_ name: String) throws -> Tensor {
    guard let entry = entries[name] else {
      throw FileError("read weights", path, code: 0, detail: "it has no tensor \(name)")
    }
    return try entry.make()
  }
}
