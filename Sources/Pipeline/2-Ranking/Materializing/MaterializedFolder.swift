import Files
import Foundation
import SystemPackage

/// The folder of materialized shards: which are done, and that nothing else lies there.
///
/// | file | what |
/// |---|---|
/// | `selection.json` | of which selection the shards are; written before the first |
/// | `classes.txt` | the class names in the order of their labels |
/// | `NNNNN.tar` | a shard |
/// | `NNNNN.json` | what it holds (`MaterializeSelection.Record`); written after it |
struct MaterializedFolder {
  /// Of which selection the shards are, and how it was cut.
  struct Origin: Codable, Equatable {
    var selection: String
    var seed: Int
    var samplesPerShard: Int

    enum CodingKeys: String, CodingKey {
      case selection = "selection_sha256"
      case seed
      case samplesPerShard = "samples_per_shard"
    }
  }

  let path: String
  private let plan: MaterializationPlan
  /// What was not there before.
  private let made: NewFolders
  private static let originName = "selection.json"

  /// Takes a folder that is empty, or that holds these shards and nothing else, whole or in parts.
  /// - Throws: `PipelineError.usage` naming what else is in it, `FileError`.
  init(_ path: String, for plan: MaterializationPlan, classNames: [String]) throws {
    self.path = path
    self.plan = plan
    made = NewFolders(to: path)
    try RunDirectory.makeFolder(path)
    let classes = Data(classNames.map { "\($0)\n" }.joined().utf8)
    // The names first: whoever made a shard that is among them had written the origin before it.
    let names = try FilePath(text: path).names().sorted()
    let origin = try? FilePath(text: "\(path)/\(Self.originName)").contents()
    if let origin {
      guard let found = try? JSON.read(Origin.self, from: origin) else {
        throw foreign(Self.originName)
      }
      guard found == plan.origin else { throw other }
    }
    for name in names where !(try isOurs(name, isBegun: origin != nil, classes: classes)) {
      throw foreign(name)
    }
    DurableFile.removeTorn(in: path)
    if origin == nil {
      try DurableFile.write(JSON.pretty(plan.origin), to: "\(path)/\(Self.originName)")
    }
    if !names.contains("classes.txt") {
      try DurableFile.write(classes, to: "\(path)/classes.txt")
    }
  }

  /// Whether the shard is there and whole.
  func isDone(_ shard: Int) -> Bool {
    let name = plan.name(of: shard)
    guard let record = record(name) else { return false }
    return (try? Checksum.sha256(file: "\(path)/\(name).tar")) == record.sha256
  }

  /// Takes away what was made for shards of which none was written, where the folder was not there.
  func withdraw() {
    guard made.areAny, let names = try? FilePath(text: path).names(),
      names.allSatisfy({ [Self.originName, "classes.txt"].contains($0) })
    else { return }
    for name in names { FilePath(text: "\(path)/\(name)").unlink() }
    made.removeEmpty()
  }

  // MARK: - What lies there

  private func record(_ shard: String) -> MaterializeSelection.Record? {
    try? JSON.read(MaterializeSelection.Record.self, at: "\(path)/\(shard).json")
  }

  /// - Throws: `PipelineError.usage` when the file is of another selection.
  private func isOurs(_ file: String, isBegun: Bool, classes: Data) throws -> Bool {
    // What a killed process left half-written has the name of what it was to be.
    let name = file.wholeMatch(of: /(.+)\.tmp-[0-9]+-[0-9]+/).map { String($0.1) } ?? file
    if name == Self.originName { return true }
    if name == "classes.txt" {
      return name != file || (try? FilePath(text: "\(path)/\(file)").contents()) == classes
    }
    guard let match = name.wholeMatch(of: /([0-9]{5,})\.(tar|json)/), let shard = Int(match.1),
      plan.name(of: shard) == match.1
    else { return false }
    if name != file { return true }
    if let record = record(String(match.1)) {
      let found = Origin(
        selection: record.selection, seed: record.seed, samplesPerShard: record.samplesPerShard)
      guard found == plan.origin else { throw other }
      return true
    }
    guard isBegun, shard < plan.shardCount else { return false }
    return match.2 == "json" || begins(shard)
  }

  /// Whether a tar without a record is what a process left that was stopped between the two: its first
  /// sample is one of the shard's.
  private func begins(_ shard: Int) -> Bool {
    guard let file = FileHandle(forReadingAtPath: "\(path)/\(plan.name(of: shard)).tar") else {
      return false
    }
    defer { try? file.close() }
    let name = ((try? file.read(upToCount: 100)) ?? Data()).prefix { $0 != 0 }
    // Nothing is lost with an empty one.
    guard !name.isEmpty else { return true }
    let stem = String(decoding: name.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
    return plan.places(of: shard).contains { plan.sampleName(ofRow: plan.row(at: $0)) == stem }
  }

  // MARK: - Refusals

  private var other: PipelineError {
    .usage(
      "\(path) holds another selection, or one in shards of another size; give --to another "
        + "folder, or move this one elsewhere")
  }

  private func foreign(_ name: String) -> PipelineError {
    .usage(
      "\(path) holds \(name), which is no shard of this selection; name an empty folder, so that "
        + "nothing of yours is replaced")
  }
}
