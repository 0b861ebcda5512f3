import Testing

@testable import Ranking

@Suite("Hashes")
struct HashTests {
  @Test("FNV-1a gives its authors' test vectors")
  func fnv1a() {
    #expect(KeyHash.fnv1a("".utf8) == 0xCBF2_9CE4_8422_2325)
    #expect(KeyHash.fnv1a("a".utf8) == 0xAF63_DC4C_8601_EC8C)
    #expect(KeyHash.fnv1a("foobar".utf8) == 0x8594_4171_F739_67E8)
  }

  @Test("the finaliser gives SplitMix64's first numbers from seed 0")
  func finaliser() {
    // SplitMix64 finalises multiples of its increment; its published first outputs from seed 0.
    #expect(KeyHash.finalized(0x9E37_79B9_7F4A_7C15) == 0xE220_A839_7B1D_CDAF)
    #expect(KeyHash.finalized(0x3C6E_F372_FE94_F82A) == 0x6E78_9E6A_A1B9_65F4)
  }

  @Test("a key's hash never changes: it is part of the file formats")
  func pinned() {
    #expect(KeyHash.hash(of: "") == 0xF52A_15E9_A9B5_E89B)
    #expect(KeyHash.hash(of: "00000/000000017") == 0x9C87_8F96_9F80_ED5E)
  }

  @Test("XXH64 gives its specification's test vectors")
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
