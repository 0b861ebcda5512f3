import CCurl

/// What fetches shards from web servers.
package enum WebClient {
  /// libcurl's version, and that of its TLS library.
  package static var version: String {
    ([String(cString: ccurl_version())] + (tlsVersion.map { [$0] } ?? [])).joined(separator: ", ")
  }

  /// Whether it fetches https addresses.
  package static var hasTLS: Bool { tlsVersion != nil }

  private static var tlsVersion: String? { ccurl_tls_version().map { String(cString: $0) } }
}
