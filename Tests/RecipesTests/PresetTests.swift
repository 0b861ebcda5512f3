import Foundation
import Recipes
import TestSupport
import Testing
import Training

@Suite("Presets and options of trainings")
struct PresetTests {
  private func read(_ lines: String, overrides: [String] = []) throws -> Recipe {
    try Recipe(yaml: minimalRecipe + "\n" + lines, file: "r.yaml", overrides: overrides)
  }

  @Test("a preset is its settings written out, and what is given beside it wins")
  func strong() throws {
    let recipe = try read(
      """
      teacher:
        training:
          schedule: constant
          preset: strong
          augmentation: {mixup: 0.4}
      """)
    let training = recipe.teacher.training
    #expect(training.schedule == .constant)
    #expect(training.augmentation.mixup == 0.4)
    #expect(training.augmentation.cutmix == 1)
    #expect(training.augmentation.autoAugment == .randAugment)
    #expect((training.loss, training.targetThreshold) == (.sigmoid, 0.2))
    #expect(training.labelSmoothing == 0)
    // Rates and lengths are the recipe's own.
    #expect(training.learningRate == TrainingSettings.supervised.learningRate)
    #expect(training.images == TrainingSettings.supervised.images)
    // The baseline is trained alike, fine-tuning sees the same pictures with the same loss.
    #expect(recipe.baseline.training == training)
    #expect(recipe.fineTuning.training.augmentation == training.augmentation)
    #expect(recipe.fineTuning.training.loss == .sigmoid)
    #expect(recipe.fineTuning.training.targetThreshold == 0.2)
    #expect(recipe.fineTuning.training.schedule == .steps)
    #expect(recipe.student.training == .pretraining)
    let again = try Recipe(yaml: recipe.yaml)
    #expect(again == recipe)
    #expect(recipe.yaml.contains("preset: strong"))
    #expect(recipe.yaml.contains("autoAugment: randAugment"))
  }

  @Test("a preset given for a recipe that is written out, with every setting, counts all the same")
  func writtenOut() throws {
    for preset in ["none", "strong", "strong-long"] {
      let whole = try read("teacher: {training: {preset: \(preset), dropPath: 0.3}}")
      for other in ["none", "strong", "strong-long"] {
        let change = ["teacher.training.preset=\(other)", "baseline.training.preset=\(other)"]
        let changed = try Recipe(yaml: whole.yaml, overrides: change)
        let own = try read("teacher: {training: {preset: \(other), dropPath: 0.3}}")
        #expect(changed.teacher.training == own.teacher.training, "\(preset) to \(other)")
        #expect(changed.baseline.training == own.baseline.training, "\(preset) to \(other)")
      }
    }
  }

  @Test("the last preset given counts, under every key that is given anywhere")
  func layers() throws {
    let lines = "student: {training: {preset: strong, dropPath: 0.2}}"
    let long = try read(lines, overrides: ["student.training.preset=strong-long"])
    #expect(long.student.training.labelSmoothing == 0.1)
    #expect(long.student.training.dropPath == 0.2)
    let none = try read(lines, overrides: ["student.training.preset=none"])
    #expect(none.student.training.loss == .softmax)
    #expect(none.student.training.dropPath == 0.2)
    let own = try read(
      "teacher: {training: {preset: strong}}\nfineTuning: {training: {loss: softmax, targetThreshold: null}}\n"
        + "baseline: {training: {preset: strong-long}}")
    #expect(own.fineTuning.training.loss == .softmax)
    #expect(own.baseline.training.labelSmoothing == 0.1)
    // What is inherited of a preset goes with another one, and with none.
    let less = try read(
      "teacher: {training: {preset: strong-long}}\nbaseline: {training: {preset: strong}}\n"
        + "fineTuning: {training: {preset: none}}")
    #expect(less.baseline.training.labelSmoothing == 0)
    #expect(less.fineTuning.training == .fineTuning)
    let ordinary = try read(
      "teacher: {training: {preset: strong}}\nbaseline: {training: {preset: none}}")
    #expect(ordinary.baseline.training == .supervised)
  }

  @Test(
    "what cannot be followed is refused with its line and what to do",
    arguments: [
      (
        "teacher: {training: {preset: a3}}",
        "r.yaml:5: teacher.training.preset must be none, strong or strong-long"
      ),
      (
        "teacher: {training: {targetThreshold: 0.2}}",
        "r.yaml:5: teacher.training.targetThreshold has no meaning"
      ),
      (
        "teacher: {training: {labelSmoothing: 1}}",
        "r.yaml:5: teacher.training.labelSmoothing is 1.0; it must be"
      ),
      (
        "student: {training: {augmentation: {magnitude: 5}}}",
        "r.yaml:5: student.training.augmentation.magnitude has no meaning for autoAugment: none"
      ),
      (
        "student: {training: {augmentation: {autoAugment: randAugment, magnitude: 31}}}",
        "r.yaml:5: student.training.augmentation.magnitude is 31; it must lie between 0 and 30"
      ),
      (
        "student: {training: {augmentation: {autoAugment: ra}}}",
        "r.yaml:5: student.training.augmentation.autoAugment must be none, randAugment, trivialAugment, imagenet or cifar10, not ra; "
          + "did you mean randAugment?"
      ),
      (
        "student: {training: {augmentation: {mixup: -1}}}",
        "r.yaml:5: student.training.augmentation.mixup is -1.0"
      ),
      (
        "student: {temperature: 2}",
        "r.yaml:5: student.temperature has no meaning for student.targets: hard"
      ),
      (
        "student: {targets: soft, temperature: 0}",
        "r.yaml:5: student.temperature is 0.0; it must lie between"
      ),
      (
        "student: {targets: soft, training: {loss: oneOfM}}",
        "r.yaml:5: student.targets: soft gives a picture's classes their parts"
      ),
      (
        "student: {targets: soft}\nranking: {strategy: tags, tags: /t.csv}",
        "r.yaml:5: student.targets: soft is what the teacher says"
      ),
      (
        "student: {mixLabelled: 1}",
        "r.yaml:5: student.mixLabelled is 1: with its labels alone the student would be the baseline"
      ),
      ("student: {mixLabelled: 1.5}", "r.yaml:5: student.mixLabelled is 1.5; it must lie between"),
      (
        "student: {targets: teacher}\nteacher: {kind: given}",
        "r.yaml:5: student.targets: teacher asks the teacher's network, but teacher.kind: given has none"
      ),
      (
        "student: {targets: teacher, training: {replicas: 2}}\nteacher: {kind: knn, startFrom: /m}",
        "r.yaml:5: student.targets: teacher asks a vote of nearest pictures"
      ),
      (
        "student: {targets: teacher}\nranking: {teachers: [/a, /b]}",
        "r.yaml:5: student.targets: teacher asks one network, but ranking.teachers names more"
      ),
      (
        "student: {targets: teacher, training: {loss: oneOfM}}",
        "r.yaml:5: student.targets: teacher is a probability for each class"
      ),
      (
        "student: {targets: teacher, training: {labelSmoothing: 0.1}}",
        "r.yaml:5: student.targets: teacher are taken as they are"
      ),
      (
        "student: {targets: teacher, training: {preset: strong}}",
        "r.yaml:5: student.targets: teacher are taken as they are"
      ),
    ])
  func refused(lines: String, message: String) {
    expectError(message, code: 64) { try read(lines) }
  }
}
