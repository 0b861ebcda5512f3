import Copies
import Foundation
import Testing

@testable import ImageData

@Suite("Splits and subsets")
struct SplitsTests {
  /// `sizes[c]` samples of class c, in turns, and `unlabelled` more.
  private func dataset(_ sizes: [Int], unlabelled: Int = 0) -> MadeDataset {
    var labels: [Int?] = []
    for round in 0..<(sizes.max() ?? 0) {
      for (label, size) in sizes.enumerated() where round < size { labels.append(label) }
    }
    labels += [Int?](repeating: nil, count: unlabelled)
    return MadeDataset(
      classes: sizes.indices.map { "class-\($0)" }, count: labels.count, labels: labels)
  }

  private func perClass(_ dataset: MadeDataset, _ indices: [Int]) -> [Int] {
    dataset.classes.indices.map { label in indices.count { dataset.labels[$0] == label } }
  }

  @Test("a balanced subset has as many of each class, give or take one, and the rest is the rest")
  func balanced() throws {
    let dataset = dataset([50, 30, 40], unlabelled: 7)
    for count in [0, 1, 3, 30, 31, 32, 90] {
      let (chosen, rest) = try balancedSubset(of: dataset, count: count, seed: 5)
      #expect(chosen.count == count)
      #expect(chosen == chosen.sorted() && rest == rest.sorted())
      #expect((chosen + rest).sorted() == Array(0..<dataset.count))
      let counts = perClass(dataset, chosen)
      #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
      #expect(chosen.allSatisfy { dataset.labels[$0] != nil })
    }
  }

  @Test("the choice is the seed's: the same again, another with another, and no sample favoured")
  func seeded() throws {
    let dataset = dataset([20, 20])
    let first = try balancedSubset(of: dataset, count: 10, seed: 1).chosen
    #expect(try balancedSubset(of: dataset, count: 10, seed: 1).chosen == first)
    #expect(try balancedSubset(of: dataset, count: 10, seed: 2).chosen != first)
    var counts = [Int](repeating: 0, count: 40)
    for seed in 0..<4000 {
      for index in try balancedSubset(of: dataset, count: 10, seed: UInt64(seed)).chosen {
        counts[index] += 1
      }
    }
    #expect(isEven(counts, total: 4000, shares: [Double](repeating: 0.25, count: 40)))
  }

