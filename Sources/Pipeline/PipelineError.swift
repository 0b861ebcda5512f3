public import Files
public import Foundation
import ImageData
import Models
import Ranking
import Recipes
import Torch

/// Why a run could not go on: one line for the user and the command's exit code.
public enum PipelineError: LocalizedError, ExitCoded, Equatable, CustomStringConvertible {
  /// A command line that cannot be followed.
  case usage(String)
  /// Data that cannot be used.
  case data(String)
  /// Not enough memory.
  case memory(String)
  /// A file or a folder that cannot be used.
  case io(String)

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 {
    switch self {
    case .usage: 64
    case .data: 65
    case .memory: 71
    case .io: 74
    }
  }

  /// One line, or one for each of several problems: what failed, where, and what to do.
  public var description: String {
    switch self {
    case .usage(let line), .data(let line), .memory(let line), .io(let line): line
    }
  }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }

  /// The exit code of any error that a run can end with.
  public static func exitCode(of error: any Error) -> Int32 {
    switch error {
    case let error as any ExitCoded: error.exitCode
    case is CocoaError: 74
    default: 70
    }
  }

  /// What the user reads of any error: a line for each of its reasons, of which most have one.
  public static func lines(about error: any Error) -> [String] {
    guard let several = (error as? Problems)?.list else { return [line(about: error)] }
    return several.map { $0.message.split(whereSeparator: \.isNewline).joined(separator: " ") }
  }

  /// What the user reads of any error: one line.
  public static func line(about error: any Error) -> String {
    if error is Problems { return lines(about: error).joined(separator: "; ") }
    let text =
      switch error {
      case let error as any CustomStringConvertible where !(error is CocoaError): error.description
      default: (error as NSError).localizedDescription
      }
    return text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
