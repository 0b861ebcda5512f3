/// Where the bytes of a shard end, or are broken, before the end of its archive.
struct EarlyEnd: Equatable, Sendable {
  enum Kind: String, Sendable {
    /// There are no more bytes.
    case cut
    /// The compressed bytes are none from there on.
    case broken
    /// No byte is a tar archive's.
    case foreign
  }

  let kind: Kind
  /// How many bytes stand before it.
  let byte: Int
  /// Whether these are what the file inflates to, rather than the file's own.
  var isInflated = false

  /// What is said of the shard, which has so many pictures before it.
  func words(pictures: Int) -> String {
    guard kind != .foreign else {
      return "is no tar archive: none of its \(byte) bytes is a header"
    }
    guard byte > 0 else { return "is empty" }
    return "\(place); \(Self.counted(pictures)) it"
  }

  /// "is cut short at byte 3584".
  var place: String {
    "is \(kind == .broken ? "broken" : "cut short") at byte \(byte)"
      + (isInflated ? " of what it inflates to" : "")
  }

  private static func counted(_ pictures: Int) -> String {
    switch pictures {
    case 0: "no picture stands before"
    case 1: "1 picture stands before"
    default: "\(pictures) pictures stand before"
    }
  }
}

/// A shard whose bytes end, or are broken, before its archive's end: what stands before that is used.
public struct CutShard: Sendable, Equatable, Codable {
  /// Its path or address.
  public let shard: String
  /// How many bytes stand before the place.
  public let byte: Int
  /// How many pictures do.
  public let pictures: Int
  /// "is cut short at byte 3584; 2 pictures stand before it".
  public let reason: String

  init(_ location: ShardLocation, _ end: EarlyEnd, pictures: Int) {
    shard = location.description
    byte = end.byte
    self.pictures = pictures
    reason = end.words(pictures: pictures)
  }
}

/// The shards of a collection that are cut short.
public struct CutShards: Sendable, Equatable, Codable {
  /// How many they are.
  public private(set) var count = 0
  /// The first five.
  public private(set) var first: [CutShard] = []

  /// None.
  public init() {}

  mutating func add(_ shard: @autoclosure () -> CutShard?) {
    count += 1
    if first.count < FailedShards.mostNamed, let shard = shard() { first.append(shard) }
  }

  /// "it" or "them".
  public var pronoun: String { count == 1 ? "it" : "them" }

  /// "u/3.tar is cut short at byte 3584; 2 pictures stand before it", or all of several; nil where
  /// there is none.
  public var line: String? {
    guard count > 0 else { return nil }
    if count == 1 {
      return first.first.map { "\($0.shard) \($0.reason)" } ?? "1 shard is cut short"
    }
    let named = first.map { "\($0.shard) \($0.reason.replacing("; ", with: ", and "))" }
    let more = count > named.count ? "; and \(count - named.count) more" : ""
    return "\(count) shards are cut short: " + named.joined(separator: "; ") + more
  }
}
