import Foundation
import Testing

/// A web server on this machine for one file, which it gives out badly.
package final class ImageServer: @unchecked Sendable {
  package let port: UInt16
  private var bytes: [UInt8]
  private var tag: String?
  private var next: (bytes: [UInt8], tag: String?)?
  private let listener: Int32
  private let status: String?
  private var first: [String]
  private let hasRanges: Bool
  private let heedsConditions: Bool
  private let growth: Int
  private let lock = NSLock()
  private var most: Int
  private var stalls: Bool
  private var stallAfter: Int?
  private var starts: [Int] = []
  private var validators: [String] = []

  /// The first bytes that were asked for, request by request.
  package var requests: [Int] { lock.withLock { starts } }

  /// What each request's If-Range was.
  package var conditions: [String] { lock.withLock { validators } }

  /// Gives out another file from now on.
  package func give(_ bytes: [UInt8], tag: String?) {
    lock.withLock { (self.bytes, self.tag) = (bytes, tag) }
  }

  /// Gives out another file after the next answer.
  package func giveNext(_ bytes: [UInt8], tag: String?) { lock.withLock { next = (bytes, tag) } }

  /// Gives the first `most` bytes in the next answer, and then nothing until the other side gives up.
  package func stallNext(after most: Int) { lock.withLock { stallAfter = most } }

  /// Listens on a port of the system's choice. An answer ends after `most` bytes, which grow by
  /// `growth` from request to request; `status` is answered in place of the file, with further headers
  /// in further lines, or those of `first` one after the other before it. The file is given in parts
  /// where the server `hasRanges`; with `stallsOnce` the first answer stalls in place of ending; `tag` is
  /// the file's ETag, which an If-Range is compared with where the server `heedsConditions`.
  package init(
    _ bytes: [UInt8], most: Int = .max, growth: Int = 0, status: String? = nil,
    first: [String] = [], hasRanges: Bool = true, stallsOnce: Bool = false, tag: String? = nil,
    heedsConditions: Bool = true
  ) throws {
    self.bytes = bytes
    self.tag = tag
    self.most = most
    self.growth = growth
    self.heedsConditions = heedsConditions
    self.status = status
    self.first = first
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
    let lines = text.split(separator: "\r\n")
    let condition = lines.first { $0.lowercased().hasPrefix("if-range: ") }
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
    let asked = range.flatMap { Int($0.dropFirst(13).prefix { $0 != "-" }) } ?? 0
    let (limit, isStalling, status, bytes, tag) = lock.withLock {
      starts.append(asked)
      validators.append(condition.map { String($0.dropFirst(10)) } ?? "")
      defer {
        most += growth
        (stalls, stallAfter) = (false, nil)
        if let next { (self.bytes, self.tag, self.next) = (next.bytes, next.tag, nil) }
      }
      let status = first.isEmpty ? self.status : first.removeFirst()
      return (stallAfter ?? most, stalls || stallAfter != nil, status, self.bytes, self.tag)
    }
    if let status {
      // Said, since the connection ends here: a client that sends on would find it reset, or not.
      let head = "HTTP/1.1 \(status)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
      return send(head, connection)
    }
    let isSame = condition.map { !heedsConditions || $0.hasSuffix(tag ?? "") } ?? true
    let start = hasRanges && isSame ? min(asked, bytes.count) : 0
    var head = start > 0 ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n"
    head += "Content-Length: \(bytes.count - start)\r\nConnection: close\r\n"
    if start > 0 { head += "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)\r\n" }
    if let tag { head += "ETag: \(tag)\r\n" }
    send(head + "\r\n", connection)
    send(bytes[start..<min(bytes.count, start + min(limit, bytes.count))], connection)
    if isStalling { _ = read(connection, &room, 1) }  // until the other side gives up
  }

  private func send(_ text: String, _ connection: Int32) {
    send(Array(text.utf8)[...], connection)
  }

  private func send(_ bytes: ArraySlice<UInt8>, _ connection: Int32) {
    var rest = bytes
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
  }
}
