import Testing

@testable import Torch

@Suite("Dropped branches")
struct DropPathTests {
  @Test("the two branches of a block are left out for different pictures")
  func branches() {
    let drop = DropPath(rate: 0.5, seed: 7)
    func dropped(_ branch: Int) -> [Bool] {
      drop.factors(at: BlockPlace(3, of: 4, branch: branch), pictures: 200).map { $0 == 0 }
    }
    let both = zip(dropped(0), dropped(1)).count { $0 && $1 }
    #expect(25...75 ~= both)  // A quarter of 200 where they do not know each other.
    #expect(75...125 ~= dropped(1).count { $0 })
  }
}
