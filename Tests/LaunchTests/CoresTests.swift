import Launch
import Testing

@Suite("Cores")
struct CoresTests {
  /// Two processors of two cores with two hardware threads each, numbered as Linux does: 0 and 4 are one core.
  private let server = Cores(
    (0..<8).map { Cores.Core(number: $0, package: $0 / 2 % 2, physical: $0 % 2) })

  @Test("a core's hardware threads go to one process, and processes stay on one processor")
  func topology() {
    #expect(server.numbers == [0, 4, 1, 5, 2, 6, 3, 7])
    #expect(server.share(of: 0, processes: 2) == [0, 4, 1, 5])
    #expect(server.share(of: 1, processes: 2) == [2, 6, 3, 7])
    #expect(server.share(of: 3, processes: 4) == [3, 7])
  }

  @Test("every process has as many cores, those that do not divide stay free")
  func uneven() {
    let shares = (0..<3).map { server.share(of: $0, processes: 3) }
    #expect(shares == [[0, 4], [1, 5], [2, 6]])
    #expect(server.share(of: 1, processes: 2, threads: 1) == [4])
  }

  @Test("more processes than cores take them in turn")
  func shared() {
    let two = Cores([.init(number: 0, physical: 0), .init(number: 1, physical: 1)])
    #expect((0..<4).map { two.share(of: $0, processes: 4) } == [[0], [1], [0], [1]])
    #expect(two.share(of: 1, processes: 2, threads: 2) == [0, 1])
  }

  @Test("this process has cores")
  func here() throws { #expect(try Cores.ofThisProcess().count > 0) }
}
