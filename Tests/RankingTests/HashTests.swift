import Files
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
    #expect(SplitMix64.finalized(0x9E37_79B9_7F4A_7C15) == 0xE220_A839_7B1D_CDAF)
    #expect(SplitMix64.finalized(0x3C6E_F372_FE94_F82A) == 0x6E78_9E6A_A1B9_65F4)
  }

  @Test("a key's hash never changes: it is part of the file formats")
  func pinned() {
    #expect(KeyHash.hash(of: "") == 0xF52A_15E9_A9B5_E89B)
    #expect(KeyHash.hash(of: "00000/000000017") == 0x9C87_8F96_9F80_ED5E)
  }
}
