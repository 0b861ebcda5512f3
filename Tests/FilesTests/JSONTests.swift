import Files
import Foundation
import TestSupport
import Testing

@Suite("JSON")
struct JSONTests {
  private struct Pair: Codable, Equatable {
    var b: String
    var a: Double
  }

  private let pair = Pair(b: "x/y", a: 1.5)

  private func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }

  @Test("keys are sorted and slashes are left alone, over several lines and in one")
  func layouts() throws {
    #expect(try text(JSON.pretty(pair)) == "{\n  \"a\" : 1.5,\n  \"b\" : \"x/y\"\n}\n")
    #expect(try text(JSON.indented(pair)) == "{\n  \"a\" : 1.5,\n  \"b\" : \"x/y\"\n}")
    #expect(try text(JSON.line(pair)) == "{\"a\":1.5,\"b\":\"x/y\"}")
    #expect(try text(JSON.line(pair, escapesSlashes: true)) == "{\"a\":1.5,\"b\":\"x\\/y\"}")
  }

  @Test("a number that is not finite is an error, or spelled where that is asked for")
  func notFinite() throws {
    #expect(throws: EncodingError.self) { try JSON.pretty([Double.nan]) }
    #expect(try text(JSON.line([-Double.infinity], spellsNonFinite: true)) == "[\"-Infinity\"]")
  }

  @Test("a file that is not there is nil, a damaged one an error that names it")
  func files() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/pair.json"
    #expect(try JSON.read(Pair.self, at: path) == nil)
    try DurableFile.write(try JSON.pretty(pair), to: path)
    #expect(try JSON.read(Pair.self, at: path) == pair)
    for damaged in ["{\"a\":1", "{\"a\":1}", ""] {
      try DurableFile.write(damaged, to: path)
      let error = #expect(throws: FileError.self) { try JSON.read(Pair.self, at: path) }
      #expect(error?.path == path && error?.code == 0)
    }
  }
}
