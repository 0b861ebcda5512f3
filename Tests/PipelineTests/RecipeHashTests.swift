import Foundation
import Models
import Recipes
import Testing
import Training

@testable import Pipeline

@Suite("Recipe hashes")
struct RecipeHashTests {
  private let recipe = Recipe(name: "a", labelled: "/d", unlabelled: "/u")

  /// The stages whose hash changes with the recipe.
  private func reached(_ change: (inout Recipe) -> Void) -> Set<Stage> {
    var changed = recipe
    change(&changed)
    return Set(Stage.allCases.filter { recipe.stageHash($0) != changed.stageHash($0) })
  }

  /// The stage and those that begin with what it leaves.
  private func from(_ stage: Stage) -> Set<Stage> { Set([stage] + stage.later) }

  @Test("a changed K reaches the ranking and what follows, not the teacher and not the scores")
  func imagesPerClass() {
    #expect(reached { $0.ranking.imagesPerClass = 8_000 } == from(.ranking))
    var changed = recipe
    changed.ranking.imagesPerClass = 8_000
    #expect(changed.scoresHash == recipe.scoresHash)
    changed.ranking.labelsPerImage = 5
    #expect(changed.scoresHash == recipe.scoresHash)
    // Each shard's record says what the shard holds.
    changed.data.unlabelled = "/v"
    changed.data.shardSize = 5
    #expect(changed.scoresHash == recipe.scoresHash)
    changed.ranking.batch = 5
    #expect(changed.scoresHash != recipe.scoresHash)
  }

