import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("SequentialShard")
struct SequentialShardTests {
  let folder: TemporaryFolder
  let tar = TarBuilder.shard(60, imageBytes: 3000)
  var options = IndexOptions(workers: 2)
  var index: String { folder.path + "/U.index" }

  init() throws {
    folder = try TemporaryFolder()
    options.patience.firstWait = 1
    options.commands = .all
  }

  private func open(_ text: String) throws -> IndexedCollection {
    try buildIndex(of: text, in: index, options: options)
    return try IndexedCollection(folder: index, patience: options.patience, commands: .all)
  }

  private func expectAll(_ ocean: IndexedCollection) throws {
    #expect(ocean.count == 60)
    for number in 0..<ocean.count {
      #expect(
        try ocean.read(at: number).bytes == Data(TarBuilder.picture(number, bytes: 3000)))
    }
  }

  /// The collection's pictures as four threads read them that take turns at what is next.
  private func readByFour(_ ocean: IndexedCollection) -> [Data?] {
    let lock = NSLock()
    nonisolated(unsafe) var next = 0
    nonisolated(unsafe) var found = [Data?](repeating: nil, count: ocean.count)
    let threads = DispatchGroup()
    let take: @Sendable () -> Int? = {
      lock.withLock {
        guard next < ocean.count else { return nil }
        defer { next += 1 }
        return next
      }
    }
    for _ in 0..<4 {
      threads.enter()
      Thread {
        while let number = take() {
          let data = (try? ocean.read(at: number))?.bytes
          lock.withLock { found[number] = data }
        }
        threads.leave()
      }.start()
    }
    threads.wait()
    return found
  }

  @Test("pictures of a few bytes come whole out of a compressed shard")
  func fewBytes() throws {
    var builder = TarBuilder()
    let pictures = (1...32).map { [UInt8](repeating: UInt8($0), count: $0) }
    for (number, picture) in pictures.enumerated() { builder.add("\(number).jpg", picture) }
    try folder.write(
      Data(Stored.gzip(builder.bytes + [UInt8](repeating: 0, count: 1024))), to: "few.tar.gz")
    let ocean = try open(folder.path + "/few.tar.gz")
    #expect(ocean.count == 32 && !ocean.isRandomAccess)
    for number in 0..<32 { #expect(try ocean.read(at: number).bytes == Data(pictures[number])) }
  }

  @Test(
    "four threads read what one reads: plain, gzip, Zstandard, a command's output",
    arguments: ["a.tar", "a.tar.gz", "a.tar.zst", "b.tgz", "pipe"])
  func concurrently(_ name: String) throws {
    var text = folder.path + "/" + name
    switch name {
    case "a.tar.gz": try folder.write(Data(Stored.gzip(tar)), to: name)
    case "a.tar.zst": try folder.write(Data(Stored.zstandard(tar)), to: name)
    case "b.tgz":
      // Two members, as parallel compressors write, and padding.
      let half = tar.count / 2
      let members = Stored.gzip(Array(tar[..<half])) + Stored.gzip(Array(tar[half...]))
      try folder.write(Data(members + [0, 0, 0]), to: name)
    case "pipe":
      text = "pipe:cat " + (try folder.write(Data(Stored.gzip(tar)), to: "c.tar.gz"))
    default: try folder.write(Data(tar), to: name)
    }
    let ocean = try open(text)
    #expect(ocean.isRandomAccess == (name == "a.tar"))
    let expected = (0..<60).map { Data(TarBuilder.picture($0, bytes: 3000)) }
    #expect(readByFour(ocean) == expected)
    try expectAll(ocean)
    #expect(try ocean.read(at: 59).bytes == expected[59] && ocean.read(at: 3).bytes == expected[3])
  }

  @Test("the stream is begun once for ascending readers, again for one who goes back too far")
  func openings() throws {
    let bytes = Stored.gzip(TarBuilder.shard(700, imageBytes: 20))
    let path = try folder.write(Data(bytes), to: "a.tar.gz")
    _ = try open(path)
    let shardIndex = try ShardIndex(path: index + "/a.index")
    let shard = SequentialShard(
      name: "a", location: ShardLocation(kind: .file, text: path), index: shardIndex,
      patience: options.patience)
    for number in [3, 1, 0, 9, 5, 8, 9] {
      #expect(try shard.read(number, key: "") == Data(TarBuilder.picture(number, bytes: 20)))
    }
    #expect(shard.openings == 1)
    _ = try shard.read(699, key: "")
    #expect(try shard.read(200, key: "") == Data(TarBuilder.picture(200, bytes: 20)))
    #expect(shard.openings == 1)  // 512 before the last are kept
    #expect(try shard.read(100, key: "") == Data(TarBuilder.picture(100, bytes: 20)))
    #expect(shard.openings == 2)
  }

  @Test("pictures that were asked for are given up first, and each kind by its own bound")
  func passed() {
    var passed = PassedImages(most: 5, mostAskedBytes: 20, mostUnaskedBytes: 30)
    let picture = Data(count: 10)
    for sample in 0..<3 { passed.keep(picture, of: sample, isAsked: false) }
    for sample in 10..<13 { passed.keep(picture, of: sample, isAsked: true) }
    #expect(passed.picture(of: 10) == nil && passed.picture(of: 12) == picture)
    #expect(passed.count == 5)
    #expect(passed.picture(of: 1) == picture)  // 11 goes, since 1 is asked for now
    #expect(passed.picture(of: 11) == nil && passed.picture(of: 1) == picture)
    passed.keep(picture, of: 3, isAsked: false)
    passed.keep(picture, of: 4, isAsked: false)  // 0 goes: the oldest of 0, 2, 3 and 4
    #expect(passed.picture(of: 0) == nil && passed.picture(of: 2) == picture)
    passed.keep(Data(count: 1000), of: 5, isAsked: false)
    #expect(passed.picture(of: 5)?.count == 1000 && passed.picture(of: 4) == nil)
  }

  @Test("threads that take runs of large pictures begin the stream once")
  func runs() throws {
    let bytes = Stored.gzip(TarBuilder.shard(64, imageBytes: 200_000))
    let path = try folder.write(Data(bytes), to: "a.tar.gz")
    _ = try open(path)
    let shard = SequentialShard(
      name: "a", location: ShardLocation(kind: .file, text: path),
      index: try ShardIndex(path: index + "/a.index"), patience: options.patience)
    for row in 0..<16 {
      for thread in 0..<4 {
        let number = 16 * thread + row
        #expect(try shard.read(number, key: "").count == 200_000 + number % 7)
      }
    }
    #expect(shard.openings == 1)
  }

  @Test("what gzip and zstd write is read, and known by its bytes whatever it is called")
  func realCompressors() throws {
    try folder.write(Data(tar), to: "a.tar")
    for (program, ending) in [("gzip", "gz"), ("zstd", "zst")] {
      let path = ["/usr/bin/", "/bin/"].map { $0 + program }.first {
        FileManager.default.isExecutableFile(atPath: $0)
      }
      guard let path else { continue }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "\(path) -c < a.tar > \(ending).tar"]
      process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
      try process.run()
      process.waitUntilExit()
      let ocean = try open(folder.path + "/\(ending).tar")
      #expect(!ocean.isRandomAccess)
      try expectAll(ocean)
    }
  }

  @Test("a compressed shard cut at any byte, or broken, gives whole pictures and one problem")
  func cut() throws {
    let small = TarBuilder.shard(3, imageBytes: 600)
    for (name, bytes) in [("gz", Stored.gzip(small)), ("zst", Stored.zstandard(small))] {
      for count in stride(from: 5, to: bytes.count, by: 7) {
        let cut = Array(bytes.prefix(count))
        for stream in [cut, cut + [UInt8](repeating: 0xFF, count: 9)] {
          var samples = 0
          var problems = 0
          let inflated = try InflatedStream(
            BytesStream(stream), format: name == "gz" ? .gzip : .zstandard)
          let ending = try WebDatasetSamples.read(
            TarReader(inflated),
            found: { sample in
              samples += 1
              #expect(sample.offset + sample.length <= count)
            }, missed: { _, _ in problems += 1 })
          if let early = ending.early {
            #expect(early.end != nil && (stream != cut || problems == 0))
            if stream == cut {
              #expect(early.end == EarlyEnd(kind: .cut, byte: count) && !early.isOfArchive)
            }
          } else {
            let failure = #expect(throws: StreamFailure.self) { try inflated.finish() }
            #expect(stream != cut || failure?.end == EarlyEnd(kind: .cut, byte: count))
          }
          #expect(samples <= 3)
        }
      }
    }
  }

  @Test("a command that dies half-way is an error of its shard with command, status and bytes")
  func deadCommand() throws {
    let path = try folder.write(Data(tar), to: "a.tar")
    func message(_ command: String) -> String {
      do {
        _ = try open("pipe:\(command)")
        return "none"
      } catch {
        return "\(error)".replacingOccurrences(of: folder.path, with: "")
      }
    }
    #expect(
      message("head -c 100000 \(path); exit 3")
        == "shard a: the command head -c 100000 /a.tar; exit 3 ended with exit status 3 "
        + "after 100000 bytes")
    #expect(
      message("head -c 100000 \(path)").hasPrefix(
        "shard a: pipe:head -c 100000 /a.tar ended early: the archive ends within its data"))
    let killed = message("cat \(path); kill -9 $$")
    #expect(killed.hasSuffix("ended with signal 9 after \(tar.count) bytes"))
    let missing = message("halcyon-no-such-program 2>/dev/null")
    #expect(missing.contains("exit status 127 after 0 bytes"))
    #expect(message("cat \(path) \(path)").contains("another archive follows the end"))
  }

  @Test("a command that fails twice and then works is no error")
  func flakyCommand() throws {
    let path = try folder.write(Data(tar), to: "a.tar")
    let command = """
      if [ -e \(folder.path)/2 ]; then cat \(path); \
      elif [ -e \(folder.path)/1 ]; then touch \(folder.path)/2; exit 1; \
      else touch \(folder.path)/1; head -c 50000 \(path); exit 1; fi
      """
    let ocean = try open("pipe:" + command)
    try expectAll(ocean)
    // Later it dies half-way: read again from the start, then an error that names it.
    try FileManager.default.removeItem(atPath: path)
    let error = #expect(throws: ImageDataError.self) {
      try IndexedCollection(folder: index, patience: options.patience, commands: .all).read(at: 0)
    }
    #expect(error?.description.contains("ended with exit status 1 after 0 bytes") == true)
  }

  @Test("a command that gives another archive than before is an error, until all is read again")
  func changedOutput() throws {
    let path = try folder.write(Data(tar), to: "a.tar")
    let ocean = try open("pipe:cat \(path)")
    _ = try ocean.read(at: 0)
    try folder.write(Data(TarBuilder.shard(60, first: 3, imageBytes: 2000)), to: "a.tar")
    let error = #expect(throws: ImageDataError.self) {
      try IndexedCollection(folder: index, patience: options.patience, commands: .all).read(at: 30)
    }
    #expect(error?.description.contains("is not what it was when it was indexed") == true)
    #expect(try buildIndex(of: "pipe:cat \(path)", in: index, options: options).reusedShards == 1)
    var again = options
    again.readsAll = true
    let summary = try buildIndex(of: "pipe:cat \(path)", in: index, options: again)
    #expect(summary.reusedShards == 0)
    #expect(
      try IndexedCollection(folder: index, commands: .all).read(at: 30).bytes
        == Data(TarBuilder.picture(33, bytes: 2000)))
  }

  @Test("a name of a list reaches the command in $SHARD only, and no child is left behind")
  func variables() throws {
    try folder.write(Data(tar), to: "odd 'name'; exit 9.tar")
    try folder.write(
      "pipe:cat \(folder.path)/\"$SHARD\"\nodd 'name'; exit 9.tar\n", to: "names.txt")
    let ocean = try open(folder.path + "/names.txt")
    #expect(ocean.key(at: 0) == "odd 'name'; exit 9/s0")
    try expectAll(ocean)
    // A command that would never end is ended with its reader.
    let stream = try CommandStream("echo $$; exec yes")
    var room = [UInt8](repeating: 0, count: 100)
    let count = try room.withUnsafeMutableBytes { try stream.read(into: $0) }
    let line = String(decoding: room.prefix(count), as: UTF8.self).split(separator: "\n")[0]
    let identifier = try #require(pid_t(line))
    #expect(kill(identifier, 0) == 0)
    stream.close()
    #expect(kill(identifier, 0) != 0)
  }
}
