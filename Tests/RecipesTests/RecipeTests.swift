import Foundation
import Models

import Recipes
import TestSupport
import Testing
import Training

/// The least a recipe needs.
let minimalRecipe = """
  name: a
  data:
    labelled: /d
    unlabelled: /u
  """

/// A line of a written recipe.
struct WrittenKey: Sendable, CustomStringConvertible {
  let path: String
  let value: String

  var description: String { path }

  static func keys(of recipe: Recipe) -> [WrittenKey] {
    var groups: [String] = []
    var keys: [WrittenKey] = []
    for line in recipe.yaml.split(separator: "\n") where !line.contains("#") {
      let depth = line.prefix { $0 == " " }.count / 2
      let parts = line.dropFirst(depth * 2).split(separator: ":", maxSplits: 1)
      groups = groups.prefix(depth) + [String(parts[0])]
      guard parts.count == 2 else { continue }
      let path = groups.joined(separator: ".")
      keys.append(WrittenKey(path: path, value: parts[1].trimmingCharacters(in: .whitespaces)))
    }
    return keys
  }
}

/// Every key of a recipe with its default.
let writtenKeys = WrittenKey.keys(of: Recipe(name: "a", labelled: "/d", unlabelled: "/u"))

@Suite("Recipe")
struct RecipeTests {
  @Test("threads is auto, or a number; an earlier version's 0 is all cores")
  func threads() throws {
    func threads(_ words: String) throws -> ThreadChoice {
      try Recipe(yaml: minimalRecipe + "\nthreads: \(words)\n").threads
    }
    #expect(try Recipe(yaml: minimalRecipe).threads == .auto)
    #expect(try threads("auto") == .auto)
    #expect(try threads("2") == .count(2))
    #expect(try threads("0") == .count(0))
    #expect(ThreadChoice.auto.most(ofCores: 8) == 8)
    #expect(ThreadChoice.count(0).most(ofCores: 8) == 8)
    #expect(ThreadChoice.count(3).most(ofCores: 8) == 3)
    for (words, why) in [
      ("many", "threads must be auto or a whole number, not many"),
      ("-1", "threads is -1; it must be at least 0"),
    ] {
      expectError("recipe:5: \(why)", code: 64) { try threads(words) }
    }
    var recipe = try Recipe(yaml: minimalRecipe)
    for choice in [ThreadChoice.auto, .count(4)] {
      recipe.threads = choice
      #expect(try Recipe(yaml: recipe.yaml).threads == choice)
    }
  }

  @Test("a recipe of three lines has the paper's values")
  func defaults() throws {
    let recipe = try Recipe(yaml: minimalRecipe)
    #expect(recipe == Recipe(name: "a", labelled: "/d", unlabelled: "/u"))
    #expect(recipe.teacher.model == "resnext101_32x48d")
    #expect(recipe.ranking.labelsPerImage == 10)
    #expect(recipe.ranking.imagesPerClass == 16_000)
    #expect(recipe.student.training.images == 1_000_000_000)
    #expect(recipe.student.training.batch == 64 * 24)
    #expect(abs(recipe.student.training.learningRate - 0.1 / 256 * 1536) < 1e-12)
    #expect(recipe.fineTuning.training.learningRate == 0.0015)
    #expect(recipe.fineTuning.training.epochs == 100)
    #expect(recipe.baseline.training.images == 250_000_000)
  }