  @Test("given scores depend on no training and no arithmetic; what is trained after them does")
  func givenScores() {
    var given = recipe
    given.teacher.kind = .given
    func reached(_ change: (inout Recipe) -> Void) -> Set<Stage> {
      var changed = given
      change(&changed)
      return Set(Stage.allCases.filter { given.stageHash($0) != changed.stageHash($0) })
    }
    let later = from(.student)
    // Such a recipe has none of these.
    let teachers: Set<Stage> = [.pretraining, .taskTuning, .teacher]
    let comparisons: Set<Stage> = [.baseline, .baselineLong]
    #expect(reached { $0.teacher.training.learningRate = 1 } == [])
    #expect(reached { $0.teacher.model = "resnet8" } == [])
    #expect(reached { $0.input.size = 128 }.subtracting(teachers) == later.union(comparisons))
    #expect(
      reached { $0.data.labelledCount = 10 }.subtracting(teachers)
        == later.union(comparisons).union([.ranking]))
    #expect(reached { $0.data.test = "/t" } == later.union([.ranking]))
    var other = given
    (other.input.resize, other.precision) = (300, .float32)
    #expect(other.scoresHash == given.scoresHash)
    other.ranking.leaveOut = .keep
    #expect(other.scoresHash != given.scoresHash)
    #expect(recipe.scoresHash != given.scoresHash)
  }

  @Test("what works on a frozen network's features depends on no training's settings")
  func frozen() {
    var frozen = recipe
    (frozen.teacher.kind, frozen.teacher.startFrom) = (.knn, "/m")
    var changed = frozen
    changed.teacher.training.learningRate = 1
    #expect(changed.stageHash(.teacher) == frozen.stageHash(.teacher))
    changed.teacher.neighbours = 5
    #expect(changed.stageHash(.teacher) != frozen.stageHash(.teacher))
  }

  @Test("what version 0.1.0 made of the demo's recipe is still of the same recipe")
  func earlier() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path
    var demo = try Recipe(contentsOf: "\(root)/Recipes/fashion-mnist.yaml")
    (demo.teacher.training.images, demo.teacher.training.epochs) = (128, nil)
    demo.teacher.training.replicas = 1
    // From the marker that its `train-teacher` left, with `threads: 1`.
    let hash = "1bc5498762c20010ea83bd81ab15df8726ec1ce0aa5eed90d825767e45f3fa86"
    #expect(demo.isStageHash(hash, of: .teacher))
    #expect(!demo.isStageHash(hash, of: .student))
    #expect(
      demo.evaluationHash == "0e4c88ee91d028e6852d7acdba4403740bb141f0b5dddeb2912a1cbb726171b9")
    demo.teacher.training.optimizer = "another"
    #expect(!demo.isStageHash(hash, of: .teacher))
  }

  @Test("a change reaches its stage and those that follow")
  func stages() {
    let all = Set(Stage.allCases)
    #expect(reached { $0.seed = 1 } == all)
    #expect(reached { $0.precision = .float32 } == all)
    #expect(reached { $0.data.labelledCount = 10 } == all)
    #expect(reached { $0.data.validationFraction = 0.1 } == all)
    #expect(reached { $0.input.size = 128 } == all)
    let pipeline = from(.teacher)
    #expect(pipeline.isSuperset(of: [.teacher, .ranking, .student, .fineTuning]))
    #expect(pipeline.isDisjoint(with: [.pretraining, .taskTuning, .baseline, .baselineLong]))
    #expect(
      reached { $0.teacher.model = "resnet18" } == pipeline.union([.pretraining, .taskTuning]))
    #expect(reached { $0.data.tagged = "/w" } == pipeline.union([.pretraining, .taskTuning]))
    #expect(
      reached { $0.teacher.pretraining.minimumImages = 7 }
        == pipeline.union([.pretraining, .taskTuning]))
    #expect(
      reached { $0.teacher.fineTuneOn.labelled = "/v" } == pipeline.union([.taskTuning]))
    #expect(reached { $0.teacher.training.batch = 8 } == pipeline)
    #expect(reached { $0.data.unlabelled = "/v" } == from(.ranking))
    #expect(reached { $0.input.resize = 300 } == from(.ranking))
    #expect(
      reached { $0.student.model = "resnet18" }
        == from(.student).union([.baseline, .baselineLong]))
    #expect(reached { $0.student.training.loss = .sigmoid } == from(.student))
    #expect(reached { $0.student.training.images = 7 } == from(.student).union([.baselineLong]))
    #expect(reached { $0.fineTuning.training.learningRate = 1 } == from(.fineTuning))
    #expect(reached { $0.baseline.training.batch = 8 } == [.baseline, .baselineLong])
  }

  @Test("what the student learns from U by itself reaches the stage that it is part of")
  func consistency() {
    #expect(reached { $0.student.consistency.use = .after } == from(.fineTuning))
    #expect(reached { $0.student.consistency.use = .instead } == from(.student))
    var changed = recipe
    changed.student.consistency.use = .after
    #expect(changed.hash != recipe.hash)
    changed.student.consistency.settings.threshold = 0.9
    #expect(changed.stageHash(.student) == recipe.stageHash(.student))
  }

  @Test("later rounds reach no stage of the first one, but are part of the whole")
  func rounds() {
    #expect(reached { $0.rounds = 2 } == [])
    var changed = recipe
    changed.rounds = 2
    #expect(changed.hash != recipe.hash)
  }

  @Test("what does not influence the results changes no hash")
  func outside() {
    var changed = recipe
    changed.name = "b"
    changed.workers = 7
    changed.checkpoints.everySteps = 5
    changed.report.ranks = [1]
    changed.evaluation.everyImages = 100
    #expect(changed.hash == recipe.hash)
    #expect(Stage.allCases.allSatisfy { changed.stageHash($0) == recipe.stageHash($0) })
    #expect(changed.differences(from: recipe).isEmpty)
  }

  @Test("other validation pictures are measured on again, not trained again")
  func evaluation() {
    #expect(reached { $0.data.validation = "/t" } == [])
    // Test pictures are left out of U, so that others make another selection.
    #expect(reached { $0.data.test = "/t" } == from(.ranking))
    var changed = recipe
    changed.data.test = "/t"
    #expect(changed.evaluationHash != recipe.evaluationHash)
    #expect(changed.hash != recipe.hash)
  }

  @Test("a hash is 64 hexadecimal digits, another for each stage, and the same after reading")
  func form() throws {
    let hashes = Stage.allCases.map(recipe.stageHash) + [recipe.hash, recipe.scoresHash]
    #expect(Set(hashes).count == hashes.count)
    #expect(hashes.allSatisfy { $0.count == 64 })
    #expect(try Recipe(yaml: recipe.yaml).hash == recipe.hash)
  }

  @Test("differences are named with both values")
  func differences() {
    var changed = recipe
    changed.ranking.imagesPerClass = 3
    changed.seed = 4
    #expect(
      changed.differences(from: recipe)
        == ["seed (0 → 4)", "ranking.imagesPerClass (16000 → 3)"])
  }
}
