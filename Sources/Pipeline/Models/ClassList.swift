import Files
import ImageData
import SystemPackage

/// The names of classes as an option gives them.
public enum ClassList {
  /// The names in `text`, between commas, or in the file that it names, one a line.
  /// - Throws: `PipelineError` when there is none, or one twice; `FileError` naming the file.
  public static func names(_ text: String) throws -> [String] {
    let isFile = FilePath(text: text).exists
    guard isFile || text.contains(",") || !(text.contains("/") || text.hasSuffix(".txt")) else {
      throw PipelineError.usage("--classes: there is no file \(text)")
    }
    let parts =
      isFile
      ? try FileContents.text(of: text).split(whereSeparator: \.isNewline)
      : text.split(separator: ",", omittingEmptySubsequences: false)
    let names = parts.map { trimmed($0) }.filter { !isFile || !$0.isEmpty }
    let source = isFile ? text : "--classes"
    guard !names.isEmpty, !names.contains("") else {
      throw PipelineError.usage("\(source) has \(names.isEmpty ? "no names" : "an empty name")")
    }
    if let (first, second) = ClassName.firstTwins(names) {
      throw PipelineError.usage(
        "\(source) names the classes \(first) and \(second) alike: \(names[first])")
    }
    return names
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
