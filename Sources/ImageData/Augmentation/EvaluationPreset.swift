/// A picture resized, then a square from its centre: torchvision's `Resize` and `CenterCrop`.
public struct EvaluationPreset: Sendable, Hashable {
  /// The side after resizing, in pixels: the shorter one, or as `mode` says.
  public var resize: Int
  /// The side of the square that comes out, in pixels.
  public var crop: Int
  /// Bytes a pixel that come out: 1 or 3.
  public var channels: Int
  /// The filter to resize with.
  public var interpolation: Interpolation

  /// What becomes of a picture that is no square.
  public var mode: CropMode

  /// Makes the preset.
  public init(
    resize: Int, crop: Int, channels: Int = 3, interpolation: Interpolation = .bilinear,
    mode: CropMode = .center
  ) {
    self.resize = resize
    self.crop = crop
    self.channels = channels
    self.interpolation = interpolation
    self.mode = mode
  }
}

/// What becomes of a picture that is no square; the names are those of timm's `crop_mode`.
public enum CropMode: Sendable, Hashable {
  /// The shorter side is resized, and what is too long is cut off.
  case center
  /// Both sides are resized, and what it shows is squashed.
  case squash
  /// The longer side is resized, and what is missing beside the shorter one has this colour.
  case border(fill: [UInt8])
}

/// How a picture is resized for evaluation; both antialiased, in Pillow's arithmetic.
public enum Interpolation: String, Codable, Sendable, CaseIterable {
  /// A triangle as wide as the reduction.
  case bilinear
  /// Cubic convolution with a = -0.5, twice as wide.
  case bicubic
}
