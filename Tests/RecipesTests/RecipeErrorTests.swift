import Files
import Foundation

import Recipes
import TestSupport
import Testing
import Training

@Suite("Recipe errors")
struct RecipeErrorTests {
  /// A recipe whose lines from the fifth on are `lines`.
  private func read(_ lines: String, overrides: [String] = []) throws -> Recipe {
    try Recipe(yaml: minimalRecipe + "\n" + lines, file: "r.yaml", overrides: overrides)
  }

  @Test("a misspelt key is named with file, line and the nearest right one")
  func misspelt() {
    expectError(
      "r.yaml:6: unknown key \"imagesPerClas\" in ranking; did you mean \"imagesPerClass\"?"
    ) { try read("ranking:\n  imagesPerClas: 3") }
    expectError("r.yaml:5: unknown key \"raking\" in a recipe; did you mean \"ranking\"?") {
      try read("raking: {}")
    }
    expectError("in --set ranking.imagesPerClas=3: unknown key \"imagesPerClas\" in ranking") {
      try read("", overrides: ["ranking.imagesPerClas=3"])
    }
  }

  @Test("a key in the wrong group is told where it belongs")
  func wrongGroup() {
    expectError(
      "r.yaml:6: unknown key \"learningRate\" in student; it belongs at "
        + "student.training.learningRate"
    ) { try read("student:\n  learningRate: 0.1") }
  }

  @Test("a key misspelt in the wrong group and the paper's letters are found too")
  func elsewhere() {
    expectError(
      "r.yaml:5: unknown key \"scheduel\" in a recipe; did you mean teacher.training.schedule?"
    ) { try read("scheduel: cosine") }
    expectError("r.yaml:5: unknown key \"K\" in a recipe; it belongs at ranking.imagesPerClass") {
      try read("K: 3")
    }
  }

  @Test("every key that lost its last letter is found again", arguments: writtenKeys)
  func everyKey(key: WrittenKey) {
    let name = key.path.split(separator: ".").last ?? ""
    expectError("in --set ") {
      do {
        return try read("", overrides: ["\(key.path.dropLast())=\(key.value)"])
      } catch let error as Problems {
        #expect(error.description.contains("did you mean \"\(name)\"?"), "\(error)")
        throw error
      }
    }
  }

  @Test("a key like no other is answered with the keys there are")
  func unlike() {
    expectError(
      "r.yaml:5: unknown key \"zzzzzz\" in evaluation; its keys are batch, everyImages"
    ) { try read("evaluation: {zzzzzz: 1}") }
  }

  @Test(
    "a value of the wrong kind is named with its line and what it must be",
    arguments: [
      ("seed: many", "r.yaml:5: seed must be a whole number, not many"),
      ("seed: 1.5", "r.yaml:5: seed must be a whole number, not 1.5"),
      ("seed: \"1\"", "r.yaml:5: seed must be a whole number, not \"1\""),
      ("seed: 99999999999999999999", "r.yaml:5: seed must be a whole number, not 9999"),
      ("seed:", "r.yaml:5: seed must be a whole number, not empty; leave the line out"),
      ("device: gpu", "r.yaml:5: device must be auto, cpu or cuda, not gpu; did you mean cuda?"),
      ("precision: bf61", "r.yaml:5: precision must be auto, bf16 or float32, not bf61; did you"),
      ("ranking: 3", "r.yaml:5: ranking is a group of keys, not 3"),
      ("ranking: [1]", "r.yaml:5: ranking is a group of keys, not a list"),
      ("seed: {a: 1}", "r.yaml:5: seed must be a whole number, not a group of keys"),
      ("input:\n  mean: 0.5", "r.yaml:6: input.mean must be a list, each entry a number, not 0.5"),
      ("input:\n  mean: [a]", "r.yaml:6: input.mean must be a list, each entry a number, not a l"),
      ("baseline:\n  enabled: yes", "r.yaml:6: baseline.enabled must be true or false, not yes"),
      ("ranking: {minimumScore: .nan}", "r.yaml:5: ranking.minimumScore must be a number or null"),
      (
        "student: {training: {augmentation: {scale: [1, 0.5]}}}",
        "r.yaml:5: student.training.augmentation.scale must be a list of two numbers, the smaller"
      ),
      ("? [a]\n: 1", "r.yaml:5: a key is a word, not a list"),
    ])
  func wrongKind(lines: String, error: String) {
    expectError(error) { try read(lines) }
  }

