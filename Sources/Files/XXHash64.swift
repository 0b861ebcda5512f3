/// XXH64, a fast 64-bit checksum against torn and flipped bytes; no protection against intent.
///
/// ```swift
/// let checksum = XXHash64.hash(bytes)
/// var running = XXHash64()          // the same of bytes that come in pieces of any size
/// for piece in pieces { running.update(piece) }
/// let same = running.value
/// ```
/// Written from the algorithm's specification (Collet, "XXHash fast digest algorithm", 0.1.1).
/// - Complexity: O(bytes), 32 bytes in four independent lanes a step.
public struct XXHash64: Sendable {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  private let seed: UInt64
  private var lanes: Lanes
  /// How many bytes the lanes have taken.
  private var count = 0
  /// The bytes since then, fewer than 32, at the front of these words.
  private var rest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  private var restCount = 0

  /// Begins the checksum of bytes that come in pieces.
  public init(seed: UInt64 = 0) {
    self.seed = seed
    lanes = Lanes(seed)
  }

  /// The checksum of `bytes`.
  public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    // Most keys are this short.
    guard bytes.count >= 32 else {
      return finished(seed &+ prime5 &+ UInt64(bytes.count), bytes, from: 0)
    }
    var lanes = Lanes(seed)
    let whole = bytes.count & ~31
    lanes.take(bytes, from: 0, to: whole)
    return finished(lanes.merged &+ UInt64(bytes.count), bytes, from: whole)
  }

  /// Takes the next bytes into account.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // Kept in registers; in place they would go to memory at each step.
    var lanes = lanes
    defer { self.lanes = lanes }
    var start = 0
    if restCount > 0 {
      start = min(32 - restCount, bytes.count)
      keep(bytes, from: 0, to: start)
      guard restCount == 32 else { return }
      withUnsafeBytes(of: rest) { lanes.take($0, from: 0, to: 32) }
      count += 32
      restCount = 0
    }
    let end = start + (bytes.count - start) & ~31
    lanes.take(bytes, from: start, to: end)
    count += end - start
    keep(bytes, from: end, to: bytes.count)
  }

  /// The checksum of all bytes that came.
  public var value: UInt64 {
    let start = (count > 0 ? lanes.merged : seed &+ Self.prime5) &+ UInt64(count + restCount)
    return withUnsafeBytes(of: rest) {
      Self.finished(start, UnsafeRawBufferPointer(rebasing: $0[..<restCount]), from: 0)
    }
  }

  private mutating func keep(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) {
    guard start < end else { return }
    let room = restCount
    withUnsafeMutableBytes(of: &rest) {
      UnsafeMutableRawBufferPointer(rebasing: $0[room...])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
    restCount += end - start
  }

  /// The four sums that take every fourth word each.
  private struct Lanes {
    var lane1: UInt64, lane2: UInt64, lane3: UInt64, lane4: UInt64

    @inline(__always)
    init(_ seed: UInt64) {
      lane1 = seed &+ prime1 &+ prime2
      lane2 = seed &+ prime2
      lane3 = seed
      lane4 = seed &- prime1
    }

    /// Takes the bytes from `start` to `end`, whole steps of 32.
    @inline(__always)
    mutating func take(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) {
      var offset = start
      while offset < end {
        lane1 = round(lane1, word(bytes, offset))
        lane2 = round(lane2, word(bytes, offset + 8))
        lane3 = round(lane3, word(bytes, offset + 16))
        lane4 = round(lane4, word(bytes, offset + 24))
        offset += 32
      }
    }

    @inline(__always)
    var merged: UInt64 {
      var hash = rotated(lane1, 1) &+ rotated(lane2, 7)
      hash = hash &+ rotated(lane3, 12) &+ rotated(lane4, 18)
      for lane in [lane1, lane2, lane3, lane4] {
        hash = (hash ^ round(0, lane)) &* prime1 &+ prime4
      }
      return hash
    }
  }

  /// `start` with the last bytes from `offset` on, fewer than 32.
  @inline(__always)
  private static func finished(
    _ start: UInt64, _ bytes: UnsafeRawBufferPointer, from offset: Int
  ) -> UInt64 {
    var hash = start
    var offset = offset
    while offset + 8 <= bytes.count {
      hash = rotated(hash ^ round(0, word(bytes, offset)), 27) &* prime1 &+ prime4
      offset += 8
    }
    if offset + 4 <= bytes.count {
      let half = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      hash = rotated(hash ^ (UInt64(UInt32(littleEndian: half)) &* prime1), 23)
      hash = hash &* prime2 &+ prime3
      offset += 4
    }
    while offset < bytes.count {
      hash = rotated(hash ^ (UInt64(bytes[offset]) &* prime5), 11) &* prime1
      offset += 1
    }
    hash = (hash ^ (hash >> 33)) &* prime2
    hash = (hash ^ (hash >> 29)) &* prime3
    return hash ^ (hash >> 32)
  }

  @inline(__always)
  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  @inline(__always)
  private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 {
    value &<< bits | value &>> (64 &- bits)
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotated(lane &+ word &* prime2, 31) &* prime1
  }
}
