import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("Parts of a selection")
struct SelectionPartsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("removing images gives what selecting without them gives", arguments: 0..<6)
  func removing(seed: Int) throws {
    var collection = ScoredCollection(count: 400, distinct: 50, seed: seed, in: folder)
    let shards = try collection.shards([0, 150])
    // 400 samples with 3 of 6 classes: some 190 candidates a class; 150 of them, 50 wanted.
    let candidates = try collection.request(shards, imagesPerClass: 150).select(key: shards.key)
      .selection
    var generator = SeededGenerator(seed: UInt64(seed))
    let removed = candidates.images.indices.filter { _ in
      Int.random(in: 0..<3, using: &generator) == 0
    }
    let path = seed % 2 == 0 ? nil : folder.path + "/selected.bin"
    let rest = try candidates.removing(
      removed + removed.prefix(3), imagesPerClass: 50, writingTo: path)
    #expect(rest.exhausted == [])
    #expect(rest.selection.violatedInvariant() == nil)
    for row in removed { collection.samples[shards.sample(candidates.images[row])] = [] }
    let without = try collection.shards([0, 150], name: "without")
    let expected = try collection.request(without, imagesPerClass: 50).select(key: without.key)
      .selection
    #expect(rest.selection == expected)
  }

  @Test("classes that have used up their candidates are named, classes without more are not")
  func exhausted() throws {
    var collection = ScoredCollection(count: 0, classes: 2, seed: 0, in: folder)
    collection.samples = [[(0, 4)], [(0, 3)], [(0, 2)], [(1, 9)], [(1, 8)]]
    let shards = try collection.shards([0])
    // Class 0 has more than the 3 candidates may be, class 1 only 2.
    let candidates = try collection.request(shards, imagesPerClass: 3).select(key: shards.key)
      .selection
    let rest = try candidates.removing([0, 1, 3], imagesPerClass: 2)
    #expect(shards.samples(rest.selection) == [[2], [4]])
    #expect(rest.exhausted == [0])
    #expect(throws: RankingError.self) { try candidates.removing([5], imagesPerClass: 2) }
  }

  @Test("overlapping classes are those that counting pairs finds")
  func overlaps() throws {
    let collection = ScoredCollection(count: 300, seed: 2, in: folder)
    let shards = try collection.shards([0])
    let selection = try collection.request(shards, imagesPerClass: 90).select(key: shards.key)
      .selection
    var counts: [ClassOverlap] = []
    for first in 0..<6 {
      for second in (first + 1)..<6 {
        let images = selection.images.indices.count { row in
          Set(selection.labels(ofImage: row).map(\.class)).isSuperset(of: [first, second])
        }
        counts.append(ClassOverlap(first: first, second: second, images: images))
      }
    }
    counts.sort { $0.images != $1.images ? $0.images > $1.images : $0.first < $1.first }
    let largest = selection.largestOverlaps(4)
    #expect(largest.map(\.images) == counts.prefix(4).map(\.images))
    #expect(largest.allSatisfy(counts.contains))
    #expect(selection.largestOverlaps(100).count == 15)
    #expect(selection.largestOverlaps(0) == [])
    #expect(SelectionStatistics(of: selection, overlaps: 4).overlaps == largest)
  }

  @Test("classes with fewer images than asked for are listed, the emptiest first")
  func shortClasses() throws {
    var collection = ScoredCollection(count: 0, classes: 4, seed: 0, in: folder)
    collection.samples = [[(0, 4), (2, 1)], [(0, 3), (3, 1)], [(0, 2)], [(3, 9)]]
    let shards = try collection.shards([0])
    let selection = try collection.request(shards, imagesPerClass: 3).select(key: shards.key)
      .selection
    #expect(SelectionStatistics(of: selection).shortClasses == [1, 2, 3])
    #expect(SelectionStatistics(of: selection, quotas: [4, 0, 1, 3]).shortClasses == [3, 0])
  }

  @Test("selected.npy is DataComp's array of sorted uids")
  func numPy() throws {
    var collection = ScoredCollection(count: 0, classes: 2, seed: 0, in: folder)
    collection.samples = [[(0, 4)], [(0, 3)], [(1, 2)]]
    let shards = try collection.shards([0])
    let selection = try collection.request(shards, imagesPerClass: 3).select(key: shards.key)
      .selection
    let keys = [
      "00000/ffffffffffffffff0000000000000001", "a/000000000000000200000000000000Ab.jpg", "abc",
    ]
    let path = folder.path + "/selected.npy"
    try selection.writeNumPy(to: path) { keys[Int($0.position)] }
    let text = "{'descr': [('f0', '<u8'), ('f1', '<u8')], 'fortran_order': False, 'shape': (3,), }"
    // 10 bytes and the dictionary of 82, filled up to 128.
    var expected: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(text.utf8)
    expected += Array(repeating: 0x20, count: 127 - expected.count) + [0x0A]
    // SHA-256 of "abc" is ba7816bf 8f01cfea 414140de 5dae2223 …
    let uids: [UInt64] = [
      2, 0xAB, 0xBA78_16BF_8F01_CFEA, 0x4141_40DE_5DAE_2223, .max, 1,
    ]
    for half in uids { withUnsafeBytes(of: half.littleEndian) { expected += Array($0) } }
    #expect(try bytes(of: path) == expected)
  }

  @Test("NumPy reads selected.npy", .enabled(if: NumPy.isInstalled))
  func readByNumPy() throws {
    let collection = ScoredCollection(count: 200, seed: 9, in: folder)
    let shards = try collection.shards([0])
    let selection = try collection.request(shards, imagesPerClass: 30).select(key: shards.key)
      .selection
    let path = folder.path + "/selected.npy"
    try selection.writeNumPy(to: path, key: shards.key)
    let program = """
      import hashlib, numpy, sys
      found = numpy.load(sys.argv[1])
      uids = [hashlib.sha256(key.encode()).hexdigest() for key in sys.argv[2:]]
      wanted = numpy.array([(int(u[:16], 16), int(u[16:32], 16)) for u in uids], numpy.dtype("u8,u8"))
      wanted.sort()
      assert found.dtype == wanted.dtype and (found == wanted).all()
      """
    #expect(try NumPy.run(program, [path] + selection.images.map(shards.key)) == 0)
  }
}

/// The NumPy of the machine's own Python, where it has one.
enum NumPy {
  static let isInstalled = (try? run("import numpy", [])) == 0

  static func run(_ program: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program] + arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
