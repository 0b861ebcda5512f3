import Files

/// Which columns of a list say what, by the names that people give them.
///
/// Case, spaces, underscores and hyphens make no difference: `File Name` is `file_name`. The first name
/// of each kind goes before the others; of several others none is guessed.
struct ManifestColumns {
  /// Why a list's columns cannot be used.
  struct Refusal: Error {
    let reason: String
  }

  /// The column of the paths.
  let path: Int
  /// The column of the classes, if there is one.
  var label: Int?
  /// The column of the splits, if there is one.
  var split: Int?
  /// The column of the hashtags, if there is one.
  var tags: Int?

  private static let pathNames = [
    "path", "file_path", "file_name", "file", "image_path", "image_name", "image_file", "image",
    "img_path", "img", "file_paths", "paths",
  ]
  private static let labelNames = [
    "label", "class", "class_name", "label_name", "category", "target", "labels",
  ]
  private static let splitNames = ["split", "set", "subset"]
  private static let tagNames = ["tags", "hashtags"]

  /// Finds the columns among those called `names`; nil where none is called like a path's.
  /// - Parameters:
  ///   - names: The names as they stand in the file.
  ///   - needsSplit: Whether there must be a column of splits.
  /// - Throws: `Refusal`.
  init?(_ names: [String], needsSplit: Bool) throws {
    guard let path = try Self.column(Self.pathNames, "the path", among: names) else { return nil }
    self.path = path
    label = try Self.column(Self.labelNames, "the label", among: names)
    tags = try Self.column(Self.tagNames, "the tags", among: names)
    guard needsSplit else {
      split = names.firstIndex { Self.plain($0) == Self.splitNames[0] }
      return
    }
    split = try Self.column(Self.splitNames, "the split", among: names)
    guard split != nil else {
      throw Refusal(reason: "no column named split; columns found: \(Self.list(names))")
    }
  }

  /// The columns of a list without a header, by the fields of its first line: a path, and perhaps a
  /// label on either side of it; nil where `isImage` says of none that it is a path.
  /// - Throws: `Refusal` where it is not clear which is which.
  init?(
    headerless fields: [String], needsSplit: Bool, isImage: (_ field: Int) -> Bool
  ) throws {
    let pictures = fields.indices.filter(isImage)
    guard let first = pictures.first else { return nil }
    guard pictures.count == 1, fields.count <= 2, !needsSplit else {
      throw Refusal(
        reason: "this is no header but a picture; begin the list with the names of its columns, "
          + "such as path,label,split")
    }
    path = first
    label = fields.count == 2 ? 1 - first : nil
  }

  /// Why no column is the path's; `isImage` says of a part of a line whether it is a picture's path.
  static func missing(
    _ names: [String], isImage: (Substring) -> Bool = { _ in false }
  ) -> Refusal {
    if names.count == 1 {
      for parting in ["|", ":", "/", "&", " ", "\u{A0}"] as [Character] {
        let parts = names[0].split(separator: parting).map { $0.drop { $0 == " " } }
        guard parts.count > 1 else { continue }
        let isHeader = parts.contains { isOne($0, of: pathNames) }
        guard isHeader || parting != "/" && parts.contains(where: isImage) else { continue }
        let advice =
          parting.isWhitespace ? "" : ", or put a line sep=\(parting) above it"
        return Refusal(
          reason: "the \(isHeader ? "header" : "first line") is `\(names[0])`, in which "
            + "\(parting.isWhitespace ? "spaces part" : "\(parting) parts") the columns; part them by "
            + "commas, semicolons or tabs" + advice)
      }
    }
    let inside = names.map { String($0.trimmingPrefix("'").prefix { $0 != "'" }) }
    if inside != names, inside.contains(where: { isOne($0, of: pathNames) }) {
      return Refusal(
        reason: "the header is \(list(names)); write double quotes instead of single ones, or none")
    }
    return Refusal(
      reason: missing(pathNames, among: names))
  }

  /// Why nothing is labelled in a list whose columns are called `names`; nil names are those of a list
  /// without a header.
  static func whyUnlabelled(_ names: [String]?, label: String?) -> String {
    if let label {
      return "its column \(label.isEmpty ? "of labels" : label) is empty in every line"
    }
    guard let names else {
      return
        "it has no header and only paths; begin it with path,label and give each line its label"
    }
    return missing(labelNames, among: names)
  }

  /// "no column is named path or file; columns found: a, b".
  private static func missing(_ wanted: [String], among names: [String]) -> String {
    let last = wanted.count - 1
    let known = "\(wanted[..<last].joined(separator: ", ")) or \(wanted[last])"
    return "no column is named \(known); columns found: \(list(names))"
  }

  private static func column(
    _ wanted: [String], _ what: String, among names: [String]
  ) throws -> Int? {
    var found = names.indices.filter { isOne(names[$0], of: wanted) }
    let usual = found.filter { plain(names[$0]) == wanted[0] }
    if !usual.isEmpty { found = usual }
    guard found.count > 1 else { return found.first }
    let isOneName = Set(found.map { plain(names[$0]) }).count == 1
    throw Refusal(
      reason: isOneName
        ? "the header has one column twice: \(list(found.map { names[$0] })); give the one that is "
          + "not \(what) another name"
        : "\(what) may be in any of the columns \(list(found.map { names[$0] })); call the right "
          + "one \(wanted[0])")
  }

  private static func isOne(_ name: some StringProtocol, of wanted: [String]) -> Bool {
    let name = plain(name)
    return wanted.contains { plain($0) == name }
  }

  private static func plain(_ name: some StringProtocol) -> String {
    name.lowercased().filter { !" \t_-\u{A0}".contains($0) }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(20).map { $0.isEmpty ? "(no name)" : String($0.prefix(60)) }
    return shown.joined(separator: ", ") + (names.count > 20 ? ", … (\(names.count))" : "")
  }
}
