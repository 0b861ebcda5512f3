import Testing

@testable import ImageData

@Suite("KeyedPermutation")
struct KeyedPermutationTests {
  private func all(_ count: Int, seed: UInt64, pass: Int) -> [Int] {
    let permutation = KeyedPermutation(count: count, seed: seed, pass: pass)
    return (0..<count).map { permutation[$0] }
  }

  @Test(
    "every number comes once, whatever the count",
    arguments: Array(1...70) + [127, 128, 129, 1000, 1023, 1025, 4099, 65_536, 65_537])
  func isPermutation(_ count: Int) {
    for seed in [0, 1, UInt64.max] {
      #expect(all(count, seed: seed, pass: 3).sorted() == Array(0..<count))
    }
  }

  @Test("another seed or another pass is another order")
  func differs() {
    let orders = [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (UInt64.max, 0)].map {
      all(1000, seed: $0.0, pass: $0.1)
    }
    #expect(Set(orders).count == orders.count)
    // Two unrelated orders of 1,000 agree at one place on average.
    for (a, b) in zip(orders, orders.dropFirst()) {
      #expect(zip(a, b).count { $0 == $1 } < 12)
    }
  }

  @Test("every number is as likely at the first place as any other")
  func uniform() {
    var counts = [Int](repeating: 0, count: 10)
    for pass in 0..<20_000 { counts[KeyedPermutation(count: 10, seed: 7, pass: pass)[0]] += 1 }
    #expect(isEven(counts, total: 20_000))
  }

  @Test("an order of 2^40 numbers needs no memory and stays inside")
  func giant() {
    let permutation = KeyedPermutation(count: 1 << 40 + 1, seed: 1, pass: 0)
    let values = (0..<1000).map { permutation[$0] }
    #expect(Set(values).count == 1000)
    #expect(values.allSatisfy { (0..<permutation.count).contains($0) })
  }

  @Test("a shuffled order goes from pass to pass without repeating one")
  func shuffledOrder() {
    let order = ShuffledOrder(count: 50, seed: 4)
    let passes = (0..<3).map { pass in
      (0..<50).map { position -> Int in
        let (found, index) = order.sample(at: pass * 50 + position)
        #expect(found == pass)
        return index
      }
    }
    for pass in passes { #expect(pass.sorted() == Array(0..<50)) }
    #expect(Set(passes).count == 3)
  }
}
