public import Foundation
import SystemPackage

/// Why Parquet cannot be read or written here: one line that says what to do.
public enum ParquetError: LocalizedError, ExitCoded, Equatable, CustomStringConvertible {
  /// There is no library at any of the places where it is looked for.
  case missing
  /// There is one, and it cannot be used.
  case library(path: String, reason: String)

  /// One line: what is wrong and what to do.
  public var description: String {
    switch self {
    case .missing:
      "Parquet needs Apache Arrow: run `make parquet`, or set HALCYON_PARQUET to a "
        + "\(ParquetLibrary.fileName); everything else works without it"
    case .library(let path, let reason):
      "Parquet needs Apache Arrow, and \(path) cannot be loaded (\(reason)): run `make parquet`, or "
        + "set HALCYON_PARQUET to a \(ParquetLibrary.fileName); everything else works without it"
    }
  }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 { 65 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}

/// The library that reads and writes Parquet: Apache Arrow behind a small C ABI, loaded when the
/// first Parquet file is met, so that nothing else depends on it.
///
/// It is the file that the environment's `HALCYON_PARQUET` names, or else `libhalcyon_parquet.so`
/// beside the executable, or else in the folder `.parquet` of the package that the executable was
/// built in. A library (not a helper process) hands columns over in memory and a caller's errors up
/// unchanged; loaded at run time, because Arrow's soname changes with every major version.
public final class ParquetLibrary: Sendable {
  /// What the file is called.
  public static let fileName = "libhalcyon_parquet.so"
  /// Where it was found.
  public let path: String
  /// The version of Apache Arrow.
  public let arrowVersion: String
  let functions: ParquetFunctions

  private static let loaded = Result {
    try ParquetLibrary(
      environment: ProcessInfo.processInfo.environment,
      executable: FilePath("/proc/self/exe").real?.text ?? "")
  }

  /// The library of this process.
  /// - Throws: `ParquetError` saying what to install.
  public static func shared() throws -> ParquetLibrary { try loaded.get() }

  /// Whether there is a library to use.
  public static var isAvailable: Bool { (try? shared()) != nil }

  init(environment: [String: String], executable: String) throws {
    // A file that was named is tried even where there is none: the message then tells its name.
    guard
      let path = Self.named(in: environment)
        ?? Self.candidates(executable: executable)
        .first(where: { FilePath(text: $0).exists })
    else {
      throw ParquetError.missing
    }
    self.path = path
    functions = try ParquetFunctions(path: path)
    arrowVersion = String(cString: functions.arrowVersion())
  }

  private static func named(in environment: [String: String]) -> String? {
    environment["HALCYON_PARQUET"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Where the library may be when the environment does not tell, the first that exists being it.
  static func candidates(executable: String) -> [String] {
    var folder = FilePath(text: executable).folder
    var candidates = [folder.joined(fileName).text]
    // Of the folders above, only one that Swift builds in is trusted to have the package beside it.
    while !folder.components.isEmpty {
      let parent = folder.removingLastComponent()
      if folder.name.hasPrefix(".build") {
        candidates.append(parent.joined(".parquet/\(fileName)").text)
      }
      folder = parent
    }
    return candidates
  }
}