  @Test(
    "a long tail falls exponentially from all of a class to a ratio's part, in the seed's order")
  func longTailed() throws {
    let dataset = dataset([200, 200, 200, 200, 200], unlabelled: 3)
    let kept = try longTail(of: dataset, ratio: 100, seed: 3)
    #expect(kept == kept.sorted() && Set(kept).count == kept.count)
    // 200 × 100^(-i / 4) for i = 0 … 4.
    #expect(perClass(dataset, kept).sorted(by: >) == [200, 63, 20, 6, 2])
    #expect(kept.count { dataset.labels[$0] == nil } == 3)
    #expect(try longTail(of: dataset, ratio: 100, seed: 3) == kept)
    let orders = try Set(
      (0..<20).map { seed in
        perClass(dataset, try longTail(of: dataset, ratio: 100, seed: seed))
      })
    #expect(orders.count > 10)
    #expect(try longTail(of: dataset, ratio: 1, seed: 3) == Array(0..<dataset.count))
    // Of classes that are unequal already each keeps its part, and one sample at least.
    let unequal = perClass(
      self.dataset([400, 0, 3]), try longTail(of: self.dataset([400, 0, 3]), ratio: 1e6, seed: 1))
    #expect(unequal[1] == 0 && unequal[2] >= 1 && unequal[0] >= 1)
    for ratio in [0.5, 0, -2, .nan, .infinity] {
      #expect(throws: ImageDataError.self) { _ = try longTail(of: dataset, ratio: ratio, seed: 0) }
    }
    #expect(throws: ImageDataError.self) {
      _ = try longTail(of: MadeDataset(count: 5), ratio: 2, seed: 0)
    }
  }

  @Test("too few samples of a class, no labels and a negative count are refused by name")
  func refusals() throws {
    let error = #expect(throws: ImageDataError.self) {
      _ = try balancedSubset(of: dataset([9, 2]), count: 6, seed: 0)
    }
    #expect(
      error?.description
        == "class class-1 of made has 2 samples; 6 over 2 classes need 3")
    #expect(throws: ImageDataError.self) {
      _ = try balancedSubset(of: MadeDataset(count: 5), count: 2, seed: 0)
    }
    #expect(throws: ImageDataError.self) {
      _ = try balancedSubset(of: dataset([5]), count: -1, seed: 0)
    }
    for fraction in [-0.1, 1, .nan] {
      #expect(throws: ImageDataError.self) {
        _ = try holdOut(from: dataset([5]), fraction: fraction, seed: 0)
      }
    }
  }

  @Test("a held-out part has its share of every class and shares no sample with what is kept")
  func heldOut() throws {
    let dataset = dataset([100, 10, 3, 1], unlabelled: 20)
    let (kept, heldOut) = try holdOut(from: dataset, fraction: 0.2, seed: 3)
    #expect((kept + heldOut).sorted() == Array(0..<dataset.count))
    #expect(kept == kept.sorted() && heldOut == heldOut.sorted())
    // 100 × 0.2, 10 × 0.2, 3 × 0.2 rounded, nothing of a single sample; 20 × 0.2 without a label.
    #expect(perClass(dataset, heldOut) == [20, 2, 1, 0])
    #expect(heldOut.count == 27)
    #expect(try holdOut(from: dataset, fraction: 0.2, seed: 3).heldOut == heldOut)
    #expect(try holdOut(from: dataset, fraction: 0.2, seed: 4).heldOut != heldOut)
    #expect(try holdOut(from: dataset, fraction: 0, seed: 3).heldOut.isEmpty)
    // At least one of each, and never all.
    let few = try holdOut(from: self.dataset([3, 2]), fraction: 0.01, seed: 0)
    #expect(few.heldOut.count == 2)
    #expect(try holdOut(from: self.dataset([2, 2]), fraction: 0.99, seed: 0).kept.count == 2)
  }

  @Test("a subset is its base's samples in the order given")
  func subset() throws {
    let base = dataset([3, 3])
    let subset = try IndexedSubset(base, indices: [5, 0, 3])
    #expect(subset.count == 3 && subset.name == "made" && subset.classes == base.classes)
    #expect((0..<3).map { subset.key(at: $0) } == ["sample-5", "sample-0", "sample-3"])
    #expect((0..<3).map { subset.label(at: $0) } == [1, 0, 1])
    #expect(try subset.read(at: 1).bytes == base.read(at: 0).bytes)
    #expect(subset.samplesPerClass == [1, 2])
    for wrong in [6, -1] {
      #expect(throws: ImageDataError.self) { _ = try IndexedSubset(base, indices: [0, wrong]) }
    }
  }

  @Test("labels can be replaced and hidden")
  func relabelled() throws {
    let base = dataset([2, 2])
    let other = try Relabelled(base, labels: [2, -1, 0, 1], classes: ["x", "y", "z"])
    #expect((0..<4).map { other.label(at: $0) } == [2, nil, 0, 1])
    #expect(other.classes == ["x", "y", "z"])
    #expect(base.withoutLabels().classes.isEmpty && base.withoutLabels().label(at: 0) == nil)
    #expect(throws: ImageDataError.self) {
      _ = try Relabelled(base, labels: [0, 0], classes: ["x"])
    }
    #expect(throws: ImageDataError.self) {
      _ = try Relabelled(base, labels: [0, 0, 0, 1], classes: ["x"])
    }
  }
}

@Suite("Splits of sets with copies")
struct SplitsWithCopiesTests {
  /// A set of so many classes, labels in turns, whose samples in one of `groups` are the same picture.
  private func made(_ labels: [Int], _ groups: [[Int]]) -> (MadeDataset, CopyGroups) {
    var contents = labels.indices.map { ContentHash.Prefix(first: UInt64($0 + 1), second: 7) }
    for group in groups { for sample in group { contents[sample] = contents[group[0]] } }
    let classes = Set(labels).sorted().map { "class-\($0)" }
    return (
      MadeDataset(classes: classes, count: labels.count, labels: labels), CopyGroups(of: contents)
    )
  }

