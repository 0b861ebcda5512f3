import ImageData

extension Preflight {
  /// Notes which labelled pictures are there more than once, and which of them with two labels.
  mutating func warnOfCopies(in labelled: any ImageDataset, _ contents: [PictureContents]) {
    let groups = CopyGroups(of: contents.map(\.contentHash)).groups
    guard !groups.isEmpty else { return }
    let classes = labelled.classes
    func labels(_ group: [Int]) -> [Int] {
      Set(group.compactMap { labelled.label(at: $0) }).sorted()
    }
    let torn = groups.filter { labels($0).count > 1 }
    let alike = groups.filter { labels($0).count == 1 }
    if !torn.isEmpty {
      let names = torn.prefix(3).map { group in
        "\(labelled.key(at: group[0])) "
          + "(\(labels(group).prefix(3).map { classes[$0] }.joined(separator: " and ")))"
      }
      warn(
        "\(Format.counted(torn.count, "labelled picture occurs", "labelled pictures occur")) with "
          + "two labels: \(names.joined(separator: ", "))\(torn.count > 3 ? ", …" : ""); leave the "
          + "right one of each in data.labelled",
        key: "data.labelled")
    }
    if !alike.isEmpty {
      let copies = alike.reduce(0) { $0 + $1.count - 1 }
      let names = alike.prefix(3).map { labelled.key(at: $0[$0.count - 1]) }
      warn(
        "\(Format.counted(copies, "labelled picture is a copy", "labelled pictures are copies")) of "
          + "another of its class: \(names.joined(separator: ", "))\(alike.count > 3 ? ", …" : ""); "
          + "what data.labelled holds twice counts twice",
        key: "data.labelled")
    }
  }
}
