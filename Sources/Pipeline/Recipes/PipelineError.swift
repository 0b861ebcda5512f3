public import Files
public import Foundation
import ImageData
import Models
import Ranking
import Torch

/// Why a run could not go on: one line for the user and the command's exit code.
public enum PipelineError: LocalizedError, ExitCoded, Equatable, CustomStringConvertible {
  /// A command line that cannot be followed.
  case usage(String)
  /// A recipe that cannot be followed.
  case recipe(String)
  /// Data that cannot be used.
  case data(String)
  /// A loss or a weight that is no longer a number.
  case nonFinite(String)
  /// Not enough memory.
  case memory(String)
  /// A file or a folder that cannot be used.
  case io(String)
  /// Several reasons at once, at least two.
  case problems([Preflight.Problem])

  /// The error of `problems`; nil where there are none.
  public init?(_ problems: [Preflight.Problem]) {
    guard let first = problems.first else { return nil }
    guard problems.count == 1 else {
      self = .problems(problems)
      return
    }
    switch first.exitCode {
    case 64: self = .recipe(first.message)
    case 70: self = .nonFinite(first.message)
    case 71: self = .memory(first.message)
    case 74: self = .io(first.message)
    default: self = .data(first.message)
    }
  }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 {
    switch self {
    case .usage, .recipe: 64
    case .data: 65
    case .nonFinite: 70
    case .memory: 71
    case .io: 74
    case .problems(let several): several.first?.exitCode ?? 65
    }
  }

  /// One line, or one for each of several problems: what failed, where, and what to do.
  public var description: String {
    switch self {
    case .usage(let line), .recipe(let line), .data(let line), .nonFinite(let line),
      .memory(let line), .io(let line):
      line
    case .problems(let several): several.map(\.message).joined(separator: "\n")
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
    guard case PipelineError.problems(let several) = error else { return [line(about: error)] }
    return several.map { $0.message.split(whereSeparator: \.isNewline).joined(separator: " ") }
  }

  /// What the user reads of any error: one line.
  public static func line(about error: any Error) -> String {
    if case PipelineError.problems = error { return lines(about: error).joined(separator: "; ") }
    let text =
      switch error {
      case let error as any CustomStringConvertible where !(error is CocoaError): error.description
      default: (error as NSError).localizedDescription
      }
    return text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
