import Files
import Foundation
import TestSupport
import Testing

/// One scoring, many selections.
@Suite("Selecting often")
struct SelectingTests {
  @Test("one scoring serves other K, P, fractions and strategies")
  func often() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    try tiny.writeTaggedShards()
    try tiny.writeRecipe("a", unlabelled: "plain/{00..11}.tar")
    func run(_ verb: String, _ flags: String...) throws -> Command.Outcome {
      let outcome = try Command.run(
        [verb, "\(folder.path)/a.yaml", "--out", tiny.directory("a"), "--redo"] + flags)
      #expect(outcome.code == 0, "\(flags): \(outcome.errors)")
      return outcome
    }
    struct Row: Hashable {
      let image: Substring, label: Substring
    }
    func selected() throws -> Set<Row> {
      let lines = try tiny.text("a", "2-ranking/selected.csv").split(separator: "\n").dropFirst()
      return Set(lines.map { $0.split(separator: ",") }.map { Row(image: $0[0], label: $0[3]) })
    }
    _ = try run("train-teacher")
    _ = try run("score")
    let scores = tiny.directory("a") + "/2-ranking/scores"
    func times() throws -> [Date] {
      try (0..<12).map { shard in
        let path = String(format: "%@/%02d.scores", scores, shard)
        let values = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(values[.modificationDate] as? Date)
      }
    }
    let before = try times()
    _ = try run("select")
    let balanced = try selected()
    #expect(balanced.count == 6 * 30)

    _ = try run("select", "--set", "ranking.labelsPerImage=1")
    #expect(Set(try selected().map(\.image)).count == (try selected().count))
    _ = try run("select", "--fraction", "0.5", "--set", "ranking.imagesPerClass=200")
    let half = Set(try selected().map(\.image))
    _ = try run("select", "--fraction", "0.25", "--set", "ranking.imagesPerClass=200")
    let quarter = Set(try selected().map(\.image))
    #expect(quarter.isSubset(of: half))
    #expect((30...90).contains(quarter.count) && (90...150).contains(half.count))

    _ = try run("select", "--strategy", "unbalanced")
    let counts = Dictionary(grouping: try selected(), by: \.label).mapValues(\.count)
    #expect(counts.values.max() ?? 0 > 40 && counts.values.min() ?? 99 < 20, "\(counts)")

    let map = folder.path + "/map.csv"
    _ = try run("select", "--strategy", "tagsRanked", "--tags", map)
    let tagged = try selected()
    func carries(_ row: Row) -> Bool {
      guard let index = Int(row.image.split(separator: "/").last ?? "") else { return false }
      let label = index % 6
      let names = TinyImages.classes
      return row.label == names[label] || index % 3 == 0 && row.label == names[(label + 1) % 6]
    }
    #expect(!tagged.isEmpty && tagged.allSatisfy(carries))
    _ = try run("select", "--strategy", "tags", "--tags", map, "--seed", "1")
    let random = try selected()
    #expect(random.count == 6 * 30 && random.allSatisfy(carries))
    _ = try run("select", "--strategy", "tags", "--tags", map, "--seed", "2")
    #expect(try selected() != random)
    let agreement = try Command.run("inspect", tiny.directory("a"), "--json").object()
    let ranks = try #require(agreement["ranks"] as? [[String: Any]])
    #expect(ranks.compactMap { $0["tag_agreement"] as? Double }.allSatisfy { $0 == 1 })

