import Copies
import Files
import ImageData
import Recipes

/// The pictures of a set that are there more than once, in words.
struct RepeatedImages {
  /// Those that occur with two labels; nil where none does.
  let tornLine: String?
  /// Those that are copies of others of their class; nil where none is.
  let alikeLine: String?

  /// Finds them by what the pictures hold.
  /// - Parameters:
  ///   - dataset: The set.
  ///   - contents: What each of its pictures holds.
  ///   - noun: What one is called: "labelled picture".
  ///   - place: Where they are: a recipe's key, or a path.
  init(
    in dataset: any ImageDataset, _ contents: some Collection<ContentHash.Prefix>,
    called noun: String, at place: String
  ) {
    let groups = CopyGroups(of: contents).groups
    func labels(_ group: [Int]) -> [Int] {
      Set(group.compactMap { dataset.label(at: $0) }).sorted()
    }
    func few(_ names: [String]) -> String {
      names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
    }
    let torn = groups.filter { labels($0).count > 1 }
    tornLine =
      torn.isEmpty
      ? nil
      : Format.counted(torn.count, "\(noun) occurs", "\(noun)s occur") + " with two labels: "
        + few(
          torn.map { group in
            let names = labels(group).prefix(3).map { dataset.classes[$0] }
            return "\(dataset.key(at: group[0])) (\(names.joined(separator: " and ")))"
          }) + "; leave the right one of each in \(place)"
    let alike = groups.filter { labels($0).count == 1 }
    let copies = alike.reduce(0) { $0 + $1.count - 1 }
    alikeLine =
      alike.isEmpty
      ? nil
      : Format.counted(
        copies, "\(noun) is a copy of another of its class",
        "\(noun)s are copies of others of their class") + ": "
        + few(alike.map { dataset.key(at: $0[$0.count - 1]) })
        + "; what \(place) holds twice counts twice"
  }

  /// All lines.
  var lines: [String] { [tornLine, alikeLine].compactMap { $0 } }
}