  @Test(
    "a value out of range is named with its line and the range",
    arguments: [
      ("seed: -1", "r.yaml:5: seed is -1; it must be at least 0"),
      ("ranking: {imagesPerClass: 0}", "r.yaml:5: ranking.imagesPerClass is 0; it must be at lea"),
      ("ranking: {labelsPerImage: 0}", "r.yaml:5: ranking.labelsPerImage is 0; it must be at lea"),
      (
        "ranking: {imagesPerClass: 9223372036854775807}",
        "r.yaml:5: ranking.imagesPerClass is 9223372036854775807; it must be at most 2147483647"
      ),
      (
        "student: {model: resnet51}",
        "r.yaml:5: student.model: no model is named resnet51; did you mean resnet50?"
      ),
      ("input:\n  size: 300", "r.yaml:6: input.size (300) is cut from input.resize (256)"),
      ("input:\n  channels: 2", "r.yaml:6: input.channels is 2; it must be 1 (grey) or 3"),
      ("input:\n  channels: 1", "r.yaml:6: input.mean has 3 numbers for input.channels 1"),
      ("input:\n  std: [1, 0, 1]", "r.yaml:6: input.std must be above 0"),
      (
        "student:\n  training:\n    batch: 10\n    accumulate: 3",
        "r.yaml:8: student.training.batch (10) is not divisible by accumulate (3)"
      ),
      (
        "student:\n  training:\n    batch: 10\n    accumulate: 0",
        "r.yaml:8: student.training.accumulate is 0; it must be at least 1"
      ),
      (
        "fineTuning:\n  training:\n    drops: [30, 20]",
        "r.yaml:7: fineTuning.training.drops is [30, 20]; it must be ascending"
      ),
      ("student: {training: {momentum: 1}}", "r.yaml:5: student.training.momentum is 1.0; it mus"),
      ("student: {training: {learningRate: 0}}", "r.yaml:5: student.training.learningRate is 0.0"),
      (
        "student: {training: {images: 10, epochs: 3}}",
        "r.yaml:5: student.training has both images and epochs; remove one"
      ),
      (
        "student:\n  training: {images: null}",
        "r.yaml:6: student.training has neither images nor epochs; give one"
      ),
      (
        "student: {training: {augmentation: {scale: [0, 1]}}}",
        "r.yaml:5: student.training.augmentation.scale is [0.0, 1.0]"
      ),
      (
        "teacher: {training: {freezeBackbone: true}}",
        "r.yaml:5: teacher.training.freezeBackbone needs weights to keep"
      ),
      ("report: {ranks: [0]}", "r.yaml:5: report.ranks must lie between 1 and"),
    ])
  func outOfRange(lines: String, error: String) {
    expectError(error) { try read(lines) }
  }

  @Test("settings of the data that contradict each other are refused")
  func data() {
    func read(_ lines: String) throws -> Recipe {
      try Recipe(yaml: "name: a\ndata: {labelled: /d, \(lines)}", file: "r.yaml")
    }
    expectError("r.yaml:2: data.unlabelled is rest, but every labelled picture is used") {
      try read("unlabelled: rest")
    }
    expectError("r.yaml:2: data.validation is given, so nothing is held out") {
      try read("unlabelled: /u, validation: /v, validationFraction: 0.1")
    }
    expectError("r.yaml:2: data.validationFraction is 1.0; it must be at least 0.0 and below 1.0") {
      try read("unlabelled: /u, validationFraction: 1")
    }
    expectError("r.yaml:2: data.testSplit is a split of data.test, which is missing") {
      try read("unlabelled: /u, testSplit: test")
    }
    expectError("r.yaml:2: data.test: the path is empty") {
      try read("unlabelled: /u, test: \"\"")
    }
  }

