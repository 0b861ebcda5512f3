import ImageData
import Recipes
import TestSupport
import Testing

@testable import Pipeline

@Suite("Unequal classes in U")
struct UnequalClassesTests {
  @Test(
    "the rest of D's set is thinned by the seed, its report says so, and only its selection is stale"
  )
  func thinned() throws {
    var painted = try PaintedRun()
    func classes() throws -> [Int] {
      let unlabelled = try painted.open().data.unlabelled
      return (0..<unlabelled.count).compactMap(unlabelled.label(at:))
    }
    let all = try classes()
    #expect(all.count == 18)
    let whole = painted.recipe
    painted.recipe.data.unlabelledImbalance = 6
    // Of six pictures of each class 6, 6 / √6 and 6 / 6.
    let kept = try classes()
    let counts = Dictionary(grouping: kept) { $0 }.mapValues(\.count)
    #expect(counts.values.sorted() == [1, 2, 6])
    #expect(try classes() == kept)
    painted.recipe.seed = 1
    #expect(try classes().count == 9)
    painted.recipe.seed = 0
    for stage in Stage.allCases {
      let isSame = painted.recipe.stageHash(stage) == whole.stageHash(stage)
      #expect(isSame != [.ranking, .student, .fineTuning].contains(stage), "\(stage)")
    }

    let run = try painted.open()
    try painted.select(in: run) { index in index == 0 ? [0, 1] : [] }
    _ = try Summarize.perform(in: run)
    #expect(try painted.report().contains("of its classes unequal parts (6 to 1)"))
  }

  @Test("what cannot be thinned, or not so, is refused with what to do")
  func refused() throws {
    let yaml = "name: a\ndata: {labelled: /d, labelledCount: 4, unlabelled: rest}\n"
    func problem(_ settings: String...) -> String {
      do {
        return try Recipe(yaml: yaml, overrides: settings).data.unlabelledImbalance.map { "\($0)" }
          ?? ""
      } catch {
        return "\(error)"
      }
    }
    for ratio in ["0.5", "0", "-3"] {
      let text = problem("data.unlabelledImbalance=\(ratio)")
      #expect(text.contains("must lie between 1.0 and"), "\(text)")
    }
    #expect(problem("data.unlabelledImbalance=10") == "10.0")
    let folder = problem("data.unlabelledImbalance=10", "data.unlabelled=/u")
    #expect(folder.contains("set data.unlabelled to rest"), "\(folder)")
  }
}
