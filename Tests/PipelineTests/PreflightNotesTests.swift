import Terminal
import Testing

@testable import Pipeline
@testable import Torch

@Suite("What a check before a run notes")
struct PreflightNotesTests {
  @Test("a stop and what other processes say are no problems of the recipe, and end the check")
  func others() throws {
    var preflight = Preflight()
    #expect(throws: Stopped.self) { try preflight.note(Stopped(signal: 15), key: "data.labelled") }
    #expect(throws: DistributedError.self) {
      try preflight.note(DistributedError.lost("process 1 is gone"), key: "data.labelled")
    }
    #expect(throws: DistributedGroup.StopRequest.self) {
      try preflight.note(DistributedGroup.StopRequest(signal: 15), key: "data.labelled")
    }
    #expect(preflight.problems.isEmpty)
    try preflight.note(PipelineError.data("a picture is torn"), key: "data.labelled")
    #expect(preflight.problems.count == 1)
  }
}
