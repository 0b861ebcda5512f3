import Files
import Foundation
import ImageData
import Ranking
import Shards
import TestSupport
import Testing

@testable import Pipeline

@Suite("Files of scores")
struct GatheredScoresTests {
  private static let classes = ["ant", "bee", "cat"]
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func gather(
    _ texts: [String], _ keys: [String] = ["x/1", "x/2", "y/3", "y/4"],
    kind: ScoreKind = .probabilities,
    given: [String]? = nil, keeping most: Int = 2
  ) throws -> GatheredScores {
    let scores = try GatheredScores(
      of: KeyedImages.shards(keys), classNames: Self.classes, keeping: most, kind: kind,
      in: folder.path)
    for (index, text) in texts.enumerated() {
      let path = try folder.write(text, to: "\(index).csv")
      try scores.read(CSVScores(path: path, classes: Self.classes, given: given, kind: kind))
    }
    try scores.requireMatches()
    return scores
  }

  private func refusal(
    _ text: String, kind: ScoreKind = .probabilities, given: [String]? = nil
  ) -> String {
    do {
      _ = try gather([text], kind: kind, given: given)
      return "nothing"
    } catch let error as any ExitCoded {
      #expect(error.exitCode == 65 || error.exitCode == 64, "\(error)")
      return "\(error)"
    } catch {
      return "another error: \(error)"
    }
  }

  @Test("rows in any order, of several files, come in the order of U")
  func order() throws {
    let scores = try gather([
      "key,cat,ant,bee\ny/4,0.5,0.25,0.25\nx/1,0.125,0.625,0.25\n",
      "bee,path,ant,cat\n0.25,./y/3,0.75,0\n",
    ])
    let found = try scores.scores(0..<4)
    #expect(found.map { $0?.classes } == [[0, 1], nil, [0, 1], [2, 0]])
    #expect(found[0]?.scores == [Float(log(0.625 / 0.375)), Float(log(0.25 / 0.75))])
    #expect(scores.filled == 3)
    #expect(scores.rows == 3)
    #expect(try scores.scores(1..<2)[0] == nil)
  }

  @Test("pairs of a picture may stand anywhere, and the best P stay")
  func pairs() throws {
    let scores = try gather([
      "key,class,score\nx/2,bee,0.25\nx/1,2,0.5\nx/2,ant,0.125\nx/1,cat ,0.25\n"
        .replacingOccurrences(of: "cat ", with: "ant"),
      "key,class,score\nx/2,cat,0.5\n",
    ])
    let found = try scores.scores(0..<4)
    #expect(found[0]?.classes == [2, 0])
    // 1 − 0.5 is left to the others, of which 0.25 is known.
    #expect(found[0]?.scores == [0, Float(log(0.25 / 0.75))])
    #expect(found[1]?.classes == [2, 1])
    #expect(found[1]?.scores == [0, Float(log(0.25 / 0.75))])
    #expect(found[2] == nil)
  }

  @Test("logits and log-odds become what score files have")
  func kinds() throws {
    let logits = try gather(["key,ant,bee,cat\nx/1,1,3,2\n"], kind: .logits, keeping: 3)
    var top = TopClasses(classes: 3, count: 3)
    try [Float(1), 3, 2].withUnsafeBufferPointer { try top.rank($0) }
    #expect(try logits.scores(0..<1)[0]?.scores == top.scores)
    #expect(try logits.scores(0..<1)[0]?.classes == [1, 2, 0])
    let odds = try gather(["key,ant,bee,cat\nx/1,-1,40.5,2\n"], kind: .logOdds)
    #expect(try odds.scores(0..<1)[0]?.scores == [40.5, 2])
  }

  @Test("--classes says what columns and numbers mean")
  func given() throws {
    let given = ["cat", "ant", "bee"]
    let wide = try gather(["key,0,1,2\nx/1,0.5,0.25,0.25\n"], given: given)
    #expect(try wide.scores(0..<1)[0]?.classes == [2, 0])
    let pairs = try gather(["key,label,p\nx/1,0,0.5\nx/1,2,0.25\n"], given: given)
    #expect(try pairs.scores(0..<1)[0]?.classes == [2, 1])
  }

