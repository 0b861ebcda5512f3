import Recipes
import Terminal
import Testing
import Training

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

  /// What is found of a training with a threshold of its targets.
  private func found(
    smoothing: Double = 0, threshold: Double, classes: Int = 10, soft: Int? = nil,
    mixup: Double = 0
  ) -> Preflight {
    var training = Recipe.Training.pretraining
    (training.loss, training.labelSmoothing) = (.sigmoid, smoothing)
    (training.targetThreshold, training.augmentation.mixup) = (threshold, mixup)
    var preflight = Preflight()
    preflight.checkThreshold(
      of: training, key: "student.training", classCount: classes, softClasses: soft)
    return preflight
  }

  @Test("a threshold of targets that leaves every picture all classes, or none, is refused")
  func thresholds() {
    // 0.1 / 10 = 0.01 of each class.
    #expect(found(smoothing: 0.1, threshold: 0.0101).problems.isEmpty)
    let all = found(smoothing: 0.1, threshold: 0.009).problems
    #expect(all.map(\.key) == ["student.training.labelSmoothing"])
    #expect(all.first?.message.contains("every picture would have all classes") == true)
    // Of two classes a picture's own has 1 · 0.5 + 0.5 / 2 = 0.75.
    #expect(found(smoothing: 0.5, threshold: 0.74, classes: 2).problems.isEmpty)
    let none = found(smoothing: 0.5, threshold: 0.75, classes: 2).problems
    #expect(none.map(\.key) == ["student.training.targetThreshold"])
    #expect(none.first?.message.contains("no picture would have any class") == true)
  }

  @Test("one that may leave some pictures none is warned of: soft targets, and even mixes")
  func possibleThresholds() {
    // Of P probabilities the greatest is 1/P at least, and half of that in an even mix.
    #expect(found(threshold: 0.2, soft: 4).warnings.isEmpty)
    #expect(found(threshold: 0.2, soft: 5).warnings.count == 1)
    #expect(found(threshold: 0.2, soft: 2, mixup: 0.1).warnings.isEmpty)
    #expect(found(threshold: 0.2, soft: 3, mixup: 0.1).warnings.count == 1)
    // P is no more than there are classes.
    #expect(found(threshold: 0.2, classes: 4, soft: 10).warnings.isEmpty)
    #expect(found(threshold: 0.2, mixup: 0.1).warnings.isEmpty)
    let mixed = found(threshold: 0.5, mixup: 0.1).warnings
    #expect(mixed.map(\.key) == ["student.training.targetThreshold"])
    #expect(mixed.first?.message.contains("two pictures that are mixed evenly may have no") == true)
  }
}
