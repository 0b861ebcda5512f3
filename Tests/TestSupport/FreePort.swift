package import Foundation

/// A TCP port of the loopback that nobody has at the moment.
package enum FreePort {
  package struct Missing: Error {}

  /// One that the system names.
  package static func find() throws -> Int {
    try hold { $0 }
  }

  /// Listens on one as long as `body` runs, and hands it over.
  package static func hold<Result>(_ body: (Int) throws -> Result) throws -> Result {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = try withUnsafeMutablePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard bind(descriptor, address, length) == 0, listen(descriptor, 8) == 0,
          getsockname(descriptor, address, &length) == 0
        else { throw Missing() }
        return pointer.pointee.sin_port
      }
    }
    return try body(Int(UInt16(bigEndian: port)))
  }
}
