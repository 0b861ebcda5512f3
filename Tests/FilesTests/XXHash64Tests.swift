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
}
