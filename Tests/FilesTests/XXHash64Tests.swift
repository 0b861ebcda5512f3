import Files
import Testing

@Suite("XXHash64")
struct XXHash64Tests {
  @Test("it gives its specification's test vectors")
  func xxhash() {
    func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
      Array(text.utf8).withUnsafeBytes { XXHash64.hash($0, seed: seed) }
    }
    #expect(hash("") == 0xEF46_DB37_51D8_E999)
    #expect(hash("a") == 0xD24E_C4F1_A98C_6E5B)
    #expect(hash("abc") == 0x44BC_2CF5_AD77_0999)
    // 43 bytes: full lanes, one word, three bytes.
    #expect(hash("The quick brown fox jumps over the lazy dog") == 0x0B24_2D36_1FDA_71BC)
    // Python's xxhash 3: xxhash.xxh64(bytes(range(101)), seed=7)
    let range = Array(UInt8(0)...100).withUnsafeBytes { XXHash64.hash($0, seed: 7) }
    #expect(range == 0xE878_E979_1DBC_64FA)
  }
  @Test("a checksum in pieces of any size is the checksum", arguments: [0, 7] as [UInt64])
  func inPieces(seed: UInt64) {
    let all = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 >> 3) }
    for count in [0, 1, 4, 7, 31, 32, 33, 63, 64, 100, 300] {
      Array(all.prefix(count)).withUnsafeBytes { bytes in
        let expected = XXHash64.hash(bytes, seed: seed)
        for piece in [1, 3, 8, 31, 32, 33, 65, 300] {
          var hash = XXHash64(seed: seed)
          for start in stride(from: 0, to: count, by: piece) {
            hash.update(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, count)]))
          }
          #expect(hash.value == expected)
          #expect(hash.value == expected)  // asking changes nothing
        }
      }
    }
  }
}