    #expect(try times() == before, "nothing was scored again")
    for name in ["03.json", "07.json"] { unlink("\(scores)/\(name)") }
    let refused = try Command.run(
      "select", "\(folder.path)/a.yaml", "--out", tiny.directory("a"), "--redo")
    #expect(refused.code == 64 && refused.errors.contains("2 of 12 shards"))
    let beside = folder.path + "/beside"
    _ = try Command.run(
      "select", "\(folder.path)/a.yaml", "--out", tiny.directory("a"), "--to", beside,
      "--allow-missing", "--images-per-class", "7")
    #expect(try folder.read("beside/selected.csv").split(separator: "\n").count == 1 + 6 * 7)
    // What is refused leaves the earlier selection as it is.
    let more = try Command.run(
      "select", "\(folder.path)/a.yaml", "--out", tiny.directory("a"), "--to", beside,
      "--allow-missing", "--set", "ranking.labelsPerImage=5")
    #expect(more.code == 64 || more.code == 65, "\(more.errors)")
    #expect(try folder.read("beside/selected.csv").split(separator: "\n").count == 1 + 6 * 7)
    let without = try run("select", "--allow-missing")
    #expect(without.errors.contains("without 2 of 12 shards, which have no scores: 03, 07"))
    #expect(try selected().allSatisfy { !$0.image.hasPrefix("03/") && !$0.image.hasPrefix("07/") })
    let same = try run("select", "--allow-missing")
    #expect(
      same.errors.contains("selection: made without 2 of 12 shards, which have no scores: 03"),
      "\(same.errors)")
    let partly = try Command.run("inspect", tiny.directory("a")).output
    #expect(partly.contains("without 2 shards, which had no scores: 03, 07"))
    // Once they are scored, the selection is made again with them.
    _ = try run("score", "--set", "ranking.allowMissing=true")
    let again = try Command.run("select", tiny.directory("a"))
    #expect(
      again.errors.contains(
        "selection: made without 2 shards (03, 07), and all have scores now; it is made again\n"),
      "\(again.errors)")
    #expect(try selected() == balanced)
  }

  @Test(
    "U's tags may stand in a list: its changed contents are noticed, and its place does not matter")
  func listedTags() throws {
    let tiny = try TinyRun()
    // Every picture's tag is its class's, or the next class's.
    func write(_ list: String, next: Int) throws {
      let lines = (0..<300).map { index in
        let name = TinyImages.classes[(index + next) % 6]
        let key = String(format: "train-images-idx3-ubyte/%05d", index)
        return "\(key),\(name) nothing\n"
      }
      try tiny.folder.write("key,tags\n" + lines.joined(), to: list)
    }
    try write("tags.csv", next: 0)
    let tags = tiny.folder.path + "/tags.csv"
    try tiny.finish("train-teacher", "a")
    try tiny.finish("score", "a")
    try tiny.finish("select", "a", flags: ["--strategy", "tags", "--image-tags", tags])
    func purity() throws -> Set<Double> {
      let inspection = try Command.run("inspect", tiny.directory("a"), "--json").object()
      let ranks = try #require(inspection["ranks"] as? [[String: Any]])
      return Set(ranks.compactMap { $0["purity"] as? Double })
    }
    #expect(try purity() == [1])
    let selected = try tiny.text("a", "2-ranking/selected.csv")
    #expect(selected.split(separator: "\n").count == 1 + 6 * 30)

    let settings = ["ranking.strategy=tags", "ranking.imageTags=\(tags)"]
    try tiny.finish("select", "a", settings)
    try write("tags.csv", next: 1)
    let refused = try tiny.run("select", "a", settings)
    #expect(refused.code == 65)
    #expect(
      refused.errors.contains("the list of ranking.imageTags is not as it was"), "\(refused.errors)"
    )
    #expect(try tiny.text("a", "2-ranking/selected.csv") == selected)
    try tiny.finish("select", "a", settings, flags: ["--redo"])
    #expect(try purity() == [0])
    try write("moved/tags.csv", next: 1)
    try FileManager.default.removeItem(atPath: tags)
    let moved = try tiny.finish(
      "select", "a",
      ["ranking.strategy=tags", "ranking.imageTags=\(tiny.folder.path)/moved/tags.csv"])
    #expect(moved.code == 0, "\(moved.errors)")
    #expect(try purity() == [0])
    // Without the map a tag means the class of its name, and without the list there are no tags.
    let names = TinyImages.classes.map { "\($0),\($0)\n" }.joined()
    try tiny.folder.write("tag,class\n" + names, to: "map.csv")
    let list = "ranking.imageTags=\(tiny.folder.path)/moved/tags.csv"
    let map = "ranking.tags=\(tiny.folder.path)/map.csv"
    let strategy = "ranking.strategy=tags"
    try tiny.finish("select", "a", [strategy, list, map], flags: ["--redo"])
    let without = try tiny.run("select", "a", [strategy, list])
    #expect(without.code != 0 && without.errors.contains("--redo"), "\(without.errors)")
    #expect(try tiny.run("select", "a", [strategy, map]).code != 0)
  }

  @Test("pictures without a required tag are not there at all")
  func requiredTags() throws {
    let tiny = try TinyRun()
    try tiny.writeTaggedShards()
    let out = tiny.folder.path + "/u.index"
    let outcome = try Command.run(
      "index", tiny.folder.path + "/plain", "--out", out, "--require-tags",
      tiny.folder.path + "/one.csv", "--json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    // The 40 pictures of the class, and a third of those of the class before it.
    let expected = (0..<240).count { $0 % 6 == 2 || $0 % 3 == 0 && $0 % 6 == 1 }
    #expect(try outcome.object()["samples"] as? Int == expected)
  }
}
