import Files
import Foundation
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

  /// Lists what was passed over in `problems.csv`, unless it does already: shard, key, reason; without a
  /// key where the whole shard is missing.
  /// - Throws: `FileError`, or `ImageDataError` when a shard's index is damaged.
  func writeProblems(of rows: [Catalogue.Row], missing: FailedShards) throws {
    let target = FilePath(text: path).joined("problems.csv").text
    if let file = try? MappedFile(path: target) {
      var rest = file.bytes[...]
      let isSame = try listProblems(of: rows, missing: missing) { part in
        guard rest.starts(with: part) else { return false }
        rest = rest.dropFirst(part.count)
        return true
      }
      if isSame, rest.isEmpty { return }
    }
    if let lockFailure { throw lockFailure }
    let file = try DurableFile(path: target)
    _ = try listProblems(of: rows, missing: missing) { part in
      try file.write(Data(part))
      return true
    }
    try file.commit()
  }

  /// Gives the parts of `problems.csv` one after the other to `take`, until it returns false; returns
  /// whether it took all. They may be too many to have them all in memory.
  private func listProblems(
    of table: [Catalogue.Row], missing: FailedShards, _ take: ([UInt8]) throws -> Bool
  ) throws -> Bool {
    var rows = CSVRows()
    rows.append(["shard", "key", "reason"])
    for failure in missing.failures { rows.append([failure.shard.name, "", failure.reason]) }
    guard try take(rows.bytes) else { return false }
    var lines = 0
    for row in table where row.problems > 0 {
      let index = try ShardIndex(path: Self.path(ofShard: row.name, in: path))
      rows.removeAll()
      for problem in try index.problems() {
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