  @Test("a recipe that is written and read again is equal")
  func roundTrip() throws {
    var recipe = try Recipe(yaml: minimalRecipe)
    #expect(try Recipe(yaml: recipe.yaml) == recipe)

    recipe.name = "a \"quoted\": name # with 'everything'"
    recipe.data.labelled = "/ünï/cödé/\u{1}\\\u{2028} x"
    recipe.data.labelledSplit = "null"
    recipe.data.labelledCount = 1_000
    recipe.data.unlabelled = "rest"
    recipe.data.test = "/2012"
    recipe.data.testSplit = "yes"
    recipe.data.validationFraction = 0.05
    recipe.seed = .max
    recipe.device = .cuda
    recipe.input.channels = 1
    recipe.input.mean = [0.1 + 0.2]
    recipe.input.std = [1e-300]
    recipe.ranking.minimumScore = -12.5
    recipe.teacher.startFrom = "/weights"
    recipe.teacher.training.freezeBackbone = true
    recipe.student.training.augmentation.ratio = 0.5...2
    recipe.student.training.drops = []
    recipe.baseline.training.loss = .oneOfM
    recipe.report.ranks = [1, 10]
    #expect(try Recipe(yaml: recipe.yaml) == recipe)
  }

  @Test("the written recipe has a comment for each group and every default")
  func written() throws {
    let yaml = try Recipe(yaml: minimalRecipe).yaml
    #expect(yaml.contains("# Stage 2: the teacher's best pictures of each class.\nranking:\n"))
    #expect(yaml.contains("  imagesPerClass: 16000\n"))
    #expect(yaml.contains("      scale: [0.08, 1.0]\n"))
    #expect(yaml.contains("    epochs: null\n"))
  }

  @Test("numbers may be written as people write them")
  func numbers() throws {
    let recipe = try Recipe(
      yaml: minimalRecipe + "\nstudent: {training: {images: 1e9, batch: 1_536, weightDecay: 1e-4}}")
    #expect(recipe.student.training.images == 1_000_000_000)
    #expect(recipe.student.training.batch == 1_536)
    #expect(recipe.student.training.weightDecay == 0.0001)
  }

  @Test("epochs that are given take the place of images by default, and the other way round")
  func budgets() throws {
    let recipe = try Recipe(
      yaml: minimalRecipe + """

        teacher: {training: {epochs: 90}}
        fineTuning: {training: {images: 5000}}
        """)
    #expect(recipe.teacher.training.images == nil)
    #expect(recipe.teacher.training.epochs == 90)
    #expect(recipe.fineTuning.training.images == 5_000)
    #expect(recipe.fineTuning.training.epochs == nil)
  }

  @Test("the baseline takes from the teacher's training what it is not given")
  func baseline() throws {
    let yaml =
      minimalRecipe + """

        teacher: {startFrom: /w, training: {batch: 64, epochs: 3, freezeBackbone: true}}
        baseline: {training: {learningRate: 0.05}}
        """
    let recipe = try Recipe(yaml: yaml, overrides: ["teacher.training.momentum=0.8"])
    var expected = recipe.teacher.training
    expected.learningRate = 0.05
    expected.freezeBackbone = false
    #expect(recipe.baseline.training == expected)
    #expect(recipe.baseline.training.epochs == 3)
    #expect(recipe.baseline.training.momentum == 0.8)
    let long = try Recipe(yaml: yaml, overrides: ["baseline.training.images=10"])
    #expect(long.baseline.training.images == 10)
    #expect(long.baseline.training.epochs == nil)
  }

  @Test("fine-tuning takes the teacher's loss and augmentation unless it has its own")
  func fineTuning() throws {
    let yaml =
      minimalRecipe + """

        teacher: {training: {loss: sigmoid, momentum: 0.8, augmentation: {crop: padded, flip: 0}}}
        fineTuning: {training: {augmentation: {flip: 0.25}}}
        """
    var expected = Recipe.Training.fineTuning
    expected.loss = .sigmoid
    expected.augmentation.crop = .padded
    expected.augmentation.flip = 0.25
    #expect(try Recipe(yaml: yaml).fineTuning.training == expected)
  }

