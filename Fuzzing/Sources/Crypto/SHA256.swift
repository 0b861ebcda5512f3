/// SHA-256 (FIPS 180-4), as much of swift-crypto's interface as the rooms use.
public struct SHA256 {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var count: UInt64 = 0

  /// Begins with no bytes.
  public init() {}

  /// The hash of `data`.
  public static func hash(data: some Sequence<UInt8>) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: data)
    return hash.finalize()
  }

  /// Takes `bytes` in.
  public mutating func update(bufferPointer bytes: UnsafeRawBufferPointer) { update(data: bytes) }

  /// Takes `data` in.
  public mutating func update(data: some Sequence<UInt8>) {
    for byte in data {
      pending.append(byte)
      count &+= 1
      if pending.count == 64 { compress() }
    }
  }

  /// The 32 bytes of the hash.
  public func finalize() -> [UInt8] {
    var last = self
    last.update(data: [0x80])
    while last.pending.count != 56 { last.update(data: [0]) }
    last.update(data: (0..<8).map { UInt8(truncatingIfNeeded: (count &* 8) >> (56 - 8 * $0)) })
    return last.state.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
    }
  }

  private mutating func compress() {
    func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 { word >> bits | word << (32 - bits) }
    var words = [UInt32](repeating: 0, count: 64)
    for index in 0..<64 {
      guard index >= 16 else {
        for byte in pending[4 * index..<4 * index + 4] {
          words[index] = words[index] << 8 | UInt32(byte)
        }
        continue
      }
      let (early, late) = (words[index - 15], words[index - 2])
      let first = rotated(early, 7) ^ rotated(early, 18) ^ early >> 3
      let second = rotated(late, 17) ^ rotated(late, 19) ^ late >> 10
      words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
    }
    var part = state
    for index in 0..<64 {
      let sum = rotated(part[4], 6) ^ rotated(part[4], 11) ^ rotated(part[4], 25)
      let choice = part[4] & part[5] ^ ~part[4] & part[6]
      let first = part[7] &+ sum &+ choice &+ Self.constants[index] &+ words[index]
      let other = rotated(part[0], 2) ^ rotated(part[0], 13) ^ rotated(part[0], 22)
      let majority = part[0] & part[1] ^ part[0] & part[2] ^ part[1] & part[2]
      for place in stride(from: 7, to: 0, by: -1) { part[place] = part[place - 1] }
      part[0] = first &+ other &+ majority
      part[4] &+= first
    }
    for index in state.indices { state[index] &+= part[index] }
    pending.removeAll(keepingCapacity: true)
  }

  /// The first 32 bits of the fractions of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1,
    0x923f_82a4, 0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3,
    0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786,
    0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147,
    0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13,
    0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a,
    0x5b9c_ca4f, 0x682e_6ff3, 0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208,
    0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
