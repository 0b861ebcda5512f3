import Files
import Foundation
import ImageData
import Ranking
import Shards
import SystemPackage
import Terminal

/// The selected pictures, one for each row of a selection, in any order.
///
/// Where U can be read at random they are U's own. Where a shard is a compressed file, a pipe or a
/// server's, each such shard with selected pictures is read once, in order, and they are kept as plain
/// tar files in `2-ranking/gathered`; a later start goes on where this one was stopped.
public enum GatherSelection {
  /// What stands beside a gathered shard: of which selection it is.
  private struct Record: Codable, Equatable {
    var selection: String
    var count: Int
    var sha256: String
  }

  /// The pictures of a selection, in the order of its rows.
  /// - Throws: `PipelineError`, `ImageDataError.source` naming a shard that cannot be read.
  static func pictures(of selected: RunSelection, in run: Run) throws -> any ImageDataset {
    let (selection, sum) = (selected.selection, selected.sha256)
    let unlabelled = run.data.unlabelled
    guard !unlabelled.isRandomAccess else {
      return try IndexedSubset(unlabelled, indices: selection.images.map(unlabelled.index(of:)))
    }
    let folder = folder(of: sum, in: run)
    try RunDirectory.makeFolder("\(folder)/shards")
    // Of several processes one gathers; the others wait and find it done.
    let lock = try waitForLock("\(folder)/.lock", run.console)
    defer { close(lock) }
    let progress = run.console.progress("gather", total: selection.images.count)
    var row = 0
    while row < selection.images.count {
      let shard = selection.images[row].shard
      var end = row
      while end < selection.images.count, selection.images[end].shard == shard { end += 1 }
      try StopSignal.orStopped {
        try gather(row..<end, of: selection, sum, to: folder, in: run)
      }
      progress.advance(by: end - row)
      row = end
    }
    progress.finish()
    try buildIndex(
      of: "\(folder)/shards", in: "\(folder)/index", shouldStop: { StopSignal.isAsked })
    return try open("\(folder)/index", of: selection, in: run)
  }

  /// The pictures that were gathered of `selection` before; nil where they were not.
  static func kept(of selection: Selection, in run: Run) -> (any ImageDataset)? {
    guard let sum = try? Checksum.sha256(file: run.directory.selectionPath) else { return nil }
    let index = folder(of: sum, in: run) + "/index"
    guard IndexedCollection.exists(in: index) else { return nil }
    return try? open(index, of: selection, in: run)
  }

  /// Each selection has a folder of its own, so that no picture of another one is taken for its own.
  private static func folder(of sum: String, in run: Run) -> String {
    "\(run.directory.folder(of: .ranking))/gathered/\(sum.prefix(16))"
  }

  private static func waitForLock(_ path: String, _ console: Console) throws -> Int32 {
    let descriptor = FilePath(text: path).open(O_RDWR | O_CREAT, 0o644)
    guard descriptor >= 0 else { throw FileError("lock", path, code: errno) }
    var isTold = false
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK else {
        let code = errno
        close(descriptor)
        throw FileError("lock", path, code: code)
      }
      if !isTold {
        console.note("gather: waits for another process that gathers the same pictures (\(path))")
        isTold = true
      }
      try StopSignal.check()
      usleep(100_000)
    }
    return descriptor
  }

  private static func open(_ index: String, of selection: Selection, in run: Run) throws
    -> GatheredImages
  {
    let unlabelled = run.data.unlabelled
    return try GatheredImages(
      IndexedCollection(folder: index), count: selection.images.count,
      keys: { unlabelled.key(at: unlabelled.index(of: selection.images[$0])) })
  }

  private static func gather(
    _ rows: Range<Int>, of selection: Selection, _ sum: String, to folder: String, in run: Run
  ) throws {
    let unlabelled = run.data.unlabelled
    let name = unlabelled.shardName(Int(selection.images[rows.lowerBound].shard))
    let path = "\(folder)/shards/\(name).tar"
    if let record = try? JSON.read(Record.self, at: "\(folder)/\(name).json"),
      record.selection == sum, record.count == rows.count,
      (try? Checksum.sha256(file: path)) == record.sha256
    {
      return
    }
    let tar = try TarWriter(path: path)
    for row in rows {
      try StopSignal.check()
      do {
        let index = unlabelled.index(of: selection.images[row])
        let file = try unlabelled.read(at: index).asFile()
        try tar.append("\(Format.padded(row, digits: 9)).\(file.extension)", file.bytes)
      } catch ImageDataError.unreadable {
        continue  // it is missing in the tar, and so it will be in training
      }
    }
    try tar.finish()
    let record = Record(
      selection: sum, count: rows.count, sha256: try Checksum.sha256(file: path))
    try DurableFile.write(JSON.pretty(record), to: "\(folder)/\(name).json")
  }
}
