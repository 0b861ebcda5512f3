import Foundation
import Testing

@testable import ImageData

@Suite("FetchedStream")
struct FetchedStreamTests {
  let folder: TemporaryFolder
  let tar = TarBuilder.shard(40, pictureBytes: 3000)
  var options = IndexOptions(workers: 2)

  init() throws {
    folder = try TemporaryFolder()
    options.patience = FetchedStream.Patience(attempts: 3, firstWait: 1, stallSeconds: 1)
  }

  private func keysAndPictures(_ server: PictureServer) throws -> IndexedCollection {
    let index = folder.path + "/\(UUID().uuidString)"
    try buildIndex(of: "http://127.0.0.1:\(server.port)/a.tar", in: index, options: options)
    return try IndexedCollection(folder: index, patience: options.patience)
  }

  private func expectAll(_ ocean: IndexedCollection) throws {
    #expect(ocean.count == 40 && !ocean.isRandomAccess && ocean.key(at: 1) == "a/s1")
    for number in 0..<40 {
      #expect(
        try ocean.read(at: number).bytes == Data(TarBuilder.picture(number, bytes: 3000)))
    }
  }

  @Test("a server that breaks off is asked for the rest, from the byte where it stopped")
  func resumes() throws {
    let server = try PictureServer(tar, most: 30_000)
    try expectAll(try keysAndPictures(server))
    // 40 samples of 8 or 9 blocks: more than five answers of 30,000 bytes, twice.
    #expect(server.requests.filter { $0 > 0 }.count >= 10)
    #expect(server.requests.prefix(3) == [0, 30_000, 60_000])
  }

  @Test("without ranges it is read from the start once more, and what is known is passed over")
  func withoutRanges() throws {
    let server = try PictureServer(tar, most: 100_000, growth: 50_000, hasRanges: false)
    try expectAll(try keysAndPictures(server))
  }

  @Test("a stall is an end of the connection: the rest is asked for")
  func stalls() throws {
    let server = try PictureServer(tar, most: 900, growth: 1_000_000, stallsOnce: true)
    try expectAll(try keysAndPictures(server))
  }

  @Test("a server that gives nothing, or refuses, is an error of the shard that says what happened")
  func fails() throws {
    let broken = try PictureServer(tar, most: 0)
    let error = #expect(throws: ImageDataError.self) { try keysAndPictures(broken) }
    #expect(error?.description.contains("after 0 bytes and 3 attempts in a row") == true)
    #expect(error?.description.hasPrefix("shard a: cannot fetch http://127.0.0.1:") == true)
    let refusing = try PictureServer(tar, status: "404 Not Found")
    let refused = #expect(throws: ImageDataError.self) { try keysAndPictures(refusing) }
    #expect(refused?.description.contains("404") == true && refusing.requests.count == 1)
    let busy = try PictureServer(tar, status: "503 Busy")
    #expect(throws: ImageDataError.self) { try keysAndPictures(busy) }
    #expect(busy.requests.count == 3)
  }
}

/// A web server on this machine for one file, which it gives out badly.
private final class PictureServer: @unchecked Sendable {
  let port: UInt16
  private let bytes: [UInt8]
  private let listener: Int32
  private let status: String?
  private let hasRanges: Bool
  private let growth: Int
  private let lock = NSLock()
  private var most: Int
  private var stalls: Bool
  private var starts: [Int] = []

  /// The first bytes that were asked for, request by request.
  var requests: [Int] { lock.withLock { starts } }

  /// Listens on a port of the system's choice. An answer ends after `most` bytes, which grow by
  /// `growth` from request to request; `status` is answered in place of the file, which is given in
  /// parts where it `hasRanges`; with `stallsOnce` the first answer stalls in place of ending.
  init(
    _ bytes: [UInt8], most: Int = .max, growth: Int = 0, status: String? = nil,
    hasRanges: Bool = true, stallsOnce: Bool = false
  ) throws {
    self.bytes = bytes
    self.most = most
    self.growth = growth
    self.status = status
    self.hasRanges = hasRanges
    stalls = stallsOnce
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    try #require(isListening)
    Thread { [weak self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        guard let server = self else { return }
        Thread {
          server.answer(connection)
          close(connection)
        }.start()
      }
    }.start()
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func answer(_ connection: Int32) {
    var request: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
      let got = read(connection, &room, room.count)
      guard got > 0 else { return }
      request += room.prefix(got)
    }
    let text = String(decoding: request, as: UTF8.self)
    let range = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("range: bytes=") }
    let asked = range.flatMap { Int($0.dropFirst(13).prefix { $0 != "-" }) } ?? 0
    let (limit, isStalling) = lock.withLock {
      starts.append(asked)
      defer {
        most += growth
        stalls = false
      }
      return (most, stalls)
    }
    if let status { return send("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n", connection) }
    let start = hasRanges ? min(asked, bytes.count) : 0
    var head = start > 0 ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n"
    head += "Content-Length: \(bytes.count - start)\r\nConnection: close\r\n"
    if start > 0 { head += "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)\r\n" }
    send(head + "\r\n", connection)
    send(Array(bytes[start..<min(bytes.count, start + min(limit, bytes.count))]), connection)
    if isStalling { _ = read(connection, &room, 1) }  // until the other side gives up
  }

  private func send(_ text: String, _ connection: Int32) { send(Array(text.utf8), connection) }

  private func send(_ bytes: [UInt8], _ connection: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
  }
}
