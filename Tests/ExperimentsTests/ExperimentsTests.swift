import Files
import Foundation
import Pipeline
import Recipes
import TestSupport
import Testing
import Training

@testable import Experiments

@Suite("Experiments")
struct ExperimentsTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  @Test("every experiment that a report sends to is one")
  func evidence() {
    let names = ExperimentCatalogue.titles.map(\.name)
    for evidence in Evidence.allCases { #expect(names.contains(evidence.rawValue)) }
  }

  @Test("an interval is the mean and Student's t times the standard error")
  func interval() throws {
    // s = 1, so 4.3027 / √3.
    let three = try #require(Interval(of: [1, 2, 3]))
    #expect(three.mean == 2)
    #expect(abs(try #require(three.margin) - 2.4842) < 1e-3)
    #expect(Interval(of: [7]) == Interval(of: [7]) && Interval(of: [7])?.margin == nil)
    #expect(Interval(of: []) == nil)
    // 26 values, half 0 and half 1: s² = 26/4/25, and t of 25 degrees is 2.0595.
    let many = try #require(Interval(of: (0..<26).map { Double($0 % 2) }))
    #expect(abs(try #require(many.margin) - 2.0595 * (0.26 / 26).squareRoot()) < 1e-4)
  }

  @Test("a claim holds only by whole intervals, and one that contradicts it is enough against it")
  func verdicts() throws {
    func verdict(_ relation: Claim.Relation, _ values: [Double]) throws -> Verdict {
      Verdict(relation, try #require(Interval(of: values)))
    }
    #expect(try verdict(.larger, [1, 1.1, 1.2]) == .holds)
    #expect(try verdict(.larger, [-1, -1.1, -1.2]) == .doesNotHold)
    #expect(try verdict(.larger, [1, -1, 2]) == .tooClose)
    #expect(try verdict(.larger, [3]) == .tooClose)
    #expect(try verdict(.alike(within: 0.5), [0.1, 0.1, 0.12]) == .holds)
    #expect(try verdict(.alike(within: 0.5), [1, 1.1, 1.2]) == .doesNotHold)
    #expect(try verdict(.behind(byAtMost: 1), [-0.5, -0.6, -0.4]) == .holds)
    #expect(try verdict(.behind(byAtMost: 1), [3, 3.1, 3.2]) == .holds)
    #expect(try verdict(.behind(byAtMost: 1), [-1.5, -1.6, -1.7]) == .doesNotHold)
    #expect(try verdict(.behind(byAtMost: 1), [-1, -1.5, -0.5]) == .tooClose)
    #expect(try verdict(.alike(within: 0.5), [0.4, 0.5, 0.6]) == .tooClose)
    #expect(Verdict(all: [.holds, .tooClose]) == .tooClose)
    #expect(Verdict(all: [.holds, .tooClose, .doesNotHold]) == .doesNotHold)
    #expect(Verdict(all: [.holds, .notMeasured, .tooClose]) == .notMeasured)
    #expect(Verdict(all: []) == .notMeasured)
    // What a claim presupposes has to hold for it to say anything.
    #expect(Verdict(all: [.doesNotHold, .holds], premises: 1) == .notTested)
    #expect(Verdict(all: [.tooClose, .doesNotHold], premises: 1) == .notTested)
    #expect(Verdict(all: [.holds, .tooClose], premises: 1) == .tooClose)
  }

  @Test("the recipe of small experiments is the demo's")
  func demo() throws {
    let demo = try Recipe(contentsOf: Self.root + "/Recipes/fashion-mnist.yaml")
    #expect(Recipe.demo == demo)
  }

  @Test(
    "each experiment's recipes can be followed, have names of their own, and its claims speak of them",
    arguments: ExperimentCatalogue.titles.map(\.name))
  func recipes(name: String) throws {
    var paper = Recipe(name: "p", labelled: "l", unlabelled: "u")
    paper.data.test = "t"
    for (scale, base) in [
      (ExperimentScale.tiny, ExperimentScale.tiny.scaled(.demo)), (.small, .demo),
      (.gpu, .demoOnGPU), (.paper, paper),
    ] {
      let experiment = try ExperimentCatalogue.experiment(name, scale, changing: base)
      let names = experiment.rows.map(\.name)
      #expect(Set(names).count == names.count && names.count > 1)
      let recipes = try experiment.rows.map {
        try Recipe(yaml: base.yaml, overrides: $0.settings)
      }
      for (index, recipe) in recipes.enumerated() where experiment.rows[index].ranks == nil {
        let row = experiment.rows[index]
        let earlier = recipes.indices.prefix(index).filter {
          let other = experiment.rows[$0]
          return (other.measured, other.transfersFrom) == (row.measured, row.transfersFrom)
        }
        #expect(!earlier.contains { recipes[$0] == recipe }, "\(names[index])")
      }
      for claim in experiment.claims {
        #expect(!claim.comparisons.isEmpty)
        for cell in claim.comparisons.flatMap({ [$0.first, $0.second] }) {
          #expect(names.contains(cell.row) && experiment.columns.indices.contains(cell.column))
        }
      }
    }
  }

  @Test("a recipe's own K, part of U and options are no row twice, and none under another's name")
  func otherRecipes() throws {
    var recipe = Recipe.demo
    recipe.ranking.imagesPerClass = 3
    (recipe.ranking.fraction, recipe.student.targets) = (0.5, .soft)
    recipe.student.training.labelSmoothing = 0.2
    func recipes(_ name: String) throws -> [Recipe] {
      let experiment = try ExperimentCatalogue.experiment(name, .small, changing: recipe)
      return try experiment.rows.map { try Recipe(yaml: recipe.yaml, overrides: $0.settings) }
    }
    let sizes = try recipes("figure5").map(\.ranking.imagesPerClass)
    #expect(sizes == [1, 2, 3, 6, 12, 3, 3, 3, 1, 1, 1, 1])
    #expect(try recipes("figure3").map(\.ranking.fraction).max() == 0.5)
    let options = try recipes("options")
    #expect(options[0].student.targets == .hard && options[1].student.targets == .soft)
    #expect(options[0].student.training.labelSmoothing == 0)
    recipe.student.training.images = nil
    recipe.student.training.epochs = 20
    let error = #expect(throws: ExperimentError.self) { try recipes("figure4") }
    #expect(error?.description.contains("student.training.images") == true)
  }

  @Test("each of today's options has a claim, and none a larger budget than the paper's recipe")
  func options() throws {
    let experiment = try ExperimentCatalogue.experiment("options", .small, changing: .demo)
    let claimed = experiment.claims.compactMap(\.comparisons.first)
      .filter { $0.second.row == "paper" && $0.second.column == 2 }.map(\.first.row)
    #expect(claimed == experiment.rows.dropFirst().map(\.name))
    let rows = try Dictionary(
      experiment.rows.map { ($0.name, try Recipe(yaml: Recipe.demo.yaml, overrides: $0.settings)) }
    ) { first, _ in first }
    func row(_ name: String) throws -> Recipe { try #require(rows[name]) }
    #expect(try row("paper") == .demo)
    let strong = try row("strong")
    for training in [strong.teacher.training, strong.student.training, strong.baseline.training] {
      var own = Recipe.Training()
      own.apply(.strong)
      #expect(training.preset == .strong && training.loss == .sigmoid)
      #expect(training.targetThreshold == own.targetThreshold)
      #expect(training.augmentation.cutmix == own.augmentation.cutmix)
      #expect(training.augmentation.autoAugment == .randAugment)
    }
    #expect(strong.fineTuning.training.loss == .sigmoid)
    #expect(try row("bce").student.training.loss == .sigmoid)
    #expect(try row("autoaugment").teacher.training.augmentation.autoAugment == .cifar10)
    // 200,000 images are 600,000 forward passes: two rounds of half; 12 of 15 of them with weak views of U.
    #expect(try row("rounds").student.training.images == 100_000)
    #expect(try row("consistency-instead").student.training.images == 160_000)
    // Of 3 parts for a picture and the teacher's forward pass, of nearly four times the student's.
    let asked = try row("teacher")
    #expect(asked.student.targets == .teacher)
    #expect((80_000...90_000).contains(try #require(asked.student.training.images)))
    var frozen = Recipe.demo
    (frozen.teacher.kind, frozen.teacher.startFrom) = (.knn, "/m")
    let others = try ExperimentCatalogue.experiment("options", .small, changing: frozen)
    #expect(!others.rows.contains { $0.name == "teacher" })
    let after = try row("consistency-after")
    #expect(after.student.training.images == 100_000 && after.fineTuning.training.images == 80_000)
  }

  @Test(
    "labels are refined by the student's own network, trained as the baseline, where the recipe allows it"
  )
  func refinement() throws {
    var recipe = Recipe.demo
    recipe.baseline.training.images = 12_345
    recipe.student.consistency.use = .instead
    recipe.rounds = 2
    func row() throws -> Recipe? {
      let experiment = try ExperimentCatalogue.experiment("table6", .small, changing: recipe)
      return try experiment.rows.first { $0.name == "refined" }.map {
        try Recipe(yaml: recipe.yaml, overrides: $0.settings)
      }
    }
    let refined = try #require(try row())
    #expect(refined.teacher.width == 16 && refined.student.targets == .teacher)
    #expect(refined.student.mixLabelled == 1 && refined.rounds == 1)
    #expect(refined.student.consistency == Recipe.Consistency())
    #expect(refined.student.training == refined.baseline.training)
    recipe.teacher.startFrom = "/weights"
    #expect(try row() == nil)
  }

  @Test("what a transfer lacks is said before anything is trained")
  func transferProblems() throws {
    let folder = try TemporaryFolder()
    func problems(_ path: String) throws -> [String] {
      var request = TransferRequest("", to: path, mode: .full, out: "")
      request.trials = 2
      return try problemsOfTransfer(request).map(\.message)
    }
    #expect(
      try problems(folder.path + "/none").first?.contains("there is no \(folder.path)/none") == true
    )
    for (name, count) in [("one", 1), ("two", 2)] {
      for picture in 0..<2 * count {
        try folder.write("x", to: "\(name)/train/\(picture % 2 == 0 ? "a" : "b")/\(picture).png")
      }
    }
    #expect(
      try problems(folder.path + "/two/train").first?.contains("has no test pictures") == true)
    for name in ["one", "two"] {
      for label in ["a", "b"] { try folder.write("x", to: "\(name)/test/\(label)/t.png") }
    }
    #expect(try problems(folder.path + "/one").first?.contains("one picture of each class") == true)
    #expect(try problems(folder.path + "/two").isEmpty)
  }

  @Test(
    "a recipe with tags has rows of them, and a teacher from nothing trains as its baseline does")
  func tags() throws {
    #expect(Experiment.table6(.small, .demo).about.contains("no tags"))
    let tagged = try Recipe(contentsOf: Self.root + "/Recipes/fashion-mnist-tags.yaml")
    let experiment = Experiment.table6(.small, tagged)
    let recipes = try experiment.rows.map { row in
      (row.name, try Recipe(yaml: tagged.yaml, overrides: row.settings))
    }
    let rows = Dictionary(recipes) { first, _ in first }
    let (semi, both) = (try #require(rows["semi"]), try #require(rows["semi-weakly"]))
    let weakly = try #require(rows["weakly"])
    #expect(both == tagged)
    #expect(semi.data.tagged == nil && semi.teacher.training == tagged.baseline.training)
    #expect(semi.student == both.student && semi.baseline == both.baseline)
    #expect(weakly.teacher.width == 16 && weakly.data.tagged != nil)
    #expect(rows["strong"]?.baseline.training.loss == .sigmoid)
    #expect(rows["strong"]?.teacher == semi.teacher)

    // Table 5's own row: random pictures with a class's tags, of which the teacher has seen none.
    #expect(Experiment.table5(.small, .demo).leftOut?.contains("data.taggedTags") == true)
    let chosen = Experiment.table5(.small, tagged)
    #expect(chosen.leftOut == nil)
    #expect(chosen.rows.map(\.name) == ["balanced-ranked", "unbalanced-ranked", "balanced-tags"])
    let last = try Recipe(yaml: tagged.yaml, overrides: #require(chosen.rows.last).settings)
    #expect(last.ranking.strategy == .tags && last.ranking.imagesPerClass == 1_200)
    #expect(last.ranking.imageTags != nil)
    #expect(last.ranking.imageTags == tagged.data.taggedTags)
    #expect(last.data.tagged == nil && last.teacher == semi.teacher)
  }

  @Test("table8 holds the last two fifths of the classes out of D, divides the labels, and keeps U")
  func heldOutClasses() throws {
    var recipe = Recipe.demo
    recipe.data.labelledClasses = ["a", "b \"c\"", "d", "e", "f"]
    var experiment = try ExperimentCatalogue.experiment("table8", .small, changing: recipe)
    try experiment.prepareTransfer(to: nil, of: recipe)
    let transfer = try #require(experiment.transfer)
    // 250 labels of five classes are 50 each.
    #expect(transfer.classes == ["e", "f"] && transfer.labelledCount == 100)
    #expect(experiment.leftOut?.contains("data.tagged") == true)
    for row in experiment.rows {
      let made = try Recipe(yaml: recipe.yaml, overrides: row.settings)
      #expect(made.data.labelledClasses == ["a", "b \"c\"", "d"])
      #expect(made.data.labelledCount == 150 && made.data.unlabelledIsRest)
    }
    let request = transfer.request(.full, from: "m", run: "r", recipe, out: "o")
    #expect(request.classes == ["e", "f"] && request.labelledCount == 100)
    #expect(request.split == "train" && request.testSplit == "test" && request.seed == recipe.seed)
    #expect(throws: ExperimentError.self) { try experiment.prepareTransfer(to: "cub", of: recipe) }
  }

  @Test("with tags table8 has four starts; the weakly supervised one is the student's network")
  func tagged() throws {
    var recipe = Recipe.demo
    (recipe.data.tagged, recipe.data.taggedTags) = ("w", "tags.csv")
    recipe.baseline.training.images = 77_000
    let experiment = try ExperimentCatalogue.experiment("table8", .small, changing: recipe)
    #expect(
      experiment.rows.map(\.name) == ["supervised", "weakly", "semi", "semi-weakly"])
    #expect(experiment.leftOut == nil && experiment.claims.count == 3)
    let made = try experiment.rows.map { try Recipe(yaml: recipe.yaml, overrides: $0.settings) }
    #expect(made[0].data.tagged == nil && made[0].teacher.training.images == 77_000)
    #expect(made[1].teacher.width == recipe.student.width && made[1].data.tagged != nil)
    #expect(made[2] == made[0])
    #expect(made[3].teacher.width == recipe.teacher.width && made[3].data.tagged != nil)
  }

  @Test("at the paper's scale table8 asks for the pictures that are transferred to")
  func paperTransfer() throws {
    var paper = Recipe(name: "p", labelled: "l", unlabelled: "u")
    paper.data.test = "t"
    var experiment = try ExperimentCatalogue.experiment("table8", .paper, changing: paper)
    let error = #expect(throws: ExperimentError.self) {
      try experiment.prepareTransfer(to: nil, of: paper)
    }
    #expect(error?.description.contains("--transfer-to") == true)
    try experiment.prepareTransfer(to: "CUB", of: paper)
    let request = try #require(experiment.transfer).request(
      .fc, from: "m", run: "r", paper, out: "o")
    #expect(request.data == "CUB" && request.classes == nil && request.test == nil)
  }

  @Test("what there is not is refused with what there is")
  func unknown() {
    let error = #expect(throws: ExperimentError.self) {
      try ExperimentCatalogue.experiment("table9", .small, changing: .demo)
    }
    #expect(error?.description.contains("there are table2, table3") == true)
    #expect(throws: ExperimentError.self) {
      try runExperiment(ExperimentRequest("table2", scale: .paper, out: "nowhere"))
    }
  }
}

extension ExperimentRequest {
  fileprivate init(_ name: String, scale: ExperimentScale, out: String) {
    self.init(name, out: out)
    self.scale = scale
  }
}
