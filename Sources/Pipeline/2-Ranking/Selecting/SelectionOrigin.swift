import Files
import Foundation
public import Recipes
import SystemPackage

/// `selected.json` of a selection that `halcyon select --to` wrote beside a run: of which run it is, and
/// in what its recipe differs.
public struct SelectionOrigin: Codable, Equatable, Sendable {
  /// The run directory.
  public let run: String
  /// The settings that are not the run's own, by key, as YAML.
  let settings: [String: String]
  /// The SHA-256 of `selected.bin`.
  let selection: String

  enum CodingKeys: String, CodingKey {
    case run, settings
    case selection = "selection_sha256"
  }

  static let fileName = "selected.json"

  /// Whether a selection lies in `folder` that is no run's own.
  public static func exists(in folder: String) -> Bool {
    FilePath(text: "\(folder)/\(fileName)").exists
  }

  /// Says of which run the selection in `folder` is.
  /// - Throws: `FileError`, `PipelineError`.
  init(of run: Run, in folder: String) throws {
    let own = try run.directory.recipe()
    let others = zip(own.settings, run.recipe.settings).filter { $0 != $1 }.map {
      ($1.key, $1.value)
    }
    self.run = FilePath(text: run.directory.path).absolute.text
    settings = Dictionary(others, uniquingKeysWith: { first, _ in first })
    selection = try Checksum.sha256(file: "\(folder)/selected.bin")
  }

  /// Reads it.
  /// - Throws: `PipelineError.data` when it is broken, or when its run is not there any more.
  public init(contentsOf folder: String) throws {
    let path = "\(folder)/\(Self.fileName)"
    guard let found = try? JSON.read(Self.self, at: path) else {
      throw PipelineError.data("\(path) does not say of which run the selection is; select anew")
    }
    self = found
    guard FilePath(text: run).exists else {
      throw PipelineError.data(
        "\(folder) was selected in \(run), which is not there; put it back, or write its new place "
          + "into \(path)")
    }
  }

  /// What changes the run's recipe into the selection's, as `--set` has it.
  fileprivate var overrides: [String] { settings.sorted { $0.key < $1.key }.map { "\($0)=\($1)" } }

  /// Keeps it in `folder`.
  func write(to folder: String) throws {
    try DurableFile.write(try JSON.pretty(self), to: "\(folder)/\(Self.fileName)")
  }
}

extension Recipe {
  /// The recipe of the selection in `folder`: its run's, with what was asked for otherwise.
  /// - Throws: `PipelineError`; one that says so when the run is not there.
  public init(selectedIn folder: String, overrides: [String] = []) throws {
    let origin = try SelectionOrigin(contentsOf: folder)
    let run = RunDirectory(path: origin.run)
    guard try run.holdsRun() else {
      throw PipelineError.data("\(folder) was selected in \(run.path), which holds no run")
    }
    try self.init(contentsOf: run.recipePath, overrides: origin.overrides + overrides)
  }
}
