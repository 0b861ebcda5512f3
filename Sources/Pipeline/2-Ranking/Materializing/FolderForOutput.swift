import Files
import Foundation
import ImageData
import Recipes
import Shards
import SystemPackage

extension Run {
  /// Refuses a folder in which what is written would mix with other files (`FolderForOutput`).
  /// - Throws: `PipelineError.usage` naming what is there.
  func requireApart(_ folder: String) throws {
    try FolderForOutput.requireApart(folder, from: directory.path, recipe.data, data.unlabelled)
  }
}

/// A folder of the user's choice.
enum FolderForOutput {
  /// Refuses one in which what is written would mix with the run's own files in `directory`, where it has any,
  /// with another run's, with U and its index, or with other pictures.
  ///
  /// Folders are compared by device and number, so no link or mount leads past this.
  /// - Throws: `PipelineError.usage` naming what is there.
  static func requireApart(
    _ folder: String, from directory: String?, _ data: Recipe.Data,
    _ unlabelled: (any ShardedDataset)?
  ) throws {
    if let directory, lies(folder, in: directory) {
      throw PipelineError.usage(
        "\(folder) is in \(directory), where the run keeps its own files; name a folder outside it")
    }
    if let other = run(around: folder) {
      throw PipelineError.usage(
        "\(folder) is in \(other), where another run keeps its files; name a folder outside it")
    }
    for kept in imagesFolders(of: data, unlabelled) where lies(folder, in: kept) {
      // Where everything lies in one folder (`./{00..99}.tar`), only that folder itself is taken.
      guard directory.map({ lies($0, in: kept) }) ?? false, !lies(kept, in: folder) else {
        throw PipelineError.usage(
          "\(folder) is in \(kept), where pictures are that the run is made from; name a folder "
            + "outside it")
      }
    }
  }

  /// The folders that hold U, its index and the labelled pictures.
  private static func imagesFolders(
    of data: Recipe.Data, _ unlabelled: (any ShardedDataset)?
  ) -> [String] {
    var folders = [data.labelled, data.validation, data.test].compactMap { $0 }
    if !data.unlabelledIsRest { folders.append(data.unlabelled) }
    folders += unlabelled?.sourceFolders ?? []
    return folders.compactMap { path in
      // Of a pattern (`shards/{000..099}.tar`, `root/**`) the folders before it.
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      let fixed = parts.prefix { part in !part.contains { "{*?[".contains($0) } }
      let joined = fixed.joined(separator: "/")
      let folder = joined.isEmpty ? "/" : joined
      return FilePath(text: folder).isFolder ? folder : nil
    }
  }

  /// The directory of a run that `path`, whose last parts need not exist yet, is or lies in.
  private static func run(around path: String) -> String? {
    var place = FilePath(text: path).absolute
    while !place.exists {
      guard place.removeLastComponent() else { return nil }
    }
    place = place.real ?? place
    repeat {
      // A project's folder may have a recipe.yaml and files of any other name.
      if place.appending("recipe.yaml").exists, place.appending("log.jsonl").exists {
        return place.text
      }
    } while place.removeLastComponent()
    return nil
  }

  /// Whether `path`, whose last parts need not exist yet, is `folder` or lies in it.
  private static func lies(_ path: String, in folder: String) -> Bool {
    guard let wanted = FolderIdentity(FilePath(text: folder)) else { return false }
    var place = FilePath(text: path).absolute
    while FolderIdentity(place) == nil {
      guard place.removeLastComponent() else { return false }
    }
    while let found = FolderIdentity(place) {
      if found == wanted { return true }
      place.append("..")
      if FolderIdentity(place) == found { return false }  // the root
    }
    return false
  }
}

/// What a folder is, whatever it is called.
private struct FolderIdentity: Equatable {
  let device: dev_t
  let number: ino_t

  init?(_ path: FilePath) {
    guard let status = path.status else { return nil }
    device = status.st_dev
    number = status.st_ino
  }
}
