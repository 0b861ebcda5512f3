import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Pipeline

@Suite("The file of predictions")
struct PredictionFileTests {
  private let folder: TemporaryFolder
  private var path: String { "\(folder.path)/p.csv" }

  init() throws { folder = try TemporaryFolder() }

  private func file(isReplacing: Bool = false) throws -> PredictionFile {
    let file = try PredictionFile(path: path, isReplacing: isReplacing)
    try file.begin(["model": "a"], header: Array("key\n".utf8))
    return file
  }

  @Test("a process killed when its rows had become the file leaves nothing that is in the way")
  func killedAtTheEnd() throws {
    try file().save()
    #expect(rename("\(path).partial/rows", path) == 0)
    #expect(throws: PipelineError.self) { try file() }
    let again = try file(isReplacing: true)
    #expect(again.pictures == 0)
    try again.finish(PredictionTable(.csv, classNames: ["a", "b"], top: 1, allScores: false))
    #expect(try folder.read("p.csv") == "key\n")
    #expect(!FilePath(text: "\(path).partial").exists)
  }

  @Test("rows that were begun replace a file that is there only where that is wished")
  func replacing() throws {
    try folder.write("mine", to: "p.csv")
    try file(isReplacing: true).save()
    #expect(throws: PipelineError.self) { try file() }
    #expect(try folder.read("p.csv") == "mine")
  }
}
