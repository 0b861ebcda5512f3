import Files
import SystemPackage

extension RecipePath {
  /// Whether pictures come from a program or a server.
  package static func isRemote(_ source: String) -> Bool {
    ["pipe:", "http://", "https://"].contains { source.hasPrefix($0) }
  }

  /// How the recipe in the file `recipe` names `path`, which is relative to the working folder: from the
  /// recipe's own folder, so that it is found from any other, or from the root where a path that is
  /// absolute was given or only the root is common to both.
  /// - Throws: `RecipeError` where a recipe would take its characters for something else.
  package static func written(_ path: String, in recipe: String) throws -> String {
    if isRemote(path) { return path }
    let folder = FilePath(text: recipe).folder
    let wanted = FilePath(text: path).absolute
    let texts = (path.hasPrefix("/") ? [] : relative(wanted, to: folder)) + [wanted.text]
    let fit = texts.first { text in
      (try? RecipePath(text).resolved(in: [folder.text, "."]).path) == wanted.text
    }
    guard let fit else {
      throw RecipeError(
        "a recipe cannot name \(path): ${ begins an environment variable there; rename it")
    }
    return fit
  }

  private static func relative(_ path: FilePath, to folder: FilePath) -> [String] {
    // Upwards is out of the folder that a link is to.
    let base = Array((folder.real ?? folder.absolute).components)
    let parts = Array(path.components)
    let common = zip(base, parts).prefix { $0 == $1 }.count
    guard common > 0 || base.isEmpty else { return [] }
    let up = [String](repeating: "..", count: base.count - common)
    let down = parts[common...].map { FilePath(root: nil, [$0]).text }
    let text = (up + down).joined(separator: "/")
    // The word for the labelled pictures that are left over is no folder's name.
    return [text.isEmpty ? "." : text == "rest" ? "./rest" : text]
  }
}
