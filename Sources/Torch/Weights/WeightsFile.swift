import Files
import PyTorchFiles

/// A file with tensors by name, whatever its format.
public protocol WeightsFile: AnyObject {
  /// Where the file lies.
  var path: String { get }
  /// The tensors' names, in the file's order.
  var names: [String] { get }
  /// Which of its tensors these are, where there are others; nil where there is no choice.
  var note: String? { get }
  /// The names of the classes, where the training program left them beside the weights.
  var classNames: [String]? { get }
  /// Whether its names were torchvision's, of a network that has timm's here: what its weights see is
  /// torchvision's then, too.
  var isTorchvisions: Bool { get }
  /// The side of the pictures that its embeddings of positions are of; nil where it has none.
  var inputSize: Int? { get }
  /// The shape of the tensor `name`, if there is one.
  func shape(of name: String) -> [Int]?
  /// The element type of the tensor `name` as the file calls it, if there is one.
  func typeName(of name: String) -> String?
  /// The element type of the tensor `name`, if there is one and it is known here.
  func dtype(of name: String) -> DType?
  /// A copy of the tensor `name`.
  /// - Throws: `FileError` naming the file when there is none.
  func tensor(_ name: String) throws -> Tensor
}

extension WeightsFile {
  /// nil: all there is.
  public var note: String? { nil }

  /// nil: none.
  public var classNames: [String]? { nil }

  /// false.
  public var isTorchvisions: Bool { false }

  /// nil: none that is known of.
  public var inputSize: Int? { nil }
}

/// Opens the file of weights at `path`: safetensors, or what PyTorch's `torch.save` wrote, which is read as
/// data and never run. The bytes decide, not the name.
/// - Throws: `FileError` naming `path` and what is wrong with it.
public func openWeights(_ path: String) throws -> any WeightsFile {
  let file = try MappedFile(path: path)
  return withExtendedLifetime(file) { PyTorchFile.isLikely(file.bytes) }
    ? try PyTorchWeights(path: path) : try Safetensors(path: path)
}
