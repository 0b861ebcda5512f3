import Files
import ImageData

/// What the members of a cache's shard are called: as the samples of U are, so that other programs know
/// them by the keys that they know already.
///
/// The key `00007/000123` of shard `00007` is the member `000123`, which has that key for whoever reads the
/// cache as shards; the file `cats/1.png` is `cats/1`. WebDataset takes what follows the first dot for the
/// kind, so further dots become underscores; a name that is taken gets a number, as `UniqueKeys` has it.
struct CacheNames {
  private let prefix: String
  private var unique = UniqueKeys()

  /// Names for the members of the shard `name`.
  init(shard name: String) { prefix = name + "/" }

  /// The name without its ending of the sample that U calls `key`.
  mutating func stem(of key: String) -> String {
    let name = key.hasPrefix(prefix) ? key.dropFirst(prefix.count) : key[...]
    var parts = name.split(separator: "/").map { part in
      part.allSatisfy { $0 == "." } ? String(repeating: "_", count: part.count) : String(part)
    }
    var last = parts.popLast() ?? "picture"
    if ImageNames.isImage(Array(last.utf8)), let dot = last.lastIndex(of: "."),
      dot > last.startIndex
    {
      last = String(last[..<dot])
    }
    parts.append(last.replacing(".", with: "_"))
    let stem = unique.key(for: Array(parts.joined(separator: "/").utf8))
    return String(decoding: stem, as: UTF8.self)
  }
}
