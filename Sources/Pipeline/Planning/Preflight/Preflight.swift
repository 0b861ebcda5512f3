import Torch
import Foundation
import ImageData
public import Recipes
import Terminal
import Training

/// What speaks against a run, all of it found before anything is computed or written.
///
/// `halcyon run --dry-run` prints it, and `run` makes the same check first: the problems end it, the
/// warnings are said.
public struct Preflight: Sendable {
  /// What the user should know before a run starts.
  public struct Warning: Equatable, Sendable {
    /// What is to be expected, and which key mends it.
    public let message: String
    /// The recipe's key that mends it.
    public let key: String
    /// The experiment that measures how much it matters.
    var evidence: Evidence?
  }

  /// Why the run cannot be made.
  public private(set) var problems: [Problem]
  /// What the user should know.
  public private(set) var warnings: [Warning] = []

  /// What networks start from, in words, by the keys that name it; nothing of those that are done.
  var startingWeights: [String: String] = [:]

  /// Nothing was found yet but `problems`.
  init(_ problems: [Problem] = []) { self.problems = problems }

  /// Notes a problem, once.
  mutating func refuse(_ message: String, exitCode: Int32, key: String) {
    add(Problem(message, exitCode: exitCode, key: key))
  }

  /// Notes why something could not be done; of an error that lists several problems, each.
  /// - Throws: `Stopped`, and what other processes of the run say or are found to be: no problems of the recipe's.
  mutating func note(_ error: any Error, key: String) throws {
    switch error {
    case is Stopped, is DistributedGroup.StopRequest, is DistributedError: throw error
    case let several as Problems: several.list.forEach { add($0) }
    case ImageDataError.dataset(_, ImageDataError.notThere):
      let line = PipelineError.line(about: error)
      add(Problem("\(key): \(line)", exitCode: PipelineError.exitCode(of: error), key: key))
    default:
      add(
        Problem(
          PipelineError.line(about: error), exitCode: PipelineError.exitCode(of: error), key: key))
    }
  }

  private mutating func add(_ problem: Problem) {
    if !problems.contains(where: { $0.message == problem.message }) { problems.append(problem) }
  }

  /// Notes what the user should know.
  mutating func warn(_ message: String, key: String, evidence: Evidence? = nil) {
    let warning = Warning(message: message, key: key, evidence: evidence)
    if !warnings.contains(warning) { warnings.append(warning) }
  }

  /// What `body` returns, or nil where it throws, which is noted as a problem of `key`.
  /// - Throws: `Stopped`.
  mutating func attempt<Value>(_ key: String, _ body: () throws -> Value) throws -> Value? {
    do {
      return try body()
    } catch {
      try note(error, key: key)
      return nil
    }
  }

  /// Whether the value of `key` is known to be wrong.
  func isAtFault(_ key: String) -> Bool { problems.contains { $0.key == key } }

  /// - Throws: `Problems`, if there are any.
  func refuseProblems() throws {
    if let error = Problems(problems) { throw error }
  }
}
