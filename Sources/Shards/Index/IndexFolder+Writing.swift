import Files
import Foundation
import ImageData
import SystemPackage

extension IndexFolder {
  /// Writes `bytes` to the file `name`, unless they are what it has.
  /// - Throws: `FileError`.
  func write(_ bytes: [UInt8], to name: String) throws {
    let target = FilePath(text: path).joined(name).text
    if let file = try? MappedFile(path: target), file.bytes.elementsEqual(bytes) { return }
    if let lockFailure { throw lockFailure }
    try DurableFile.write(Data(bytes), to: target)
  }

  /// What shards' indexes say beside their samples.
  struct Noted {
    /// Members that are neither pictures nor read beside them.
    var others = PassedOver()
    /// Pictures of kinds that are not read, as far as problems are listed.
    var unread = PassedOver()
    var cutShards = CutShards()
    /// The first thing that was passed over: "00003: 7.jpg: it is a link, which is not followed".
    var firstProblem: String?
  }

  /// Lists what was passed over in `problems.csv`, unless it does already: shard, key, reason; without a
  /// key where the whole shard is missing or cut short. `files`, what is no picture in a folder of them, is
  /// one line.
  /// - Returns: What the shards' indexes say beside their samples.
  /// - Throws: `FileError`, or `ImageDataError` when a shard's index is damaged.
  func writeProblems(
    of rows: [Catalogue.Row], missing: FailedShards, _ files: PassedOver
  ) throws -> Noted {
    var noted = Noted()
    let target = FilePath(text: path).joined("problems.csv").text
    if let file = try? MappedFile(path: target) {
      var rest = file.bytes[...]
      let isSame = try listProblems(of: rows, missing: missing, files, &noted) { part in
        guard rest.starts(with: part) else { return false }
        rest = rest.dropFirst(part.count)
        return true
      }
      if isSame, rest.isEmpty { return noted }
    }
    if let lockFailure { throw lockFailure }
    let file = try DurableFile(path: target)
    noted = Noted()
    _ = try listProblems(of: rows, missing: missing, files, &noted) { part in
      try file.write(Data(part))
      return true
    }
    try file.commit()
    return noted
  }

  /// Gives the parts of `problems.csv` one after the other to `take`, until it returns false; returns
  /// whether it took all. They may be too many to have them all in memory.
  private func listProblems(
    of table: [Catalogue.Row], missing: FailedShards, _ files: PassedOver,
    _ noted: inout Noted, _ take: ([UInt8]) throws -> Bool
  ) throws -> Bool {
    var rows = CSVRows()
    rows.append(["shard", "key", "reason"])
    if let line = files.line(in: "the folder") { rows.append(["", "", line]) }
    for failure in missing.failures { rows.append([failure.shard.name, "", failure.reason]) }
    guard try take(rows.bytes) else { return false }
    var lines = 0
    for row in table where row.problems > 0 || row.isCutShort || row.hasOthers {
      let index = try ShardIndex(path: Self.path(ofShard: row.name, in: path))
      rows.removeAll()
      let notes = try index.notes()
      if let end = notes.end {
        let cut = CutShard(row.location, end, pictures: row.samples)
        noted.cutShards.add(cut)
        rows.append([row.name, "", "it \(cut.reason)"])
        lines += 1
      }
      if !notes.others.isEmpty {
        noted.others.add(notes.others)
        rows.append([row.name, "", notes.others.line(in: "it") ?? ""])
        lines += 1
      }
      for problem in try index.problems() {
        if problem.reason == WebDatasetSamples.unreadKind {
          noted.unread.add(file: Array(problem.key.utf8))
        }
        if noted.firstProblem == nil {
          noted.firstProblem = [row.name, problem.key, problem.reason].filter { !$0.isEmpty }
            .joined(separator: ": ")
        }
        rows.append([row.name, problem.key, problem.reason])
        lines += 1
      }
      let listed = ShardIndexLayout.mostListedProblems
      if row.problems > listed {
        rows.append([row.name, "", "and \(row.problems - listed) more"])
      }
      guard try take(rows.bytes) else { return false }
      if lines >= 1_000_000 {
        rows.removeAll()
        rows.append(["", "", "the problems of further shards are not listed"])
        return try take(rows.bytes)
      }
    }
    return true
  }
}
