import Files
import Foundation
import ImageData
import SystemPackage

/// Where the index of `text` is put unless told otherwise: a folder in the working folder, called like
/// the last part of `text` without an archive's ending and a pattern's signs, and `.index`.
public func defaultIndexFolder(of text: String) -> String {
  var name = text.hasPrefix("pipe:") ? "pipe" : text
  if [".", ".."].contains(FilePath(text: text).lastComponent?.string) {
    name = FilePath(text: text).name
  }
  for ending in ["/**"] + ShardLocation.endings + [".txt", ".list", ".csv", ".tsv"]
  where name.lowercased().hasSuffix(ending) {
    name.removeLast(ending.count)
    break
  }
  let parts = name.split(separator: "/").reversed().lazy.map { part in
    // "shard-{000..099}" is "shard"; a part that is a pattern alone says nothing.
    String(part.prefix { !"{*?[".contains($0) })
      .trimmingCharacters(in: CharacterSet(charactersIn: "-_. "))
  }
  return (parts.first { !$0.isEmpty && $0 != "http:" && $0 != "https:" } ?? "U") + ".index"
}

/// The folder of an index: `catalogue.bin`, a `NAME.index` for each shard, `problems.csv`, and
/// `.indexing`, the lock, by which it is known before there is a catalogue.
final class IndexFolder {
  let path: String
  /// Why the folder could not be claimed, though an index is in it. Nothing may be written then, since
  /// somebody else may do so at the same time; where nothing has changed, nothing has to be.
  let lockFailure: FileError?
  private let lock: Int32
  /// What was not there before; nil where the folder had something in it.
  private let made: NewFolders?

  /// Where the index of the shard called `name` is in `folder`.
  static func path(ofShard name: String, in folder: String) -> String {
    FilePath(text: folder).joined(name + ending).text
  }

  private static let ending = ".index"
  private static let lockName = ".indexing"

  /// What the system says where a folder cannot be written: whose it is, how it is mounted, or that the
  /// disk is full.
  private static let refusals: Set<Int32> = [EACCES, EPERM, EROFS, ENOSPC, EDQUOT]

  /// Makes the folder where there is none, and claims it until this object goes away or the process
  /// ends, however it ends. One that cannot be written, but has an index in it, is not claimed; see
  /// `lockFailure`.
  /// - Throws: `FileError`; `ImageDataError.dataset` when another process builds in it, or when it is
  ///   full of other things.
  init(claiming path: String) throws {
    self.path = path
    let new = NewFolders(to: path)
    do {
      try FilePath(text: path).makeFolder()
    } catch let error as FileError {
      throw ImageDataError.dataset(
        path: path, reason: "cannot make this folder for the index: \(error.reason)")
    }
    let lockPath = FilePath(text: path).joined(Self.lockName).text
    let names = (try? FilePath(text: path).names()) ?? []
    guard
      names.isEmpty || names.contains(Self.lockName) || names.contains(Catalogue.fileName)
    else {
      throw ImageDataError.dataset(
        path: path, reason: "there are other things in it; name an empty folder for the index")
    }
    made = names.isEmpty ? new : nil
    lock = FilePath(text: lockPath).open(O_RDWR | O_CREAT, 0o644)
    guard lock >= 0 else {
      let failure = FileError("lock", lockPath, code: errno)
      guard Self.refusals.contains(failure.code), names.contains(Catalogue.fileName) else {
        throw failure
      }
      lockFailure = failure
      return
    }
    lockFailure = nil
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw ImageDataError.dataset(
        path: path, reason: "another process is building this index; wait for it, or stop it")
    }
    // What a killed process left half-written.
    for name in names where name.contains(".tmp-") && !name.hasSuffix(Self.ending) {
      try? FilePath(text: path).joined(name).remove()
    }
  }

  deinit {
    guard lock >= 0 else { return }
    // Not by closing alone: a child that another thread has just forked holds a copy until it execs.
    flock(lock, LOCK_UN)
    close(lock)
  }

  /// Takes away what was made for an index that is refused, so that a refusal leaves nothing behind. What
  /// is in the folder besides the indexes of `shards` stays, and the folder with it.
  func withdraw(indexesOf shards: [String] = []) {
    guard let made else { return }
    let folder = FilePath(text: path)
    for shard in shards { FilePath(text: Self.path(ofShard: shard, in: path)).unlink() }
    guard (try? folder.names()) == [Self.lockName] else { return }
    folder.joined(Self.lockName).unlink()
    made.removeEmpty()
  }

  /// Removes the indexes of what is not among `shards` any more. Those of shards that only are missing
  /// stay: they may come back.
  func keepOnly(_ shards: Set<String>) {
    guard lockFailure == nil else { return }
    let names = (try? FilePath(text: path).names()) ?? []
    for name in names where name.hasSuffix(Self.ending) {
      guard !shards.contains(String(name.dropLast(Self.ending.count))) else { continue }
      try? FilePath(text: path).joined(name).remove()
    }
  }
}
