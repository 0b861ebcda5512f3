import CTorch

/// How bytes stand for real numbers: q for (q - `zeroPoint`) · `scale`.
public struct Quantization: Sendable, Equatable {
  /// What one step is worth.
  public let scale: Float
  /// The byte that stands for 0, which there always is: padding and ReLU need it.
  public let zeroPoint: UInt8

  /// 255 equal steps over `range` and 0.
  public init(_ range: ValueRange) {
    let low = min(0, range.low)
    let width = max(0, range.high) - low
    scale = width > 0 ? width / 255 : 1
    zeroPoint = UInt8(min(255, max(0, (-low / scale).rounded())))
  }

  /// The numbers that the first and the last byte stand for.
  public var range: ValueRange {
    ValueRange(
      low: -Float(zeroPoint) * scale, high: (255 - Float(zeroPoint)) * scale)
  }

  var code: ctorch_quantization {
    ctorch_quantization(scale: Double(scale), zero: Int64(zeroPoint))
  }
}

/// The numbers from `low` to `high`.
public struct ValueRange: Sendable, Hashable, Codable {
  /// The smallest.
  public var low: Float
  /// The largest.
  public var high: Float

  /// The numbers from `low` to `high`.
  public init(low: Float, high: Float) {
    self.low = low
    self.high = high
  }

  /// Whether both are numbers, in this order.
  var isRange: Bool { low.isFinite && high.isFinite && low <= high }
}

/// What the convolutions of a network see and make, by the convolutions' names.
public struct ActivationRanges: Sendable, Hashable, Codable {
  /// One convolution's numbers.
  public struct Layer: Sendable, Hashable, Codable {
    /// What it sees, where that does not come in bytes from another convolution: of all channels, or of each.
    public var input: [ValueRange]?
    /// What it makes, after addition and activation.
    public var output: ValueRange

    /// A layer of these ranges.
    public init(input: [ValueRange]? = nil, output: ValueRange) {
      self.input = input
      self.output = output
    }
  }

  /// All layers of a network that have a form in int8.
  public var layers: [String: Layer]

  /// The ranges of these layers.
  public init(layers: [String: Layer]) { self.layers = layers }
}
