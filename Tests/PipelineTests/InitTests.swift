import Models
import Recipes
import TestSupport
import Testing
import Training

@testable import Pipeline

@Suite("InitRecipe")
struct InitTests {
  private func facts(
    _ path: String, _ count: Int, classes: Int = 0, channels: Int = 3, side: Int = 300
  ) -> DatasetFacts {
    DatasetFacts(
      path: path, count: count, classes: classes, channels: channels, width: side + 100,
      height: side)
  }

  private func fashion(labels: Int, test: String? = nil) throws -> InitRecipe {
    try InitRecipe(
      name: "fashion", labelled: facts("/d", labels, classes: 10, channels: 1, side: 28),
      unlabelled: facts("/u", 60_000 - labels, channels: 1, side: 28), test: test, start: nil)
  }

  @Test("small grey pictures get a small stem, a thin network and their own size")
  func small() throws {
    let recipe = try fashion(labels: 1_000).recipe
    #expect(recipe.student.stem == .small)
    #expect(recipe.student.model == "resnet8" && recipe.student.width == 32)
    #expect(recipe.input.size == 28)
    #expect(recipe.input.resize == 28)
    #expect(recipe.input.channels == 1)
    #expect(recipe.input.mean.count == 1)
    #expect(recipe.student.training.augmentation.crop == .padded)
    #expect(recipe.student.training.batch == 64)
  }

  @Test("few labels are learned in small batches, with strong views and decay, and gently tuned on")
  func few() throws {
    let recipe = try fashion(labels: 1_000).recipe
    for (training, batch) in [
      (recipe.teacher.training, 32), (recipe.baseline.training, 32), (recipe.student.training, 64),
    ] {
      #expect(training.batch == batch && training.learningRate == 0.1)
      #expect(training.weightDecay == 0.032 / Double(batch))  // 1 / labels in batches of 32
      #expect(training.augmentation.autoAugment == .randAugment)
      #expect(training.augmentation.erasing == 0.5)
    }
    #expect(recipe.student.targets == .soft)
    // A tenth of 25 labels a class would cost more than it tells, and so would one of 100 beside test pictures.
    #expect(recipe.data.validationFraction == 0.1)
    #expect(try fashion(labels: 250).recipe.data.validationFraction == 0)
    #expect(try fashion(labels: 1_000, test: "/t").recipe.data.validationFraction == 0)
    #expect(try fashion(labels: 30_000, test: "/t").recipe.data.validationFraction == 0.1)
    #expect(recipe.fineTuning.training.augmentation.autoAugment == .none)
    #expect(try fashion(labels: 100).recipe.teacher.training.weightDecay == 2e-3)
    #expect(try fashion(labels: 300).recipe.baseline.training.weightDecay == 2e-3)
    #expect(try fashion(labels: 1_500).recipe.teacher.training.weightDecay == 6.7e-4)
    #expect(try fashion(labels: 4_000).recipe.teacher.training.weightDecay == 5e-4)

    let many = try fashion(labels: 30_000).recipe
    #expect(many.student.targets == .hard && many.teacher.training.batch == 256)
    #expect(many.teacher.training.learningRate == 0.1 && many.student.model == "resnet18")
    #expect(many.teacher.training.augmentation.autoAugment == .none)
    #expect(many.teacher.training.weightDecay == Recipe.Training().weightDecay)

    // Of larger pictures it was not measured.
    let large = try InitRecipe(
      name: "photos", labelled: facts("/d", 1_000, classes: 10), unlabelled: facts("/u", 9_000))
    #expect(large.recipe.teacher.training.batch == 64 && large.recipe.student.targets == .hard)
    #expect(large.recipe.teacher.training.augmentation.autoAugment == .none)
  }

  @Test("where an operation is too little work for two threads, each has half of a batch")
  func replicas() throws {
    let small = try fashion(labels: 1_000)
    let trainings = { (recipe: Recipe) in
      [
        recipe.teacher.training, recipe.student.training, recipe.fineTuning.training,
        recipe.baseline.training,
      ].map(\.replicas)
    }
    // Of the student's batches of 64 an operation is enough for both.
    #expect(trainings(small.recipe) == [2, 1, 2, 2])
    #expect(small.yaml.contains("so each computes half of a batch"))
    let large = try InitRecipe(
      name: "photos", labelled: facts("/d", 3_000, classes: 10), unlabelled: facts("/u", 30_000))
    #expect(trainings(large.recipe) == [1, 1, 1, 1])
  }

  @Test("K is half of U's pictures a class, a fifth with few labels of each, a third with many")
  func imagesPerClass() throws {
    // 59,000 / 10 / 2 = 2,950 → 2,900; 59,900 / 10 / 5 = 1,198 → 1,100; 30,000 / 10 / 3 = 1,000
    #expect(try fashion(labels: 1_000).recipe.ranking.imagesPerClass == 2_900)
    #expect(try fashion(labels: 100).recipe.ranking.imagesPerClass == 1_100)
    #expect(try fashion(labels: 30_000).recipe.ranking.imagesPerClass == 1_000)
  }

