import Foundation

/// A network interface of this machine, over which its processes talk to each other.
public struct Interface: Equatable, Sendable {
  /// Its name: `lo`, `eth0`.
  public let name: String
  /// Its IPv4 address.
  public let address: String

  /// The interface that is called so or has that address.
  /// - Throws: `LaunchError.usage` naming those that there are.
  public init(_ wanted: String) throws {
    let all = Self.all()
    guard let found = all.first(where: { $0.name == wanted || $0.address == wanted }) else {
      let names = all.map { "\($0.name) (\($0.address))" }.joined(separator: ", ")
      throw LaunchError.usage(
        "--interface \(wanted): this machine has no such interface with an IPv4 address; it has \(names)"
      )
    }
    self = found
  }

  private init(name: String, address: String) {
    self.name = name
    self.address = address
  }

  /// All that have an IPv4 address.
  public static func all() -> [Interface] {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return [] }
    defer { freeifaddrs(first) }
    var found: [Interface] = []
    var next = first
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard let address = entry.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET) else {
        continue
      }
      var text = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
      let isText = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { inet in
        inet_ntop(AF_INET, &inet.pointee.sin_addr, &text, socklen_t(text.count)) != nil
      }
      guard isText else { continue }
      let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      found.append(
        Interface(
          name: String(cString: entry.ifa_name), address: String(decoding: bytes, as: UTF8.self)))
    }
    return found
  }

  /// A port of this interface that nobody listens on.
  /// - Throws: `LaunchError.system`.
  public func freePort() throws -> Int { try port(0) }

  /// Makes sure that nobody listens on `port` of this interface.
  /// - Throws: `LaunchError.system` where somebody does.
  public func requireFree(_ port: Int) throws { _ = try self.port(port) }

  private func port(_ wanted: Int) throws -> Int {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw LaunchError.system("cannot make a socket", code: errno) }
    defer { close(listener) }
    // As the store does, so that a port whose last connections are still being closed counts as free.
    var isReused: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = in_port_t(wanted).bigEndian
    inet_pton(AF_INET, address, &place.sin_addr)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &place) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place -> Int32 in
        guard bind(listener, place, size) == 0, listen(listener, 1) == 0,
          getsockname(listener, place, &size) == 0
        else { return errno }
        return 0
      }
    }
    guard code == 0 else {
      let what =
        wanted == 0 ? "cannot find a free port of \(name)" : "cannot use port \(wanted) of \(name)"
      throw LaunchError.system("\(what) (\(address))", code: code)
    }
    return Int(in_port_t(bigEndian: place.sin_port))
  }
}
