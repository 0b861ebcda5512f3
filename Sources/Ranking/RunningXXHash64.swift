import Files

/// `XXHash64` of bytes that come in pieces.
struct RunningXXHash64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  private var lanes: SIMD4<UInt64> = [prime1 &+ prime2, prime2, 0, 0 &- prime1]
  private var count = 0

  /// Takes `bytes` into account, all of them but the last up to 31.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var (lane1, lane2, lane3, lane4) = (lanes[0], lanes[1], lanes[2], lanes[3])
    let end = bytes.count & ~31
    for offset in stride(from: 0, to: end, by: 32) {
      lane1 = Self.round(lane1, bytes.integer(at: offset, as: UInt64.self))
      lane2 = Self.round(lane2, bytes.integer(at: offset + 8, as: UInt64.self))
      lane3 = Self.round(lane3, bytes.integer(at: offset + 16, as: UInt64.self))
      lane4 = Self.round(lane4, bytes.integer(at: offset + 24, as: UInt64.self))
    }
    lanes = [lane1, lane2, lane3, lane4]
    count += end
  }

  /// The checksum, with the last up to 31 bytes, which no `update` took.
  func finished(_ rest: UnsafeRawBufferPointer) -> UInt64 {
    guard count > 0 else { return XXHash64.hash(rest) }
    var hash =
      Self.rotated(lanes[0], 1) &+ Self.rotated(lanes[1], 7) &+ Self.rotated(lanes[2], 12)
      &+ Self.rotated(lanes[3], 18)
    for lane in 0..<4 {
      hash = (hash ^ Self.round(0, lanes[lane])) &* Self.prime1 &+ Self.prime4
    }
    hash &+= UInt64(count + rest.count)
    var offset = 0
    while offset + 8 <= rest.count {
      hash ^= Self.round(0, rest.integer(at: offset, as: UInt64.self))
      hash = Self.rotated(hash, 27) &* Self.prime1 &+ Self.prime4
      offset += 8
    }
    if offset + 4 <= rest.count {
      hash ^= UInt64(rest.integer(at: offset, as: UInt32.self)) &* Self.prime1
      hash = Self.rotated(hash, 23) &* Self.prime2 &+ Self.prime3
      offset += 4
    }
    for byte in rest[offset...] {
      hash = Self.rotated(hash ^ (UInt64(byte) &* Self.prime5), 11) &* Self.prime1
    }
    hash = (hash ^ (hash >> 33)) &* Self.prime2
    hash = (hash ^ (hash >> 29)) &* Self.prime3
    return hash ^ (hash >> 32)
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
