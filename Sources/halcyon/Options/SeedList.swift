import ArgumentParser

/// Seeds as an option gives them: 0,1,2.
struct SeedList: ExpressibleByArgument, CustomStringConvertible {
  let seeds: [Int]

  init(_ seeds: [Int]) { self.seeds = seeds }

  /// nil unless they are whole numbers from 0 with commas between them, each once.
  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    seeds = parts.compactMap { Int($0) }.filter { $0 >= 0 }
    guard seeds.count == parts.count, Set(seeds).count == seeds.count else { return nil }
  }

  var description: String { seeds.map(String.init).joined(separator: ",") }

  var defaultValueDescription: String { description }
}
