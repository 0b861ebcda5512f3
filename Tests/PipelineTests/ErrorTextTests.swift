import Files
import Foundation
import ImageData
import Models
import Pipeline
import Ranking
import Recipes
import Terminal
import Testing
import Torch
import Training

@Suite("Errors of the library")
struct ErrorTextTests {
  private static let errors: [any Error & CustomStringConvertible] = [
    PipelineError.data("birds/ has no pictures"),
    Stopped(signal: SIGINT),
    ImageDataError.unreadable(key: "a/b", reason: "the file is empty"),
    ImageDataError.source(shard: "00001", reason: "it ended early"),
    RankingError.corruptFile(path: "s.scores", reason: "it is cut short"),
    TorchError("matmul", shapes: [[2, 3]], message: "they do not fit"),
    FileError("read", "a.jpg", code: ENOENT),
    ParquetError.missing,
  ]

  @Test("localizedDescription, which programs print, is what the command prints")
  func localized() {
    for error in Self.errors {
      #expect(error.localizedDescription == error.description)
      #expect(PipelineError.line(about: error) == error.description)
    }
    #expect(throws: ModelError.self) { try ModelCatalog.make(NetworkOptions(model: "resnet9")) }
    do {
      _ = try ModelCatalog.make(NetworkOptions(model: "resnet9"))
    } catch {
      #expect(error.localizedDescription.hasPrefix("no model is named resnet9; there are "))
    }
  }

  @Test("a stop is called as people call it")
  func stops() {
    func line(_ signal: Int32) -> String { "\(Stopped(signal: signal))" }
    #expect(line(SIGINT).hasPrefix("stopped by Ctrl-C (SIGINT); everything is saved"))
    #expect(line(SIGTERM).hasPrefix("stopped by SIGTERM; everything is saved"))
    #expect(line(SIGHUP).hasPrefix("stopped by SIGHUP: its terminal is gone; everything is saved"))
  }

  @Test("exit codes are those of sysexits")
  func exitCodes() {
    #expect(PipelineError.exitCode(of: RecipeError("")) == 64)
    #expect(PipelineError.exitCode(of: PipelineError.data("")) == 65)
    #expect(PipelineError.exitCode(of: TrainingError.nonFinite("")) == 70)
    #expect(PipelineError.exitCode(of: FileError("read", "/a", code: 2)) == 74)
    #expect(PipelineError.exitCode(of: Stopped(signal: 15)) == 75)
  }
}
