import Files
import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("UnwritableIndex")
struct UnwritableIndexTests {
  let folder: TemporaryFolder
  var index: String { folder.path + "/U.index" }
  var shards: String { folder.path + "/shards" }

  init() throws {
    folder = try TemporaryFolder()
    for shard in 0..<2 {
      let tar = TarBuilder.shard(5, first: 5 * shard)
      try folder.write(Data(tar.dropLast(shard * 2000)), to: "shards/\(shard).tar")
    }
  }

  /// What `body` returns on a thread that may write nobody's files, which root otherwise may.
  private func unprivileged<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) throws -> Result {
    // Foundation does not import it.
    let address = try #require(dlsym(dlopen(nil, RTLD_NOW), "setfsuid"))
    let setFileUser = unsafeBitCast(address, to: (@convention(c) (uid_t) -> Int32).self)
    nonisolated(unsafe) var result: Swift.Result<Result, any Error>?
    let done = DispatchSemaphore(value: 0)
    Thread {
      _ = setFileUser(65534)
      result = Swift.Result { try body() }
      done.signal()
    }.start()
    done.wait()
    return try #require(result).get()
  }

  /// Sets the permissions of the index's folder and of all that is in it.
  private func setMode(_ mode: mode_t) throws {
    #expect(chmod(index, mode | 0o111) == 0)
    for name in try FileManager.default.contentsOfDirectory(atPath: index) {
      #expect(chmod(index + "/" + name, mode) == 0)
    }
  }

  private func inodes() throws -> [String: UInt64] {
    var inodes: [String: UInt64] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: index) {
      var status = stat()
      #expect(stat(index + "/" + name, &status) == 0)
      inodes[name] = UInt64(status.st_ino)
    }
    return inodes
  }

  @Test("where nothing has changed no file is written; where something has, only what differs")
  func unchanged() throws {
    let options = IndexOptions(workers: 1)
    #expect(try buildIndex(of: shards, in: index, options: options).cutShards.count == 1)
    let before = try inodes()
    #expect(try buildIndex(of: shards, in: index, options: options).reusedShards == 2)
    #expect(try inodes() == before)
    try folder.write(Data(TarBuilder.shard(6)), to: "shards/0.tar")
    try buildIndex(of: shards, in: index, options: options)
    let after = try inodes()
    #expect(Set(after.keys.filter { after[$0] != before[$0] }) == ["0.index", "catalogue.bin"])
    // A problem more, one that is longer, none at all.
    let problems = index + "/problems.csv"
    let text = try String(contentsOfFile: problems, encoding: .utf8)
    for other in ["", text + "x", String(text.dropLast()), text.replacing("1,", with: "2,")] {
      try folder.write(other, to: "U.index/problems.csv")
      try buildIndex(of: shards, in: index, options: options)
      #expect(try String(contentsOfFile: problems, encoding: .utf8) == text)
    }
  }

  @Test("a whole index in a folder that cannot be written serves; to change it is an error")
  func readOnly() throws {
    let (shards, index) = (shards, index)
    try buildIndex(of: shards, in: index)
    try setMode(0o444)
    defer { try? setMode(0o755) }
    let summary = try unprivileged { try buildIndex(of: shards, in: index) }
    #expect(summary.reusedShards == 2 && summary.cutShards.count == 1)
    try folder.write(Data(TarBuilder.shard(6)), to: "shards/0.tar")
    let error = #expect(throws: FileError.self) {
      try unprivileged { try buildIndex(of: shards, in: index) }
    }
    #expect(error?.description == "cannot lock \(index)/.indexing: Permission denied")
  }

  @Test("an index that is not whole, and a folder that cannot be made, say what the system says")
  func refused() throws {
    let (shards, index) = (shards, index)
    try buildIndex(of: shards, in: index)
    try FileManager.default.removeItem(atPath: index + "/catalogue.bin")
    try setMode(0o444)
    defer { try? setMode(0o755) }
    let error = #expect(throws: FileError.self) {
      try unprivileged { try buildIndex(of: shards, in: index) }
    }
    #expect(error?.description == "cannot lock \(index)/.indexing: Permission denied")
    let denied = #expect(throws: ImageDataError.self) {
      try unprivileged { try buildIndex(of: shards, in: index + "/new/deep") }
    }
    #expect(
      denied?.description == "cannot open data set \(index)/new/deep: "
        + "cannot make this folder for the index: Permission denied")
    let file = try folder.write("a file", to: "file")
    let beneath = #expect(throws: ImageDataError.self) {
      try buildIndex(of: shards, in: file + "/new")
    }
    #expect(beneath?.description.hasSuffix("for the index: Not a directory") == true)
    try buildIndex(of: shards, in: folder.path + "/new/deep")
  }
}
