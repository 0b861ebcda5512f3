public import Torch

/// A classifier of pictures: its weights by name, and how to run it.
public protocol Network: AnyObject {
  /// The weights, under torchvision's names, or timm's where torchvision has no such network.
  var weights: ParameterStore { get }

  /// The names of the last layer's weights begin so; `freezeBackbone` trains only these, and a new
  /// set of classes replaces them.
  static var lastLayer: String { get }

  /// How deep the weight `name` lies: 0 for what sees the picture, `depth` for the last layer. A
  /// training's `layerDecay` moves those less that lie nearer to the picture.
  func depth(of name: String) -> Int

  /// The depth of the last layer.
  var depth: Int { get }

  /// The names of weights that no optimiser should pull to zero, besides biases and norms.
  static var undecayed: Set<String> { get }

  /// `file` under this network's names, where it has those of its authors or of another program, and in
  /// its shapes, where they follow from another picture size.
  /// - Throws: `FileError` when it cannot be read or says what the network cannot follow.
  func adapted(_ file: any WeightsFile) throws -> any WeightsFile

  /// [N, C, H, W] normalised pictures → [N, features] float32: what the last layer sees, which timm calls
  /// `pre_logits`.
  /// - Throws: `TorchError` when the shape does not fit.
  func features(_ pictures: Tensor, _ pass: Pass) throws -> Tensor

  /// [N, features] float32 → [N, classes] float32 logits: the last layer.
  /// - Throws: `TorchError` when the shape does not fit.
  func classify(_ features: Tensor, _ pass: Pass) throws -> Tensor

  /// The network once more, whose weights are the same memory, with gradients and batch statistics of its
  /// own, so that another thread may compute with it; nil where it cannot be made twice.
  /// - Throws: `TorchError`.
  func replica() throws -> (any Network)?

  /// The convolutions and batch norms that evaluation passes may run as one kernel; nil where there are none:
  /// such a network computes in no int8.
  var foldable: FoldableLayers? { get }

  /// The network as a class of PyTorch's; nil where no variant of it is Halcyon's alone, so that timm has it.
  var python: PythonDefinition? { get }
}

extension Network {
  /// [N, C, H, W] normalised pictures → [N, classes] float32 logits.
  /// - Throws: `TorchError` when the shape does not fit.
  public func callAsFunction(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    try classify(features(pictures, pass), pass)
  }

  /// 1 for the last layer, 0 for all others.
  public func depth(of name: String) -> Int { name.hasPrefix(Self.lastLayer) ? 1 : 0 }

  /// 1.
  public var depth: Int { 1 }

  /// None.
  public static var undecayed: Set<String> { [] }

  /// The file as it is.
  public func adapted(_ file: any WeightsFile) throws -> any WeightsFile { file }

  /// Nil: it is computed on one thread alone.
  public func replica() throws -> (any Network)? { nil }

  /// Nil: the layers stay as they are.
  public var foldable: FoldableLayers? { nil }

  /// Prepares evaluation passes in `precision`, float32 or bf16: batch norms go into the convolutions before
  /// them.
  ///
  /// The weights are copied: fold again after training has changed them. A network that has nothing to fold
  /// is only slower.
  /// - Throws: `TorchError`.
  public func fold(precision: Precision) throws { try foldable?.fold(precision: precision) }

  /// Goes back to the separate layers.
  public func unfold() { foldable?.unfold() }

  /// nil: timm has it.
  public var python: PythonDefinition? { nil }
}

/// How a network begins.
public enum Stem: String, Sendable, CaseIterable {
  /// 7×7 with stride 2, then max-pooling by 2: pictures of 128 px and more.
  case standard
  /// 3×3 with stride 1 and no pooling: pictures of 28-64 px.
  case small
  /// 3×3 with stride 2 and no pooling: the same pictures at a quarter of the work.
  case strided
}

/// How a network makes one number a channel of its last stage's pictures, or of a transformer's tokens.
public enum Pooling: Sendable {
  /// Their mean.
  case average
  /// Their largest.
  case max
  /// The mean of both.
  case averageMax
  /// A transformer's token that stands for the whole picture.
  case token
}

/// Which network to make.
public struct NetworkOptions: Sendable, Equatable {
  /// A name of the catalogue, for example `resnet50`.
  public var model: String
  /// The number of classes.
  public var classCount: Int
  /// The channels of a picture: 1 or 3.
  public var inputChannels: Int
  /// How the network begins.
  public var stem: Stem
  /// The channels of the stem and of the first stage; 64 in the paper's networks.
  public var width: Int
  /// The side of a picture, for networks whose weights depend on it.
  public var inputSize: Int
  /// How its last stage is pooled; nil as the network is by itself.
  public var pooling: Pooling?
  /// What votes in place of a last layer; nil where there is one.
  public var vote: NeighbourVote?

  /// The network `model` for so many classes.
  public init(
    model: String, classCount: Int = 1000, inputChannels: Int = 3, stem: Stem = .standard,
    width: Int = 64, inputSize: Int = 224, pooling: Pooling? = nil
  ) {
    self.model = model
    self.classCount = classCount
    self.inputChannels = inputChannels
    self.stem = stem
    self.width = width
    self.inputSize = inputSize
    self.pooling = pooling
  }
}
