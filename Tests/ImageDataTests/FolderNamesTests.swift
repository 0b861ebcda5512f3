import Testing

@testable import ImageData

@Suite("FolderNames")
struct FolderNamesTests {
  private func sorted(_ names: [(String, Bool)]) -> [String] {
    var table = FolderNames()
    for (name, isFolder) in names {
      Array(name.utf8).withUnsafeBytes { table.append($0, isFolder: isFolder) }
    }
    table.sort()
    var result: [String] = []
    table.forEach { name, isFolder in
      result.append(String(decoding: name, as: UTF8.self) + (isFolder ? "/" : ""))
    }
    return result
  }

  @Test("names come in the order of their bytes, a folder with its slash among the files")
  func order() {
    var names: [(String, Bool)] = [
      ("a", true), ("a.jpg", false), ("a-b.jpg", false), ("ab", false), ("image", true),
      ("image 1.jpg", false), ("image0.jpg", false), ("ä.jpg", false), ("Z.jpg", false),
    ]
    for number in 0..<2000 {
      names.append(("shared-beginning-\(number * 7919 % 10_007)", number % 5 == 0))
    }
    for part in [names, Array(names.suffix(2000)), Array(names.prefix(1)), []] {
      let right = part.map { $0.0 + ($0.1 ? "/" : "") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      #expect(sorted(part.shuffled()) == right)
    }
  }
}