  @Test("copies are found by what they hold, and what cannot be read is like nothing")
  func groups() {
    let prefixes = [5, 0, 7, 5, 0, 7, 5, 9].map { ContentHash.Prefix(first: $0, second: 0) }
    let copies = CopyGroups(of: prefixes)
    #expect(copies.groups == [[0, 3, 6], [2, 5]])
    #expect(copies.samples(like: 3) == [0, 3, 6])
    #expect(copies.samples(like: 1) == [1])
    #expect(copies.samples(like: 7) == [7])
    #expect(CopyGroups.none.groups.isEmpty)
  }

  @Test(
    "copies lie on one side, whatever their labels, and each class keeps something",
    arguments: 0..<40)
  func oneSide(seed: UInt64) throws {
    let random = KeyedPermutation(count: 60, seed: seed, pass: 1)
    let labels = (0..<60).map { random[$0] % 4 }
    // Pairs and triples among the first 30; the rest is single.
    var groups: [[Int]] = []
    var next = 0
    while next < 30 {
      let size = 1 + random[59 - next] % 3
      if size > 1 { groups.append(Array(next..<min(next + size, 30))) }
      next += size
    }
    let (dataset, copies) = made(labels, groups.filter { $0.count > 1 })
    let (kept, held) = try holdOut(from: dataset, fraction: 0.3, seed: seed, copies: copies)
    #expect((kept + held).sorted() == Array(0..<60))
    for group in copies.groups {
      let inside = group.count { held.contains($0) }
      #expect(inside == 0 || inside == group.count)
    }
    for label in 0..<4 { #expect(kept.contains { labels[$0] == label }) }
    let (chosen, rest) = try balancedSubset(of: dataset, count: 24, seed: seed, copies: copies)
    #expect(chosen.count == 24 && (chosen + rest).sorted() == Array(0..<60))
    for group in copies.groups {
      let inside = group.count { chosen.contains($0) }
      #expect(inside == 0 || inside == group.count)
    }
  }

  @Test("copies that are nowhere near what is drawn change nothing", arguments: 0..<20)
  func unchanged(seed: UInt64) throws {
    let labels = (0..<90).map { $0 % 3 }
    let (dataset, _) = made(labels, [])
    let plain = try holdOut(from: dataset, fraction: 0.2, seed: seed)
    let pair = [plain.kept[0], plain.kept[9]]
    let (_, copies) = made(labels, [pair])
    #expect(
      try holdOut(from: dataset, fraction: 0.2, seed: seed, copies: copies).heldOut == plain.heldOut
    )
    let subset = try balancedSubset(of: dataset, count: 12, seed: seed)
    let (_, others) = made(labels, [[subset.rest[1], subset.rest[5]]])
    #expect(
      try balancedSubset(of: dataset, count: 12, seed: seed, copies: others).chosen == subset.chosen
    )
  }

  @Test("a class that is one picture only keeps it; a class of pairs holds out a whole pair")
  func onlyCopies() throws {
    let (one, allAlike) = made([0, 0, 0, 1, 1], [[0, 1, 2]])
    let held = try holdOut(from: one, fraction: 0.3, seed: 1, copies: allAlike).heldOut
    #expect(held.count == 1 && held[0] >= 3)
    let (pairs, paired) = made([0, 0, 0, 0, 1, 1, 1, 1], [[0, 1], [2, 3], [4, 5], [6, 7]])
    // A quarter of four is one, and a pair is what there is.
    let both = try holdOut(from: pairs, fraction: 0.25, seed: 1, copies: paired).heldOut
    #expect(both.count == 4)
    // Three of four pictures in pairs: one pair must be torn.
    let torn = try balancedSubset(of: pairs, count: 6, seed: 1, copies: paired).chosen
    #expect(torn.count == 6)
  }
}
