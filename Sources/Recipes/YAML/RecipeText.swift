import Files
import Yams

/// The text of a recipe as a tree, in which a key that is given twice stands twice.
///
/// Yams refuses such a text as a whole and says where the first of the two is. That one is then marked, so
/// that the rest can be read, and the mark is taken off again: whoever reads the tree tells of both.
struct RecipeText {
  private let text: String
  /// What the file is called in errors.
  private let file: String
  /// A character that the text has not.
  private let mark: Unicode.Scalar
  /// A text with more of them is not worth reading again and again.
  private static let mostMarked = 100

  init(_ text: String, file: String) {
    self.text = text
    self.file = file
    let used = Set(text.unicodeScalars)
    mark =
      (0xE000...0xF8FF).lazy.compactMap(Unicode.Scalar.init).first { !used.contains($0) } ?? " "
  }

  /// The tree; nothing in it for an empty text.
  /// - Throws: `RecipeError` with the line where the text is no YAML.
  func root() throws -> Node {
    var marked = Array(text.unicodeScalars)
    var count = 0
    while true {
      do {
        let root = try compose(yaml: Self.string(marked)) ?? Node("")
        return count == 0 ? root : unmarked(root)
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        count += 1
        guard count <= Self.mostMarked, let place = place(of: context.mark, in: marked) else {
          throw RecipeError(
            "\(file):\(context.mark.line): given twice: \(keys.sorted().joined(separator: ", ")); "
              + "remove one of each")
        }
        // Of three the second must not be called as the first is now.
        marked.insert(contentsOf: Array(repeating: mark, count: count), at: place)
      } catch let error as YamlError {
        throw RecipeError(line(of: error))
      }
    }
  }

  // MARK: - Keys that are given twice

  private static func string(_ scalars: [Unicode.Scalar]) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// Where a word begins, behind its quote; nil where no word stands there.
  private func place(of mark: Mark, in scalars: [Unicode.Scalar]) -> Int? {
    var line = 1
    var start = 0
    while line < mark.line, start < scalars.count {
      if scalars[start] == "\r", start + 1 < scalars.count, scalars[start + 1] == "\n" {
        start += 1
      }
      if Self.breaks.contains(scalars[start]) { line += 1 }
      start += 1
    }
    let place = start + mark.column - 1
    guard line == mark.line, scalars.indices.contains(place) else { return nil }
    if "\"'".unicodeScalars.contains(scalars[place]) { return place + 1 }
    return "&*!?[{|>".unicodeScalars.contains(scalars[place]) ? nil : place
  }

  /// What YAML ends a line with.
  private static let breaks: Set<Unicode.Scalar> = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]

  /// The tree with its keys as they are in the text.
  private func unmarked(_ node: Node) -> Node {
    switch node {
    case .mapping(let mapping):
      let pairs = mapping.map { key, value in (word(key), unmarked(value)) }
      return .mapping(.init(pairs, mapping.tag, mapping.style, mapping.mark, mapping.anchor))
    case .sequence(let sequence):
      return .sequence(
        .init(
          sequence.map(unmarked), sequence.tag, sequence.style, sequence.mark, sequence.anchor))
    default:
      return node
    }
  }

  private func word(_ key: Node) -> Node {
    guard case .scalar(let scalar) = key else { return key }
    let word = scalar.string.unicodeScalars.filter { $0 != mark }
    return .scalar(.init(String(word), scalar.tag, scalar.style, scalar.mark, scalar.anchor))
  }

  // MARK: - What is no YAML

  /// The error on one line, beginning with the file and the line.
  private func line(of error: YamlError) -> String {
    switch error {
    case .composer(let context?, let problem, let mark, _):
      return "\(file):\(mark.line): not YAML: \(context.text), \(problem)"
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(nil, let problem, let mark, _):
      let start = "\(file):\(mark.line): not YAML: "
      let tabs = linesBeginningWithTabs
      guard tabs.contains(mark.line) else {
        return start + "\(problem); look at this line's indentation and quotes"
      }
      let others = tabs.filter { $0 != mark.line }
      let more = Format.few(others.map(String.init))
      return start + "the line begins with a tab, and YAML is indented with spaces alone"
        + (others.isEmpty
          ? "" : "; so does line \(more)")
    case .reader(let problem, _, _, _):
      return "\(file): not YAML: \(problem); a recipe is a UTF-8 text"
    default:
      return "\(file): not YAML: \(error)".replacing("\n", with: " ")
    }
  }

  private var linesBeginningWithTabs: [Int] {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    return zip(1..., lines).filter { $1.prefix { $0 == " " || $0 == "\t" }.contains("\t") }
      .map { $0.0 }
  }
}
