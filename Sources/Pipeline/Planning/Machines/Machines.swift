import Files

/// Machines that a run is planned for, each like this one: one process a machine.
public struct Machines: Equatable, Sendable {
  /// How many there are.
  public var count: Int
  /// What each sends, and at the same time receives, over the network.
  public var network = Quantity(10e9 / 8, .assumed("10 Gb/s"))
  /// What the common storage reads or writes for all together; nil where that is no limit.
  public var storage: Quantity?
  /// Bytes of an encoded picture on average.
  public var imageBytes = Quantity(110e3, .assumed("ImageNet-1k's pictures: 138 GB, 1,281,167"))
  /// 10⁹ multiply-adds a second that a machine reaches while it trains; nil for this one's, as measured.
  public var gmacPerSecond: Double?
  /// What an hour of one machine costs; nil where that is not given.
  public var pricePerHour: Double?

  /// So many machines like this one.
  public init(count: Int) { self.count = count }

  /// A number and where it comes from.
  public struct Quantity: Equatable, Sendable {
    /// In bytes or bytes a second.
    public let value: Double
    /// Where it comes from.
    public let source: Source

    /// A number and where it comes from.
    public init(_ value: Double, _ source: Source) { (self.value, self.source) = (value, source) }
  }

  /// Where a number comes from.
  public enum Source: Equatable, Sendable, CustomStringConvertible {
    /// Of this machine, now.
    case measuredHere
    /// Elsewhere, and where that is told.
    case measured(String)
    /// By the option of that name.
    case given(String)
    /// By nobody, and why it is a fair guess.
    case assumed(String)

    /// "given by --network".
    public var description: String {
      switch self {
      case .measuredHere: "measured here"
      case .measured(let how): "measured: \(how)"
      case .given(let option): "given by \(option)"
      case .assumed(let why): "assumed: \(why)"
      }
    }
  }
}
