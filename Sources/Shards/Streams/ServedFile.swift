import Files
import Foundation

/// What a server says about a file, as far as it tells whether the file is still the same: RFC 9110,
/// sections 8.6, 8.8 and 14.4.
struct ServedFile: Equatable {
  /// The whole file's bytes.
  var size: Int?
  /// Its strong ETag with the quotes; a weak one says too little.
  var tag: String?
  /// When it last changed, in the server's words.
  var modified: String?

  /// Takes it from the headers of answers, of which the last one counts: those before it redirect.
  init(headers: String) {
    var isPartial = false
    var length: Int?
    // A line ends in CR LF, which is one Character to Swift.
    for line in headers.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("HTTP/") {
        self = ServedFile()
        length = nil
        isPartial = line.split(separator: " ").dropFirst().first == "206"
        continue
      }
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      switch line[..<colon].lowercased() {
      case "content-length": length = Int(value)
      case "content-range":
        size = value.split(separator: "/", maxSplits: 1).last.flatMap { Int($0) }
      case "etag" where value.hasPrefix("\"") && value.count > 2: tag = value
      case "last-modified" where !value.isEmpty: modified = value
      default: break
      }
    }
    if !isPartial { size = length }
    if size ?? 0 < 0 { size = nil }
  }

  init() {}

  /// What a request for the rest names, so that it gives the whole of a file that has changed.
  var validator: String? { tag ?? modified }

  /// Whether `other` is another file, as far as both are known.
  func differs(from other: ServedFile) -> Bool {
    if let size, let known = other.size, size != known { return true }
    if let tag, let known = other.tag { return tag != known }
    if let modified, let known = other.modified { return modified != known }
    return false
  }

  /// What an index notes about it.
  var state: SourceState {
    var state = SourceState()
    state.size = size ?? -1
    guard let validator else { return state }
    let hash = Array(validator.utf8).withUnsafeBytes { XXHash64.hash($0) }
    state.changed = Int(hash >> 1) | 1  // never 0, which stands for an unknown one
    return state
  }
}
