import Files
import Testing

@Suite("Format")
struct FormatTests {
  @Test("a name's control characters are written out, and nothing else of it")
  func visible() {
    #expect(Format.visible("a\u{1B}[31m\nb\r\u{7F}\t.png") == "a\\x1B[31m\\nb\\r\\x7F\\x09.png")
    #expect(Format.visible("owl \\xE9 é 猫.png") == "owl \\xE9 é 猫.png")
  }
}
