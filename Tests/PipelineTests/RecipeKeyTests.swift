import Foundation
@testable import Recipes
import Testing

@testable import Pipeline

@Suite("Recipe keys")
struct RecipeKeyTests {
  @Test("every key says in a sentence what it is", arguments: Recipe.allKeys.map(\.key))
  func sentences(_ key: String) throws {
    let found = try #require(Recipe.allKeys.first { $0.key == key })
    #expect(found.about.hasSuffix(".") && found.about.split(separator: " ").count > 1)
    #expect(found.about.first?.isLowercase == false, "\(found.about)")
  }

  @Test("the keys are those that a recipe is written with, in the same order")
  func sameKeys() {
    #expect(Recipe.allKeys.map(\.key) == Recipe.defaultSettings.map(\.key))
  }

  @Test("what a key reaches is what the hashes of stages change by")
  func reaches() throws {
    let recipe = Recipe(name: "a", labelled: "/d", unlabelled: "/u")
    for key in Recipe.allKeys {
      let stages = Stage.allCases.filter { recipe.depends($0, on: key.key) }
      switch key.reach {
      case .nothing, .measuring, .comparisons, .laterRounds:
        #expect(stages.isEmpty, "\(key.key) \(stages)")
      case .unlabelled, .measuringAndScoring:
        #expect(Set(stages) == Set([.ranking] + Stage.ranking.later), "\(key.key) \(stages)")
      case .everyTraining: #expect(stages == Stage.allCases, "\(key.key)")
      case .studentAndBaseline:
        let expected = Set([.baseline, .baselineLong, .student] + Stage.student.later)
        #expect(Set(stages) == expected, "\(key.key) \(stages)")
      case .pretraining:
        let isLength = [".training.images", ".training.epochs"].contains { key.key.hasSuffix($0) }
        let expected = Set(
          [.pretraining] + Stage.pretraining.later + (isLength ? [.baselineLong] : []))
        #expect(Set(stages) == expected, "\(key.key) \(stages)")
      case .itsStage:
        let isTask = key.key.hasPrefix("teacher.fineTuneOn.")
        let stage =
          isTask
          ? .taskTuning : try #require(Stage(rawValue: String(key.key.prefix { $0 != "." })))
        let isLength = [".training.images", ".training.epochs"].contains { key.key.hasSuffix($0) }
        let long: [Stage] =
          stage == .baseline || isLength && stage != .ranking ? [.baselineLong] : []
        let expected = Set([stage] + stage.later + long)
        #expect(Set(stages) == expected, "\(key.key) \(stages)")
      }
    }
  }

  @Test("help names a key's default, what it takes and what it reaches; a group's keys; a near key")
  func help() throws {
    #expect(
      try Recipe.help(on: "ranking.imagesPerClass") == [
        "ranking.imagesPerClass: 16000", "  K: how many of its best pictures each class keeps.",
        "  Takes a whole number. A change makes ranking and what follows it again.",
      ])
    #expect(try Recipe.help(on: "input").count == 3 * 6)
    let error = #expect(throws: RecipeError.self) { try Recipe.help(on: "ranking.imagePerClass") }
    #expect(error?.description.hasSuffix("did you mean ranking.imagesPerClass?") == true)
  }

  @Test("Recipes/recipe.schema.json is what `halcyon recipe --schema` prints")
  func schema() throws {
    let file = URL(fileURLWithPath: #filePath)
      .appendingPathComponent("../../../Recipes/recipe.schema.json").standardized
    #expect(try String(contentsOf: file, encoding: .utf8) == Recipe.schema)
    let schema = try #require(
      JSONSerialization.jsonObject(with: Data(Recipe.schema.utf8)) as? [String: Any])
    let groups = try #require(schema["properties"] as? [String: Any])
    let ranking = try #require(groups["ranking"] as? [String: Any])
    let keys = try #require(ranking["properties"] as? [String: [String: Any]])
    #expect(
      keys["strategy"]?["enum"] as? [String] == ["balanced", "unbalanced", "tags", "tagsRanked"])
    #expect(keys["minimumScore"]?["type"] as? [String] == ["number", "null"])
  }
}
