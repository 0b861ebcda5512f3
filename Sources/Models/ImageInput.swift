/// What a network sees of a picture: its size, its channels, and how they are normalised.
///
/// The defaults are ImageNet's.
public struct ImageInput: Equatable, Sendable {
  /// How pictures are resized for evaluation, in Pillow's arithmetic.
  public enum Interpolation: String, CaseIterable, Sendable {
    /// A triangle as wide as the reduction.
    case bilinear
    /// Cubic convolution with a = -0.5, twice as wide.
    case bicubic
  }

  /// The side of the network's square input, in training and in evaluation.
  public var size = 224
  /// Evaluation: the shorter side is resized to this before the centre crop.
  public var resize = 256
  /// Evaluation: how it is resized.
  public var interpolation = Interpolation.bilinear
  /// 1 for grey pictures, 3 for colour.
  public var channels = 3
  /// Subtracted from each channel, on a scale of 0 to 1.
  public var mean = [0.485, 0.456, 0.406]
  /// Each channel is then divided by this.
  public var std = [0.229, 0.224, 0.225]

  /// The defaults: ImageNet's.
  public init() {}
}
