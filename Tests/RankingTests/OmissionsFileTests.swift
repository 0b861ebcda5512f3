import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("Samples without scores")
struct OmissionsFileTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/0.omitted" }

  init() throws { folder = try TemporaryFolder() }

  private func read(_ sha256: String) throws -> [Omission] {
    var found: [Omission] = []
    try OmissionsFile.forEach(in: path, sha256: sha256) { found.append($0) }
    return found
  }

  @Test("what is written comes back in order, on one line each whatever the reason holds")
  func comesBack() throws {
    let writer = OmissionsFileWriter(path: path)
    let omissions = [
      Omission(position: 0, reason: "it is HTML"),
      Omission(position: 3, reason: "is the test picture a", copy: .init(of: "test")),
      Omission(
        position: 4_000_000_000, reason: "looks like b", copy: .init(of: "labelled", bits: 7)),
      Omission(position: 4_000_000_001, reason: ""),
    ]
    for omission in omissions { try writer.append(omission) }
    try writer.append(Omission(position: 4_000_000_002, reason: "two\nlines\tand \u{e9}"))
    let sum = try #require(try writer.finish())
    #expect(writer.unreadable == 3 && writer.excluded == 2)
    #expect(
      try read(sum) == omissions + [
        Omission(position: 4_000_000_002, reason: "two lines and \u{e9}")
      ])
  }

  @Test("where every sample has scores there is no file, not even an older one")
  func none() throws {
    try Data("0\t\t\told\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(try OmissionsFileWriter(path: path).finish() == nil)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("a flipped byte anywhere, and a file cut anywhere, is found")
  func damage() throws {
    let writer = OmissionsFileWriter(path: path)
    for position in 0..<9 { try writer.append(Omission(position: position, reason: "broken")) }
    let sum = try #require(try writer.finish())
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for place in whole.indices {
      var changed = whole
      changed[place] ^= 1
      for data in [changed, whole.prefix(place)] {
        try data.write(to: URL(fileURLWithPath: path))
        #expect(throws: RankingError.self) { try read(sum) }
      }
    }
  }
}
