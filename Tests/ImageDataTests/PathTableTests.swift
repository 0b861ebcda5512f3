import Testing

@testable import ImageData

@Suite("PathTable")
struct PathTableTests {
  @Test("paths come back as they were, in any order")
  func roundTrip() {
    var random = SystemRandomNumberGenerator()
    var paths: [[UInt8]] = [[], [0xFF, 0xFE], Array("a".utf8), Array("a".utf8), Array("ab".utf8)]
    for number in 0..<5000 {
      let folder = "photos/\(number / 700)/"
      paths.append(Array("\(folder)\(String(number, radix: 7)).jpg".utf8))
      if number % 50 == 0 {
        // Longer than seven bits can count.
        paths.append((0..<Int.random(in: 0..<400, using: &random)).map { UInt8($0 % 251) })
      }
    }
    // A path longer than a block.
    paths.append([UInt8](repeating: 7, count: 3 << 20))
    paths += (0..<100).map { Array("z\($0)".utf8) }
    var table = PathTable()
    for path in paths { table.append(path.prefix(2), path.dropFirst(2)) }
    #expect(table.count == paths.count)
    for index in paths.indices.shuffled() { #expect(table.bytes(at: index) == paths[index]) }
  }

  @Test("a copy of a table is its own")
  func copies() {
    var table = PathTable()
    table.append([], "a/1".utf8)
    var copy = table
    table.append([], "a/2".utf8)
    copy.append([], "b".utf8)
    #expect(table[1] == "a/2" && copy[1] == "b" && table[0] == "a/1" && copy[0] == "a/1")
  }
}