  @Test("every key that is written can be given as an override")
  func everyKey() throws {
    var recipe = Recipe(name: "b", labelled: "/d", unlabelled: "/u")
    recipe.student.training.batch = 7
    recipe.data.test = "/a path"
    recipe.fineTuning.training.augmentation.crop = .none
    recipe.input.mean = [1, 2, 3]
    let overrides = WrittenKey.keys(of: recipe).map { "\($0.path)=\($0.value)" }
    #expect(overrides.count > 80)
    #expect(try Recipe(yaml: minimalRecipe, overrides: overrides) == recipe)
  }

  @Test("an override has the last word")
  func overrides() throws {
    let recipe = try Recipe(
      yaml: minimalRecipe + "\nranking:\n  imagesPerClass: 5",
      overrides: [
        "ranking.imagesPerClass=3", "report.ranks=[1, 2]", "data.test=", "seed=1", "seed=2",
        "student.training.epochs=4", "data.labelledSplit=@home",
      ])
    #expect(recipe.ranking.imagesPerClass == 3)
    #expect(recipe.report.ranks == [1, 2])
    #expect(recipe.data.test == nil)
    #expect(recipe.seed == 2)
    #expect(recipe.student.training.images == nil)
    #expect(recipe.data.labelledSplit == "@home")
  }
}

@Suite("Recipe paths")
struct RecipePathTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("a path is the recipe folder's if it exists there, otherwise the working directory's")
  func relative() throws {
    try folder.write("x", to: "recipes/pictures/1.png")
    try folder.write(
      """
      name: a
      data: {labelled: ./pictures, unlabelled: elsewhere/u, test: ../recipes/pictures}
      """, to: "recipes/a.yaml")
    let recipe = try Recipe(contentsOf: folder.path + "/recipes/a.yaml")
    #expect(recipe.data.labelled == folder.path + "/recipes/pictures")
    #expect(recipe.data.test == folder.path + "/recipes/pictures")
    let here = FileManager.default.currentDirectoryPath
    #expect(recipe.data.unlabelled == here + "/elsewhere/u")
  }

  @Test("~ and ${VAR} are replaced, and what is written back needs neither")
  func variables() throws {
    setenv("HALCYON_TEST_PICTURES", "/pictures of/mine", 1)
    let recipe = try Recipe(
      yaml: """
        name: a
        data:
          labelled: ${HALCYON_TEST_PICTURES}/d
          unlabelled: ~/u
        """)
    #expect(recipe.data.labelled == "/pictures of/mine/d")
    #expect(recipe.data.unlabelled == NSHomeDirectory() + "/u")
    #expect(try Recipe(yaml: recipe.yaml) == recipe)
  }

  @Test("a variable that is not set is named with its line")
  func unset() {
    expectError("r.yaml:3: data.labelled: the environment variable HALCYON_NOT_SET is not set") {
      try Recipe(
        yaml: "name: a\ndata:\n  labelled: ${HALCYON_NOT_SET}/d\n  unlabelled: /u", file: "r.yaml")
    }
  }

  @Test("the word rest is no path")
  func rest() throws {
    let recipe = try Recipe(
      yaml: "name: a\ndata: {labelled: /d, labelledCount: 10, unlabelled: rest}")
    #expect(recipe.data.unlabelled == "rest")
    #expect(recipe.data.unlabelledIsRest)
  }

  @Test(
    "the paper's recipes can be read",
    arguments: ["resnet50-yfcc", "resnext101-32x16-ig1b", "semi-weakly-ig1b"])
  func paper(name: String) throws {
    for variable in ["IMAGENET", "YFCC100M", "IG1B", "IG1B_CLASSES", "WEAK_TEACHER"] {
      setenv(variable, "/\(variable)", 1)
    }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path
    let recipe = try Recipe(contentsOf: "\(root)/Recipes/paper/\(name).yaml")
    #expect(recipe.name == name)
    #expect(recipe.student.training == .pretraining)
    #expect(recipe.fineTuning.training.epochs == 100)
    #expect(recipe.baseline.training == .supervised)
    #expect(recipe.data.labelled == "/IMAGENET/train")
  }
}
