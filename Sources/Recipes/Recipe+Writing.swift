import Files

extension Recipe {
  /// The recipe as YAML, with every default written out; reading it gives an equal recipe.
  public var yaml: String {
    var lines: [String] = []
    for field in Self.fields {
      if !field.comment.isEmpty { lines.append("") }
      lines += field.lines(self, "")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Writes `yaml` to `path`, durably.
  /// - Throws: `FileError` naming `path`.
  public func write(to path: String) throws {
    try DurableFile.write(yaml, to: path)
  }

  /// Every key with its value as YAML, in the order of writing.
  package var settings: [RecipeSetting] {
    Self.fields.flatMap { $0.settings(self, $0.name) }
  }

  /// Every key by its path: `ranking.imagesPerClass`.
  public static var keys: [String] { defaultSettings.map(\.key) }

  package static var defaultSettings: [RecipeSetting] {
    Recipe(name: "", labelled: "", unlabelled: "").settings
  }
}
