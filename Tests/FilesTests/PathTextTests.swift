import Files
import Testing

@Suite("Names as bytes and as texts")
struct PathTextTests {
  @Test(
    "what is UTF-8 stays as it is, composed or decomposed",
    arguments: [
      "a/b.png", "caf\u{E9}", "cafe\u{301}", "🦤", #"back\slash"#, #"\x41"#, "", "\u{FFFD}",
    ])
  func utf8(_ text: String) {
    #expect(PathText.text(of: Array(text.utf8)).utf8.elementsEqual(text.utf8))
    #expect(PathText.bytes(of: text) == Array(text.utf8))
  }

  @Test(
    "a byte that is not UTF-8 is written with two hexadecimal digits, whatever stands beside it")
  func otherBytes() {
    // Latin-1; a sequence that breaks off; a surrogate (no character); an overlong slash.
    #expect(PathText.text(of: [0x63, 0xE9, 0x2E]) == #"c\xE9."#)
    #expect(PathText.text(of: [0xE2, 0x82]) == #"\xE2\x82"#)
    #expect(PathText.text(of: [0xED, 0xA0, 0x80, 0xC3, 0xA9]) == #"\xED\xA0\x80é"#)
    #expect(PathText.text(of: [0xC0, 0xAF]) == #"\xC0\xAF"#)
  }

  @Test("a name that holds such an escape as text is another name")
  func literalEscapes() {
    let literal = Array(#"caf\xE9.png"#.utf8)
    #expect(PathText.text(of: literal) == #"caf\x5CxE9.png"#)
    #expect(PathText.bytes(of: #"caf\x5CxE9.png"#) == literal)
    #expect(PathText.bytes(of: #"caf\xe9"#) == [0x63, 0x61, 0x66, 0xE9])
    #expect(PathText.text(of: Array(#"\x5C"#.utf8)) == #"\x5Cx5C"#)
  }

  @Test("every name leads to one text and back", arguments: 0..<64)
  func roundTrip(_ seed: Int) {
    // Bytes that are likely to be mistaken for each other.
    let alphabet: [UInt8] = Array(#"\\x5C89Ef"#.utf8) + [0xC3, 0xA9, 0xE9, 0x80, 0xF0]
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    var known: [[UInt8]: String] = [:]
    for _ in 0..<500 {
      var name: [UInt8] = []
      for _ in 0..<8 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        name.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      let text = PathText.text(of: name)
      #expect(PathText.bytes(of: text) == name, "\(text)")
      known[name] = text
    }
    #expect(Set(known.values.map { Array($0.utf8) }).count == known.count)
  }
}
