import Foundation

import Recipes
import TestSupport
import Testing

@Suite("Recipes with faults of YAML")
struct RecipeTextTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/birds.yaml" }

  init() throws { folder = try TemporaryFolder() }

  private func read(_ text: String, notes: inout [String]) throws -> RecipeReading {
    try folder.write(text, to: "birds.yaml")
    return try RecipeReading(contentsOf: path, note: { notes.append($0) })
  }

  private func read(_ text: String) throws -> RecipeReading {
    var notes: [String] = []
    return try read(text, notes: &notes)
  }

  @Test("keys that are given twice stand among the other problems, and the rest is read")
  func twice() throws {
    let reading = try read(
      """
      name: a
      seed: 1
      seed: 2
      data:
        labelled: /d
        unlabelled: /u
        shardSize: 7
      ranking: {batch: 1, "batch": 2, batch: 3}
      teacher:
        training:
          momentum: 2
      "seed": 3
      data:
        test: /t
      raking: 1
      """)
    #expect(
      reading.problems.map(\.message) == [
        "\(path):3: seed is given twice, first in line 2; remove one",
        "\(path):8: ranking.batch is given twice, first in line 8; remove one",
        "\(path):12: seed is given twice, first in line 3; remove one",
        "\(path):13: data is given twice, first in line 4; remove one",
        "\(path):15: unknown key \"raking\" in a recipe; did you mean \"ranking\"?",
        "\(path):11: teacher.training.momentum is 2.0; it must be at least 0.0 and below 1.0",
      ])
    // Both halves of a group count.
    #expect(reading.recipe.data.shardSize == 7)
    #expect(reading.recipe.data.test == "/t")
  }

  @Test(
    "lines that end in other ways, and letters of several bytes, do not mislead",
    arguments: ["\n", "\r\n", "\r"])
  func lineEnds(end: String) throws {
    let lines = [
      "# Vögel 🦜", "name: ü", "data: {labelled: /d, unlabelled: /u}", "seed: 1", "seed: 2",
    ]
    let reading = try read(lines.joined(separator: end))
    #expect(
      reading.problems.map(\.message)
        == ["\(path):5: seed is given twice, first in line 4; remove one"])
    #expect(reading.recipe.name == "ü")
  }

  @Test("a key that is marked in the text is refused by itself where two of it are given")
  func anchored() {
    expectError("r.yaml:2: given twice: seed; remove one of each") {
      try Recipe(yaml: "name: a\n&x seed: 1\nseed: 2", file: "r.yaml")
    }
  }

  @Test("a tab is called a tab, with every line that begins with one")
  func tabs() {
    expectError(
      "r.yaml:3: not YAML: the line begins with a tab, and YAML is indented with spaces alone; so does "
        + "line 4, 6"
    ) {
      try Recipe(
        yaml: "name: a\ndata:\n\tlabelled: /d\n\tunlabelled: /u\nseed: 1\n \t x: 2", file: "r.yaml")
    }
    // A tab elsewhere is none of the indentation.
    expectError("r.yaml:2: not YAML: did not find expected") {
      try Recipe(yaml: "ranking: {batch:\t1\nseed: 1", file: "r.yaml")
    }
  }

  @Test("a recipe without a name is called as its file, which is said; one that has a name is not")
  func name() throws {
    var notes: [String] = []
    let data = "data: {labelled: /d, unlabelled: /u}\n"
    let reading = try read(data, notes: &notes)
    #expect(reading.recipe.name == "birds" && reading.hasName && reading.problems.isEmpty)
    #expect(notes == ["\(path) has no name; the run is called birds, as the file is"])
    notes = []
    #expect(try read("name: owls\n" + data, notes: &notes).recipe.name == "owls")
    #expect(notes.isEmpty)
    // What cannot be a folder's name is none.
    #expect(try !read("name: a/b\n" + data).hasName)
    try folder.write(data, to: ".yaml")
    #expect(try !RecipeReading(contentsOf: folder.path + "/.yaml").hasName)
  }
}