  @Test("ImageNet and a hundred million pictures get the paper's sizes")
  func large() throws {
    let fitted = try InitRecipe(
      name: "big", labelled: facts("/d", 1_281_167, classes: 1_000),
      unlabelled: facts("/u", 100_000_000))
    let recipe = fitted.recipe
    #expect(recipe.ranking.imagesPerClass == 16_000)  // 100,000 / 3 is above it
    #expect(recipe.ranking.labelsPerImage == 10)
    #expect(recipe.student.model == "resnet50")
    #expect(recipe.input == Recipe.Input())
    #expect(recipe.student.training.schedule == .halving)
    #expect(recipe.fineTuning.training.learningRate == 0.00025)
    #expect(fitted.warnings.isEmpty)
  }

  @Test("what speaks against a gain is said")
  func warnings() throws {
    let fitted = try InitRecipe(
      name: "few", labelled: facts("/d", 100, classes: 10),
      unlabelled: facts("/u", 250, channels: 1))
    #expect(fitted.warnings.count == 3)
    #expect(fitted.warnings[0].hasPrefix("U is only 2.5 times D"))
    #expect(fitted.yaml.hasPrefix("# Note: U is only 2.5 times D"))
  }

  @Test("a line break in a picture's name stays in its comment")
  func lineBreak() throws {
    var fitted = try fashion(labels: 250)
    fitted.note(
      [
        .init(
          message: "d/a\nseed: 7\n.png cannot be read", key: "data.unreadableLimit", evidence: nil)
      ],
      labelled: 250)
    #expect(!fitted.yaml.split(separator: "\n").contains { $0.hasPrefix("seed: 7") })
    #expect(fitted.yaml.contains("a\\nseed:"))
  }

  @Test("nothing to learn from is refused")
  func refused() {
    expectError("/d has one class only; give a folder", code: 65) {
      try InitRecipe(
        name: "a", labelled: facts("/d", 100, classes: 1), unlabelled: facts("/u", 10))
    }
    expectError("/u has 0 pictures", code: 65) {
      try InitRecipe(
        name: "a", labelled: facts("/d", 100, classes: 2), unlabelled: facts("/u", 0))
    }
    expectError("/d has 1 pictures", code: 65) {
      try InitRecipe(name: "a", labelled: facts("/d", 1, classes: 2), unlabelled: facts("/u", 9))
    }
  }

  @Test(
    "any two folders get a recipe that is valid, reads back equal and lies above the crossover",
    arguments: 0..<60)
  func valid(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let classes = Int.random(in: 2...2_000, using: &generator)
    let count = classes * Int.random(in: 1...2_000, using: &generator)
    let channels = Bool.random(using: &generator) ? 1 : 3
    let side = Int.random(in: 1...600, using: &generator)
    let fitted = try InitRecipe(
      name: "r", labelled: facts("/d", count, classes: classes, channels: channels, side: side),
      unlabelled: facts("/u", Int.random(in: 1...1_000_000_000, using: &generator)))
    #expect(try Recipe(yaml: fitted.yaml) == fitted.recipe)

    let recipe = fitted.recipe
    let pretraining = try #require(recipe.student.training.images)
    #expect(pretraining >= 120 * count)
    #expect((1...16_000).contains(recipe.ranking.imagesPerClass))
    #expect(recipe.ranking.labelsPerImage <= min(10, classes))
    #expect(recipe.student.training.batch <= 256)
    let reasons = fitted.notes.filter { $0.reason.isEmpty || $0.reason.count > 96 }
    #expect(reasons.isEmpty)
    #expect(fitted.yaml.split(separator: "\n").allSatisfy { $0.count <= 110 })
    _ = try TrainingPlan(recipe.student.training, imageCount: count)
    _ = try TrainingPlan(recipe.fineTuning.training, imageCount: count)
  }

  @Test("the comparison is written out, and what a dry run warns of stands where it is about")
  func explained() throws {
    let fitted = try fashion(labels: 1_000)
    #expect(fitted.recipe.baseline.training == fitted.recipe.teacher.training)
    let yaml = fitted.yaml
    #expect(yaml.contains("baseline:\n  # the student's network on D alone"))
    #expect(yaml.contains("    # as the teacher's\n    batch: 32\n"))
    #expect(yaml.contains("  # Accepted, since few labels train no larger network"))
    #expect(
      yaml.contains("  # Accepted, since none were given; halcyon init --test names them: no"))
    #expect(yaml.contains("  startFrom: null\n") && yaml.contains("  test: null\n"))
  }

  @Test("each value stands under its reason")
  func yaml() throws {
    let yaml = try fashion(labels: 1_000).yaml
    let excerpt = """
      ranking:
        # P: a fifth of the 10 classes, at most the paper's 10
        labelsPerImage: 2
        # K: of U's 5900 pictures a class a half; at most the paper's 16000
        imagesPerClass: 2900
      """
    #expect(yaml.contains(excerpt), "\(yaml)")
  }
}