  @Test("a required key that is missing is named with an example")
  func missing() {
    expectError("r.yaml:1: name is missing; add `name: my-run`") {
      try Recipe(yaml: "", file: "r.yaml")
    }
    expectError("r.yaml:2: data.unlabelled is missing; add `unlabelled: PATH`") {
      try Recipe(
        yaml: "name: a\ndata:\n  labelled: /d", file: "r.yaml", overrides: ["data.test=/t"])
    }
    expectError("r.yaml:1: data.labelled is missing") {
      try Recipe(yaml: "name: a", file: "r.yaml")
    }
  }

  @Test("a name that is no folder's is refused", arguments: ["../a", "a/b", ".a"])
  func name(name: String) {
    expectError("in --set name=\(name): name is") { try read("", overrides: ["name=\(name)"]) }
  }

  @Test("text that is no YAML is named with its line")
  func notYAML() {
    expectError("r.yaml:6: not YAML: ") { try read("ranking: {batch: 1\nseed: 1") }
    expectError("r.yaml:1: a recipe is a group of keys, not a list") {
      try Recipe(yaml: "- a", file: "r.yaml")
    }
    expectError("r.yaml:1: a recipe is a group of keys, not hello") {
      try Recipe(yaml: "hello", file: "r.yaml")
    }
    expectError("r.yaml:5: not YAML: expected a single document in the stream, but found another") {
      try read("---\nname: b")
    }
  }

  @Test(
    "an override that is none is refused with an example",
    arguments: ["seed", "=3", "ranking..batch=1", ""])
  func override(text: String) {
    expectError("--set \(text): write it as key.path=value") { try read("", overrides: [text]) }
  }

  @Test("overrides of images and epochs exclude each other")
  func twoBudgets() {
    expectError("--set student.training.images and --set student.training.epochs exclude") {
      try read("", overrides: ["student.training.images=3", "student.training.epochs=3"])
    }
  }

  @Test("a recipe file that is not there or not text is an error of its own")
  func files() throws {
    #expect(throws: FileError.self) { try Recipe(contentsOf: "/nowhere/r.yaml") }
    let folder = try TemporaryFolder()
    try Data([0x6E, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: folder.path + "/r.yaml"))
    expectError("\(folder.path)/r.yaml: not UTF-8 text") {
      try Recipe(contentsOf: folder.path + "/r.yaml")
    }
  }

  @Test("a recipe that was changed in code is checked too")
  func validate() {
    var recipe = Recipe(name: "a", labelled: "/d", unlabelled: "/u")
    #expect(throws: Never.self) { try recipe.validate() }
    recipe.ranking.batch = 0
    expectError("recipe: ranking.batch is 0; it must be at least 1") { try recipe.validate() }
  }
}

@Suite("nearest")
struct NearestWordTests {
  @Test(
    "the nearest word is the one a few edits away",
    arguments: [
      ("imagesPerClas", "imagesPerClass"), ("IMAGESPERCLASS", "imagesPerClass"),
      ("labelsPerImgae", "labelsPerImage"), ("bacth", "batch"), ("mini", "minimumScore"),
    ])
  func near(word: String, expected: String) {
    let words = ["labelsPerImage", "imagesPerClass", "batch", "minimumScore"]
    #expect(nearest(word, in: words) == expected)
  }

  @Test("a word like no other has no nearest", arguments: ["", "x", "qwertyuiop"])
  func far(word: String) {
    #expect(nearest(word, in: ["batch", "keep", "seed"]) == nil)
  }

  @Test("model names are found the same way")
  func models() {
    let models = ["resnet18", "resnet50", "resnext50_32x4d", "resnext101_32x4d"]
    #expect(nearest("resnet-50", in: models) == "resnet50")
    #expect(nearest("resnext50", in: models) == "resnext50_32x4d")
  }
}
