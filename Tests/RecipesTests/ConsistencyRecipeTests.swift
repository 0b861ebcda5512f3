import Recipes
import Testing
import Training

@Suite("Recipes of students that learn by themselves")
struct ConsistencyRecipeTests {
  private func read(_ settings: String...) throws -> Recipe {
    try Recipe(yaml: minimalRecipe, overrides: settings.map { "student.\($0)" })
  }

  @Test("it is off, has FixMatch's values, and reads back as it was written")
  func values() throws {
    let plain = try Recipe(yaml: minimalRecipe)
    #expect(plain.student.consistency.use == .none)
    let settings = plain.student.consistency.settings
    #expect((settings.threshold, settings.ratio, settings.weight) == (0.95, 7, 1))
    let recipe = try read("consistency.use=instead", "consistency.weight=2")
    #expect(recipe.student.consistency.settings.weight == 2)
    #expect(try Recipe(yaml: recipe.yaml) == recipe)
  }

  @Test(
    "what cannot be followed is refused with what to do",
    arguments: [
      (
        ["consistency.threshold=0.9"],
        "student.consistency has settings, but its use is none, so that they mean nothing; set use: after or instead, "
          + "or remove them"
      ),
      (
        ["consistency.use=after", "consistency.threshold=1"],
        "student.consistency.threshold is 1.0; it is a probability above 0 and below 1, such as 0.95"
      ),
      (
        ["consistency.use=before"],
        "student.consistency.use must be none, after or instead, not before"
      ),
      (
        ["consistency.use=instead", "training.batch=100"],
        "student.training.batch: a part of a batch (100) does not divide into 1 picture of D for each 7 of U; give it "
          + "a multiple of 8, or another student.consistency.ratio"
      ),
      (
        ["consistency.use=instead", "training.loss=sigmoid"],
        "student.consistency: a guess is one class of a softmax, but student.training.loss is sigmoid; set it to softmax"
      ),
      (
        ["consistency.use=instead", "targets=soft"],
        "student.targets: soft has no meaning with student.consistency.use: instead, where the student sees none of the "
          + "selected pictures; remove one of the two"
      ),
      (
        ["consistency.use=instead", "mixLabelled=0.1"],
        "student.mixLabelled has no meaning with student.consistency.use: instead, which sees D in any case; remove it"
      ),
      (
        ["consistency.use=after", "consistency.autoAugment=none", "consistency.erasing=0"],
        "student.consistency: without operations and erasing a strong view is a weak one, from which nothing is learnt; "
          + "give one of them"
      ),
    ])
  func refused(settings: [String], message: String) {
    let error = #expect(throws: (any Error).self) {
      try Recipe(yaml: minimalRecipe, overrides: settings.map { "student.\($0)" })
    }
    #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
  }
}