  @Test("the last part of a key is enough where it is one picture's alone")
  func lastParts() throws {
    let text = "__key__,ant,bee,cat\n4,0.5,0.25,0.25\n1,0.25,0.5,0.25\n"
    let scores = try gather([text])
    #expect(try scores.scores(0..<4).map { $0?.classes.first } == [1, nil, nil, 0])
    #expect(throws: PipelineError.self) {
      try gather([text], ["x/1", "x/4", "y/4"])
    }
    // A whole key is a whole key.
    let whole = try gather(["key,ant,bee,cat\n4,0.5,0.25,0.25\n"], ["4", "x/4", "y/5"])
    #expect(try whole.scores(0..<3).map { $0 == nil } == [false, true, true])
  }

  @Test("what cannot be meant is refused with the file, the line and the reason")
  func hostile() {
    let head = "key,ant,bee,cat\n"
    let cases: [(text: String, kind: ScoreKind, reason: String)] = [
      (head + "x/1,0.5,nan,0.5\n", .probabilities, "line 2: the score of bee is nan"),
      (head + "x/1,0.5,inf,0.5\n", .logits, "line 2: the score of bee is inf"),
      (head + "x/1,0,0,1\nx/2,1e39,0,0\n", .logits, "line 3: a logit is too large for float32"),
      (
        head + "x/1,-0.1,0.6,0.5\n", .probabilities,
        "the score of ant is -0.1, which is no probability"
      ),
      (head + "x/1,3.5,0.6,0.5\n", .probabilities, "--kind logits"),
      (head + "x/1,0.5,0.5,0.5\n", .probabilities, "line 2: its probabilities sum to 1.5"),
      (head + "x/1,0.5,0.49,0\n", .probabilities, "sum to 0.99"),
      (head + "x/1,0.5,0.5\n", .probabilities, "3 fields under a header of 4"),
      (head + "x/1,0.5,,0.5\n", .probabilities, "column bee is empty"),
      (head + "x/1,0.5,x,0.5\n", .probabilities, "column bee is x, which is no number"),
      (
        head + "x/1,1,0,0\nx/2,1,0,0\nx/1,1,0,0\nx/2,0,1,0\n", .probabilities,
        "the same key twice: x/1 (line 4); x/2 (line 5); leave one row of each"
      ),
      ("key,ant,bee\nx/1,0.5,0.5\n", .probabilities, "missing there: cat"),
      ("key,ant,bee,cat,cow\nx/1,1,0,0,0\n", .probabilities, "only there: cow"),
      ("key,ant,bee,Cat\nx/1,1,0,0\n", .probabilities, "cat"),
      ("key,ant,bee,cat,ant\nx/1,1,0,0,0\n", .probabilities, "are called ant"),
      ("name,ant,bee,cat\nx/1,1,0,0\n", .probabilities, "no column is named key"),
      (
        "key,key,ant,bee,cat\nx/1,x/1,1,0,0\n", .probabilities,
        "may be in any of the columns key, key"
      ),
      ("", .probabilities, "is empty"),
      (head, .probabilities, "has no scores"),
      (head + "z/9,1,0,0\n", .probabilities, "its pictures are called x/1, x/2, y/3, the rows z/9"),
      ("key,class,score\nx/1,cow,0.5\n", .probabilities, "the labelled set has no class cow"),
      ("key,class,score\nx/1,3,0.5\n", .probabilities, "the labelled set has no class 3"),
      (
        "key,class,score\nx/1,ant,0.5\nx/1,0,0.25\n", .probabilities, "x/1 has the class ant twice"
      ),
      (
        "key,class,score\nx/1,ant,0.75\nx/2,ant,0.5\nx/1,bee,0.5\n", .probabilities,
        "the probabilities of x/1 sum to 1.25, more than 1"
      ),
      ("key,class,score\nx/1,ant,nan\n", .logOdds, "line 2: the score of ant is nan"),
      (head + "x/1,\"0.5,0.5,0\n", .probabilities, "a quote that is never closed"),
    ]
    for (text, kind, reason) in cases {
      let found = refusal(text, kind: kind)
      #expect(found.contains(reason), "\(text): \(found)")
    }
    #expect(refusal(head + "x/1,1,0,0\n", given: ["ant", "bee"]).contains("3 columns of scores"))
  }

  @Test("a repetition beyond the fifth is not waited for")
  func manyRepetitions() {
    let rows = (0..<9).map { _ in "x/1,1,0,0\n" }.joined()
    let found = refusal("key,ant,bee,cat\n" + rows)
    #expect(
      found.contains(
        "x/1 (line 3); x/1 (line 4); x/1 (line 5); x/1 (line 6); x/1 (line 7) and more"))
  }

  @Test("keys of rows come from a list, which has as many")
  func keyLists() throws {
    var bytes = ByteColumn()
    for value in [Float(0.5), 0.25, 0.25, 0, 1, 0] { bytes.append(value.bitPattern) }
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    let head: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
    let path = try folder.write(Data(head + Array(header.utf8) + bytes.bytes), to: "a.npy")
    func read(_ keys: String) throws -> [[Int]?] {
      let list = try KeyList(path: folder.write(keys, to: "keys"))
      let scores = try GatheredScores(
        of: KeyedImages.shards(["x/1", "x, 2", "y/3"]), classNames: Self.classes, keeping: 2,
        kind: .probabilities, in: folder.path)
      try scores.read(
        NumPyScores(
          path: path, keys: list, isLastOfKeys: true, classes: Self.classes,
          given: ["cat", "ant", "bee"]))
      return try scores.scores(0..<3).map { $0?.classes }
    }
    #expect(try read("y/3\nx, 2") == [nil, [0], [2, 0]])
    #expect(try read("y/3\r\nx/1\r\n") == [[0], nil, [2, 0]])
    #expect(try read("split,key\na,y/3\nb,\"x, 2\"\n") == [nil, [0], [2, 0]])
    expectError("\(path): it has 2 rows, for which", code: 65) { try read("y/3\n") }
    expectError("\(path): its 2 rows end before the keys", code: 65) { try read("y/3\nx/1\ny/4") }
    expectError("\(path) has 3 columns for the 2 classes", code: 65) {
      try NumPyScores(
        path: path, keys: KeyList(path: path), isLastOfKeys: true, classes: Self.classes,
        given: ["a", "b"])
    }
  }

  @Test("tens of thousands of pictures in any order are found by a table")
  func many() throws {
    let keys = (0..<20_000).map { "s\($0 / 100)/\($0)" }
    var generator = SeededGenerator(seed: 4)
    var text = "key,ant,bee,cat\n"
    for index in keys.indices.shuffled(using: &generator) where index % 7 != 0 {
      text += "\(keys[index]),\(index % 2 == 0 ? "0.75,0.25,0" : "0,0.25,0.75")\n"
    }
    let scores = try gather([text], keys)
    let found = try scores.scores(0..<20_000)
    for (index, found) in found.enumerated() {
      #expect(found?.classes == (index % 7 == 0 ? nil : index % 2 == 0 ? [0, 1] : [2, 1]))
    }
  }
}
