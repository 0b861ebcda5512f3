/// The shorter side resized, then a square from the centre: torchvision's `Resize` and `CenterCrop`.
public struct EvaluationPreset: Sendable, Hashable {
  /// The shorter side after resizing, in pixels.
  public var resize: Int
  /// The side of the square that comes out, in pixels.
  public var crop: Int
  /// Bytes a pixel that come out: 1 or 3.
  public var channels: Int
  /// The filter to resize with.
  public var interpolation: Interpolation

  /// Makes the preset.
  public init(resize: Int, crop: Int, channels: Int = 3, interpolation: Interpolation = .bilinear) {
    self.resize = resize
    self.crop = crop
    self.channels = channels
    self.interpolation = interpolation
  }
}

/// How a picture is resized for evaluation; both antialiased, in Pillow's arithmetic.
public enum Interpolation: String, Codable, Sendable, CaseIterable {
  /// A triangle as wide as the reduction.
  case bilinear
  /// Cubic convolution with a = -0.5, twice as wide.
  case bicubic
}
