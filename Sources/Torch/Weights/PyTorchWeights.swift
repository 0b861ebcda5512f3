import Files
import PyTorchFiles

/// The tensors in a file that PyTorch's `torch.save` wrote: `.pth`, `.pt`, `.bin`, `.th`.
///
/// Its pickle is read as data: nothing in it runs, and one that names anything but tensors and containers
/// is refused. A dictionary of tensors may stand under `state_dict`, `model` and the like.
public final class PyTorchWeights: WeightsFile {
  /// Where the file lies.
  public let path: String
  /// The tensors' names, in the file's order.
  public let names: [String]
  /// Under which key they stand, where others do under other keys.
  public let note: String?
  private let file: PyTorchFile
  private let tensors: [String: PickledTensor]

  /// Opens the file at `path`.
  /// - Throws: `FileError` naming `path`, and what is wrong with it or what of Python's it wants run.
  public init(path: String) throws {
    file = try PyTorchFile(path: path)
    self.path = path
    guard let found = file.stateDictionary else {
      throw FileError(
        "read PyTorch's weights", path, code: 0,
        detail: "it holds no dictionary of tensors, neither itself nor under state_dict, model or "
          + "another usual key")
    }
    names = found.tensors.map(\.name)
    tensors = Dictionary(found.tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
    note =
      found.others.isEmpty
      ? nil
      : "\(path): the weights under \(found.place) are taken, not those under "
        + found.others.joined(separator: " or ")
  }

  /// The names of the classes, where the training program left them beside the weights.
  public var classNames: [String]? { file.classNames }

  /// The shape of the tensor `name`, if there is one.
  public func shape(of name: String) -> [Int]? { tensors[name]?.shape }

  /// PyTorch's name of its type, if there is one.
  public func typeName(of name: String) -> String? { tensors[name]?.type.name }

  /// The element type of the tensor `name`, if there is one and it is known here.
  public func dtype(of name: String) -> DType? {
    typeName(of: name).flatMap { name in DType.allCases.first { "\($0)" == name } }
  }

  /// A copy of the tensor `name`.
  /// - Throws: `FileError` naming the file when there is none.
  public func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else {
      throw FileError("read PyTorch's weights", path, code: 0, detail: "it has no tensor \(name)")
    }
    guard let dtype = dtype(of: name) else {
      throw FileError(
        "read PyTorch's weights", path, code: 0,
        detail: "\(name) is of the type \(tensor.type.name), which cannot be computed with")
    }
    return try file.bytes(of: tensor, called: name).withUnsafeBytes {
      try Tensor(bytes: $0, shape: tensor.shape, dtype: dtype)
    }
  }
}
