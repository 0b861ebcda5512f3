import Files
import Foundation

/// Where the index of `text` is put unless told otherwise: a folder in the working folder, called like
/// the last part of `text` without an archive's ending and a pattern's signs, and `.index`.
public func defaultIndexFolder(of text: String) -> String {
  var name = text.hasPrefix("pipe:") ? "pipe" : text
  for ending in ["/**"] + ShardLocation.endings + [".txt", ".list", ".csv"]
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
  private let lock: Int32

  /// Where the index of the shard called `name` is in `folder`.
  static func path(ofShard name: String, in folder: String) -> String {
    (folder as NSString).appendingPathComponent(name + ending)
  }

  private static let ending = ".index"
  private static let lockName = ".indexing"

  /// Makes the folder where there is none, and claims it until this object goes away or the process
  /// ends, however it ends.
  /// - Throws: `FileError`; `ImageDataError.dataset` when another process builds in it, or when it is
  ///   full of other things.
  init(claiming path: String) throws {
    self.path = path
    let manager = FileManager.default
    do {
      try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw ImageDataError.dataset(path: path, reason: "cannot make this folder for the index")
    }
    let lockPath = (path as NSString).appendingPathComponent(Self.lockName)
    let names = (try? manager.contentsOfDirectory(atPath: path)) ?? []
    guard
      names.isEmpty || names.contains(Self.lockName) || names.contains(Catalogue.fileName)
    else {
      throw ImageDataError.dataset(
        path: path, reason: "there are other things in it; name an empty folder for the index")
    }
    lock = Foundation.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard lock >= 0 else { throw FileError("lock", lockPath, code: errno) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw ImageDataError.dataset(
        path: path, reason: "another process is building this index; wait for it, or stop it")
    }
    // What a killed process left half-written.
    for name in names where name.contains(".tmp-") && !name.hasSuffix(Self.ending) {
      try? manager.removeItem(atPath: (path as NSString).appendingPathComponent(name))
    }
  }

  deinit {
    guard lock >= 0 else { return }
    // Not by closing alone: a child that another thread has just forked holds a copy until it execs.
    flock(lock, LOCK_UN)
    close(lock)
  }

  /// Removes the indexes of what is not among `shards` any more. Those of shards that only are missing
  /// stay: they may come back.
  func keepOnly(_ shards: Set<String>) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where name.hasSuffix(Self.ending) {
      guard !shards.contains(String(name.dropLast(Self.ending.count))) else { continue }
      try? FileManager.default.removeItem(atPath: (path as NSString).appendingPathComponent(name))
    }
  }

  /// Lists what was passed over in `problems.csv`: shard, key, reason; without a key where the whole
  /// shard is missing.
  /// - Throws: `FileError`, or `ImageDataError` when a shard's index is damaged.
  func writeProblems(of rows: [Catalogue.Row], missing: FailedShards) throws {
    let file = try DurableFile(path: (path as NSString).appendingPathComponent("problems.csv"))
    try file.write(Data("shard,key,reason\n".utf8))
    for failure in missing.failures {
      let reason = CSVRecords.quoted(failure.reason)
      try file.write(Data("\(failure.shard.name),,\(reason)\n".utf8))
    }
    var lines = 0
    for row in rows where row.problems > 0 {
      let index = try ShardIndex(path: Self.path(ofShard: row.name, in: path))
      var text = ""
      for problem in try index.problems() {
        let fields = [row.name, problem.key, problem.reason].map(CSVRecords.quoted)
        text += fields.joined(separator: ",") + "\n"
        lines += 1
      }
      let listed = ShardIndexLayout.mostListedProblems
      if row.problems > listed { text += "\(row.name),,and \(row.problems - listed) more\n" }
      try file.write(Data(text.utf8))
      if lines >= 1_000_000 {
        try file.write(Data(",,the problems of further shards are not listed\n".utf8))
        break
      }
    }
    try file.commit()
  }
}
