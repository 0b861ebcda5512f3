/// What a picture is, noted when its bytes pass by: enough to find its copies later.
public struct ImageContents: Hashable, Sendable, BitwiseCopyable {
  /// The first 16 bytes of the SHA-256 of the encoded bytes.
  public var contentHash: ContentHash.Prefix
  /// What it shows.
  public var perceptualHash: PerceptualHash
  /// Pixels of the upright picture from left to right.
  public var width: UInt32
  /// Pixels from top to bottom.
  public var height: UInt32

  /// Notes a picture.
  public init(
    contentHash: ContentHash.Prefix, perceptualHash: PerceptualHash, width: UInt32, height: UInt32
  ) {
    self.contentHash = contentHash
    self.perceptualHash = perceptualHash
    self.width = width
    self.height = height
  }

  /// The contents noted for a picture that cannot be read: zeros.
  public static let unreadable = ImageContents(
    contentHash: .none, perceptualHash: .none, width: 0, height: 0)

  /// Whether there was a picture.
  public var isReadable: Bool { self != .unreadable }
}

extension ContentHash {
  /// The first 16 bytes of a content hash. Two different pictures share them with a probability of
  /// 10¹⁸ / 2 / 2¹²⁸ ≈ 10⁻²¹ among a billion.
  public struct Prefix: Hashable, Sendable, BitwiseCopyable {
    /// The first 8 bytes, the first of them lowest.
    public var first: UInt64
    /// The next 8.
    public var second: UInt64

    /// The prefix with these bytes.
    public init(first: UInt64, second: UInt64) {
      self.first = first
      self.second = second
    }

    /// The prefix noted for a picture that cannot be read.
    public static let none = Prefix(first: 0, second: 0)

    /// Feeds the first word, which is as good as random already.
    public func hash(into hasher: inout Hasher) {
      hasher.combine(first)
    }
  }
}
