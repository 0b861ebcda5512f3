/// What happens to pictures on the way into a batch.
public enum Preset: Sendable, Hashable {
  /// Random, for training.
  case train(TrainPreset)
  /// The same every time, for evaluation, scoring and prediction.
  case evaluation(EvaluationPreset)

  /// The side of the square that comes out, in pixels.
  public var size: Int {
    switch self {
    case .train(let preset): preset.size
    case .evaluation(let preset): preset.crop
    }
  }

  /// Bytes a pixel that come out: 1 or 3.
  public var channels: Int {
    switch self {
    case .train(let preset): preset.channels
    case .evaluation(let preset): preset.channels
    }
  }

  /// - Throws: `ImageDataError.argument` saying what cannot be done.
  func validate() throws {
    guard size >= 1, size <= 16384 else {
      throw ImageDataError.argument("pictures of size \(size) cannot be made; give 1 to 16384")
    }
    guard channels == 1 || channels == 3 else {
      throw ImageDataError.argument("\(channels) channels cannot be made; give 1 or 3")
    }
    switch self {
    case .evaluation(let preset):
      guard preset.resize >= 1, preset.resize <= 16384 else {
        throw ImageDataError.argument("cannot resize to \(preset.resize); give 1 to 16384")
      }
      if case .border(let fill) = preset.mode, fill.count != channels {
        throw ImageDataError.argument(
          "the border's colour has \(fill.count) bytes for \(channels) channels")
      }
    case .train(let preset): try preset.validateRandomParts()
    }
  }
}

/// Random crop, mirroring, operations on pixels and erasing, with torchvision's meanings.
public struct TrainPreset: Sendable, Hashable {
  /// How the square is cut out.
  public enum Crop: Sendable, Hashable {
    /// A part of random area (as a share of the picture) and random aspect ratio, resized:
    /// torchvision's `RandomResizedCrop`.
    case randomResized(scale: ClosedRange<Double>, ratio: ClosedRange<Double>)
    /// The picture at `size`, surrounded by this many black pixels, cut at a random place:
    /// torchvision's `RandomCrop(size, padding)`.
    case padded(Int)
    /// The picture at `size`.
    case none

    /// 8 % to 100 % of the area, ratios of 3:4 to 4:3.
    public static let randomResized = Crop.randomResized(scale: 0.08...1, ratio: 3.0 / 4...4.0 / 3)
  }

  /// A random rectangle of one colour over the picture: torchvision's `RandomErasing`.
  public struct Erasing: Sendable, Hashable {
    /// How often.
    public var probability: Double
    /// The rectangle's share of the picture's area.
    public var scale: ClosedRange<Double>
    /// The rectangle's height over its width.
    public var ratio: ClosedRange<Double>
    /// The colour, one byte a channel: the data set's mean.
    public var fill: [UInt8]

    /// Erases with torchvision's ranges unless told otherwise.
    public init(
      probability: Double, scale: ClosedRange<Double> = 0.02...0.33,
      ratio: ClosedRange<Double> = 0.3...3.3, fill: [UInt8]
    ) {
      self.probability = probability
      self.scale = scale
      self.ratio = ratio
      self.fill = fill
    }
  }

  /// The side of the square that comes out, in pixels.
  public var size: Int
  /// Bytes a pixel that come out: 1 or 3.
  public var channels: Int
  /// How the square is cut out.
  public var crop: Crop
  /// How often a picture is mirrored left to right.
  public var flip: Double
  /// The operations on pixels, if any.
  public var autoAugment: AutoAugment?
  /// What is erased, if anything.
  public var erasing: Erasing?

  /// Makes the preset; a picture is cut, mirrored, operated on and erased in this order.
  public init(
    size: Int, channels: Int = 3, crop: Crop = .randomResized, flip: Double = 0.5,
    autoAugment: AutoAugment? = nil, erasing: Erasing? = nil
  ) {
    self.size = size
    self.channels = channels
    self.crop = crop
    self.flip = flip
    self.autoAugment = autoAugment
    self.erasing = erasing
  }

  fileprivate func validateRandomParts() throws {
    if case .padded(let padding) = crop, padding < 0 || padding > 16384 {
      throw ImageDataError.argument("a padding of \(padding) is impossible; give 0 to 16384")
    }
    if case .randomResized(let scale, let ratio) = crop,
      !(scale.lowerBound > 0 && scale.upperBound <= 1 && ratio.lowerBound > 0
        && ratio.upperBound.isFinite)
    {
      throw ImageDataError.argument(
        "a random crop of scale \(scale) and ratio \(ratio) is impossible; "
          + "give a scale within 0 to 1 and positive ratios")
    }
    guard flip >= 0, flip <= 1 else {
      throw ImageDataError.argument("a flip probability of \(flip) is impossible; give 0 to 1")
    }
    if case .randAugment(let operations, let magnitude) = autoAugment,
      !(0...100 ~= operations && 0...AutoAugment.mostMagnitude ~= magnitude)
    {
      throw ImageDataError.argument(
        "\(operations) operations of magnitude \(magnitude) are impossible; give 0 to 100 of 0 to "
          + "\(AutoAugment.mostMagnitude)")
    }
    guard let erasing else { return }
    guard erasing.probability >= 0, erasing.probability <= 1, erasing.scale.lowerBound > 0,
      erasing.scale.upperBound <= 1, erasing.ratio.lowerBound > 0, erasing.ratio.upperBound.isFinite
    else {
      throw ImageDataError.argument(
        "erasing with probability \(erasing.probability), scale \(erasing.scale) and ratio "
          + "\(erasing.ratio) is impossible; probability and scale lie within 0 to 1")
    }
    guard erasing.fill.count == channels else {
      throw ImageDataError.argument(
        "the colour to erase with has \(erasing.fill.count) bytes for \(channels) channels")
    }
  }
}
