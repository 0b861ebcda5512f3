import Files
import Foundation
import Pipeline

/// The words after the command's name, each as the text of its bytes (`PathText`): what
/// the system passes need not be UTF-8, and Swift's own list has lost what is not.
enum Arguments {
  /// All of them.
  /// - Throws: `PipelineError.usage` where one is empty, which a path never is.
  static func texts() throws -> [String] {
    let words = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
    return try words.enumerated().dropFirst().compactMap { place, word in
      guard let word else { return nil }
      guard word.pointee != 0 else {
        throw PipelineError.usage(
          "argument \(place) is empty; give a value, or look whether the variable in it is set")
      }
      return PathText.text(of: UnsafeRawBufferPointer(start: word, count: strlen(word)))
    }
  }
}
