import ImageData
import Models
import Recipes
import TestSupport
import Testing
import Training

@testable import Pipeline

@Suite("Tags of U in a list of their own")
struct UnlabelledTagsTests {
  private var painted: PaintedRun

  /// Pictures of which those of the first class carry its tag, and those of the third the first's and the second's.
  init() throws {
    painted = try PaintedRun()
    painted.recipe.ranking.strategy = .tags
    (painted.recipe.input.size, painted.recipe.input.resize) = (32, 32)
    for training in [
      \Recipe.teacher.training, \.student.training, \.fineTuning.training, \.baseline.training,
    ] {
      (painted.recipe[keyPath: training].batch, painted.recipe[keyPath: training].images) = (2, 8)
      painted.recipe[keyPath: training].epochs = nil
    }
    let tags = ["#<B>old", "none", "<b>OLD, x r&d_\"X\""]
    let lines = PaintedRun.names.enumerated().flatMap { index, name in
      (0..<8).map { picture -> [String] in ["\(name)/\(picture).png", tags[index]] }
    }
    func field(_ text: String) -> String {
      "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
    try painted.folder.write(
      "key,tags\n" + lines.map { $0.map(field).joined(separator: ",") + "\n" }.joined(),
      to: "image-tags.csv")
    painted.recipe.ranking.imageTags = painted.folder.path + "/image-tags.csv"
  }

  private func classes() throws -> [[Int]] {
    let run = try painted.open()
    let unlabelled = run.data.unlabelled
    let tags = try UnlabelledTags(run.recipe, of: unlabelled, classNames: run.data.classNames)
    return (0..<unlabelled.count).map(tags.classes(at:))
  }

  @Test("a tag means the class of its name, whatever its spelling, or what a map says")
  func meanings() throws {
    // Classes in bytewise order: <b>old, R&D "x", it's; six pictures of each are U.
    let named = try classes()
    #expect(
      named == [[Int]](repeating: [0], count: 6) + [[Int]](repeating: [], count: 6)
        + [[Int]](repeating: [0, 1], count: 6))
    try painted.folder.write("tag,class\nx,it's\nnone,it's\n", to: "map.csv")
    var mapped = painted
    mapped.recipe.ranking.tags = painted.folder.path + "/map.csv"
    let other = try UnlabelledTagsTests(mapped).classes()
    #expect(other == [[Int]](repeating: [], count: 6) + [[Int]](repeating: [2], count: 12))
  }

  private init(_ painted: PaintedRun) { self.painted = painted }

  @Test("a list or a map that cannot be read is refused before anything is trained")
  func refused() throws {
    func problem(_ change: (inout Recipe) -> Void) throws -> String {
      var recipe = painted.recipe
      change(&recipe)
      let path = painted.folder.path + "/recipe.yaml"
      try recipe.write(to: path)
      return try DryRun(RecipeReading(contentsOf: path)).problems.map(\.message)
        .joined(separator: "; ")
    }
    #expect(try problem { _ in } == "")
    let missing = try problem { $0.ranking.imageTags = painted.folder.path + "/no.csv" }
    #expect(missing.contains("no.csv"), "\(missing)")
    try painted.folder.write("key,tags\nx.png,a\n", to: "strange.csv")
    let strange = try problem { $0.ranking.imageTags = painted.folder.path + "/strange.csv" }
    #expect(strange.contains("none of its 1 key is one of"), "\(strange)")
    try painted.folder.write("tag,class\na,cat\n", to: "cats.csv")
    let cats = try problem { $0.ranking.tags = painted.folder.path + "/cats.csv" }
    #expect(cats.contains("the labelled set has no class cat"), "\(cats)")
    let keys = (0..<8).map { "\(PaintedRun.names[0])/\($0).png,x\n" }.joined()
    try painted.folder.write("key,tags\n\(keys)", to: "meaningless.csv")
    let meaningless = try problem {
      $0.ranking.imageTags = painted.folder.path + "/meaningless.csv"
    }
    #expect(
      meaningless.contains("no tag of an unlabelled picture means a class"), "\(meaningless)")
    let idle = try problem { $0.ranking.strategy = .balanced }
    #expect(idle.contains("ranking.imageTags needs strategy: tags or tagsRanked"), "\(idle)")
    let none = try problem { $0.ranking.imageTags = nil }
    #expect(none.contains("needs to know which class a tag means"), "\(none)")
  }
}
