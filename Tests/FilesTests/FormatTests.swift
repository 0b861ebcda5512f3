import Files
import Testing

@Suite("Format")
struct FormatTests {
  @Test("a name's control characters are written out, and nothing else of it")
  func visible() {
    #expect(Format.visible("a\u{1B}[31m\nb\r\u{7F}\t.png") == "a\\x1B[31m\\nb\\r\\x7F\\x09.png")
    #expect(Format.visible("owl \\xE9 é 猫.png") == "owl \\xE9 é 猫.png")
  }

  @Test("a word of a command is in quotes where a shell would see more in it")
  func shellWord() {
    for plain in ["a/b-1_2.yaml", "--seeds", "0,1", "猫", "k=v"] {
      #expect(Format.shellWord(plain) == plain)
    }
    #expect(Format.shellWord("my runs") == "'my runs'")
    #expect(Format.shellWord("it's $HOME") == #"'it'\''s $HOME'"#)
    #expect(Format.shellWord("") == "''")
  }
}
