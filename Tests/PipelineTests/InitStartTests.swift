import Models
import Recipes
import TestSupport
import Testing
import Training

@testable import Pipeline

@Suite("A recipe fitted to weights and to a time")
struct InitStartTests {
  private func facts(_ path: String, _ count: Int, classes: Int = 0) -> DatasetFacts {
    DatasetFacts(path: path, count: count, classes: classes, channels: 3, width: 400, height: 300)
  }

  private func start(_ model: String, size: Int = 224) throws -> InitStart {
    var input = ImageInput()
    (input.size, input.resize) = (size, size * 8 / 7)
    (input.mean, input.std) = ([0.5, 0.5, 0.5], [0.25, 0.25, 0.25])
    input.interpolation = .bicubic
    return try InitStart(path: "w", NetworkOptions(model: model, classCount: 10), input)
  }

  private func fitted(_ start: InitStart, labels: Int = 1_000) throws -> InitRecipe {
    try InitRecipe(
      name: "birds", labelled: facts("/d", labels, classes: 10),
      unlabelled: facts("/u", 20_000), start: start)
  }

  @Test("networks see what the weights saw, and both start from weights that are few enough")
  func input() throws {
    let recipe = try fitted(start("resnet50")).recipe
    #expect(recipe.input.size == 224 && recipe.input.resize == 256)
    #expect(recipe.input.mean == [0.5, 0.5, 0.5] && recipe.input.std == [0.25, 0.25, 0.25])
    #expect(recipe.input.interpolation == .bicubic)
    for (model, path) in [
      (recipe.teacher.model, recipe.teacher.startFrom),
      (recipe.student.model, recipe.student.startFrom),
    ] {
      #expect(model == "resnet50" && path == "w")
    }
    // 15 passes over D are more than 150 steps of 32.
    #expect(recipe.teacher.training.images == 15_000)
    #expect(recipe.teacher.training.optimizer == "sgd")
    #expect(abs(recipe.teacher.training.learningRate - 0.03 / 8) < 1e-12)
    #expect(recipe.baseline.training.images == 15_000)
  }

  @Test(
    "weights beyond 30 million get a smaller student of their kind, which starts from nothing",
    arguments: [
      ("vit_base_patch14_dinov2", "vit_small_patch14_dinov2"),
      ("vit_large_patch14_reg4_dinov2", "vit_small_patch14_reg4_dinov2"),
      ("convnext_base", "convnext_tiny"), ("resnext101_32x8d", "resnet50"),
      ("deit_base_patch16_224", "deit_small_patch16_224"),
      ("vit_base_patch32_clip_224", nil),
    ] as [(String, String?)])
  func student(teacher: String, student: String?) throws {
    let recipe = try fitted(start(teacher)).recipe
    #expect(recipe.teacher.model == teacher && recipe.teacher.startFrom == "w")
    if let student { #expect(recipe.student.model == student) }
    #expect(recipe.student.startFrom == nil)
    let options = recipe.options(of: .student, classCount: 10)
    #expect(try ModelCatalog.cost(options, size: 224).parameters <= 30_000_000)
    // A fresh network trains for 2,000 steps of 32 at least, here 160 passes over D.
    #expect(recipe.student.training.images == 160_000)
  }

  @Test("transformers and ConvNeXt learn by AdamW with a rate that falls from layer to layer")
  func optimizers() throws {
    let vit = try fitted(start("vit_small_patch14_dinov2", size: 518)).recipe
    #expect(vit.input.size == 224 && vit.input.resize == 592 * 224 / 518)
    for training in [vit.teacher.training, vit.student.training, vit.baseline.training] {
      #expect(training.optimizer == "adamw" && training.layerDecay == 0.75)
      #expect(training.weightDecay == 0.05 && training.schedule == .cosine)
      #expect(abs(training.learningRate - 0.0005 / 8) < 1e-12)
    }
    #expect(vit.fineTuning.training.optimizer == "adamw")
    #expect(abs(vit.fineTuning.training.learningRate - 0.0001 / 8) < 1e-12)
    let convNeXt = try fitted(start("convnext_tiny")).recipe
    #expect(convNeXt.teacher.training.layerDecay == 0.8)
  }

  @Test("budgets follow the time there is; too little of it is said")
  func time() throws {
    let plain = try fitted(start("resnet50"))
    let speed = NetworkSpeed(training: 0.01, scoring: 0.002)
    let before = StageTimes(plain.recipe, plain.counts, teacher: speed, student: speed)
    // 20,000 pictures at 0.002 s.
    #expect(before.scoring == 40)
    var half = plain
    let lines = try half.fit(
      seconds: (before.trainings / 2 + 40) / 0.8, teacher: speed, student: speed)
    let after = StageTimes(half.recipe, half.counts, teacher: speed, student: speed)
    #expect(abs(after.trainings / before.trainings - 0.5) < 0.02)
    #expect(lines.count == 1 && lines[0].contains("teacher 1:15"), "\(lines)")
    #expect(half.recipe.teacher.training.images == 7_488)  // 234 batches of 32
    #expect(half.recipe.fineTuning.training.epochs == 5)

    var short = plain
    let warned = try short.fit(seconds: 10, teacher: speed, student: speed)
    #expect(warned.count == 2 && warned[1].contains("it takes longer than the 0:10"), "\(warned)")
    #expect(short.recipe.teacher.training.images == 50 * 32)
    #expect(short.recipe.fineTuning.training.epochs == 1)
    #expect(short.recipe.fineTuning.training.drops.isEmpty)
  }

  @Test("the written recipe says why, and loads")
  func yaml() throws {
    let text = try fitted(start("vit_base_patch14_dinov2", size: 518)).yaml
    #expect(
      text.contains("# smaller, of the same kind, to be used where 86 million weights"), "\(text)")
    #expect(text.contains("# not the weights' 518, which costs 5 times as much"))
    #expect(text.contains("startFrom: w\n"))
  }
}
