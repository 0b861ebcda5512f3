import Files
import Foundation
import SystemPackage
import Terminal

/// The folder of a transfer, which one process has at a time.
final class TransferFolder {
  let path: String
  private var lock: RunLock?

  /// Looks at the folder; nothing is written.
  /// - Throws: `PipelineError.usage` where something else is in it.
  init(_ path: String) throws {
    self.path = FilePath(text: path).text
    let place = FilePath(text: path)
    guard !place.exists || place.isFolder else {
      throw PipelineError.usage("\(path) is a file; give --out a folder")
    }
    let names = (try? place.names()) ?? []
    guard !names.contains(TransferRecord.name) else { return }
    let isOurs: (String) -> Bool = {
      $0 == ".lock" || $0.hasPrefix("index-") || $0.contains(".tmp-")
    }
    if let other = names.filter({ !isOurs($0) }).min() {
      throw PipelineError.usage(
        "\(path) holds \(other) and no \(TransferRecord.name), so no transfer was begun in it; give --out an "
          + "empty folder, so that nothing of yours is replaced")
    }
  }

  /// Makes the folder and takes it.
  /// - Throws: `PipelineError.io` naming the process that has it; `FileError`.
  func take() throws {
    guard lock == nil else { return }
    try RunDirectory.makeFolder(path)
    lock = try RunLock(path: "\(path)/.lock", of: path)
  }

  /// Refuses what was made otherwise, or with `redoing` removes it, and writes what it is made by now.
  /// - Throws: `PipelineError.usage` saying what differs; `FileError`.
  func settle(_ record: TransferRecord, redoing: Bool, _ console: Console) throws {
    if let earlier = try TransferRecord.read(in: path) {
      let differences = record.differences(from: earlier)
      guard !differences.isEmpty else { return }
      guard redoing else {
        throw PipelineError.usage(
          "\(path) was made otherwise; what differs: \(differences.joined(separator: ", ")); give --out a new "
            + "folder, or --redo to do it again")
      }
      let made = [
        "results.json", "README.md", "config.json", "model.safetensors", "model.py",
        "evaluation-test.json", "bad-samples.csv", "trials", "final", "refused", "log.jsonl",
        "features", "features-test",
      ].filter { FilePath(text: "\(path)/\($0)").exists }
      for name in made { try FilePath(text: "\(path)/\(name)").remove() }
      if !made.isEmpty {
        console.say("removed, to be made again: \(made.joined(separator: ", "))")
      }
    }
    try record.write(to: path)
  }
}
