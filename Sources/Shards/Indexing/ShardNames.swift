import Files
import Foundation

/// What shards are called: a readable stem, which their samples' keys begin with, and a name that is
/// fit for files.
struct ShardNames {
  /// The stems, unique: paths without their endings, relative to the folder that all lie in.
  let stems: [String]
  /// The names, unique: letters, digits, `.`, `_` and `-` only.
  let names: [String]

  private static let mostNameBytes = 100

  /// Names `locations`, in their order.
  init(_ locations: [ShardLocation]) {
    let parts = locations.enumerated().map { Self.parts(of: $1, number: $0) }
    var common: ArraySlice<String> = parts.first?.dropLast() ?? []
    for path in parts {
      let same = Array(zip(common, path.dropLast())).prefix { $0.0 == $0.1 }.count
      common = common.prefix(same)
    }
    var stems: [String] = []
    var names: [String] = []
    var knownStems: Set<String> = []
    var knownNames: Set<String> = []
    for (location, path) in zip(locations, parts) {
      var stem = path.dropFirst(common.count).joined(separator: "/")
      if !knownStems.insert(stem).inserted {
        stem += "-" + Self.hash(of: location)
        knownStems.insert(stem)
      }
      let plain = stem.replacingOccurrences(of: "/", with: "_")
      var name = String(String.UnicodeScalarView(plain.unicodeScalars.map(Self.fit)))
      if name.hasPrefix(".") { name = "_" + name.dropFirst() }
      // Names on some disks differ in more than case.
      if name != plain || name.isEmpty || name.utf8.count > Self.mostNameBytes
        || knownNames.contains(name.lowercased())
      {
        name = name.prefix(Self.mostNameBytes) + "-" + Self.hash(of: location)
      }
      knownNames.insert(name.lowercased())
      stems.append(stem)
      names.append(name)
    }
    self.stems = stems
    self.names = names
  }

  private static func fit(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": scalar
    default: "_"
    }
  }

  /// The folders and the stem of what names a shard.
  private static func parts(of location: ShardLocation, number: Int) -> ArraySlice<String> {
    var path: String
    switch location.kind {
    case .url:
      path = location.text
      path = String(path.prefix { $0 != "?" && $0 != "#" })
      if let scheme = path.range(of: "://") { path = String(path[scheme.upperBound...]) }
    case .pipe:
      let words = location.text.split { $0.isWhitespace || "'\"|;()".contains($0) }
      let archive = words.last { ShardLocation.isArchive($0) }.map(String.init)
      path = location.variable ?? archive ?? "pipe-\(number)"
      if let scheme = path.range(of: "://") { path = String(path[scheme.upperBound...]) }
    default: path = location.text
    }
    for ending in ShardLocation.endings where path.lowercased().hasSuffix(ending) {
      path.removeLast(ending.count)
      break
    }
    let parts = path.split(separator: "/").map(String.init)
    return (parts.isEmpty ? ["shard-\(number)"] : parts)[...]
  }

  private static func hash(of location: ShardLocation) -> String {
    let digits = Checksum.sha256(Data("\(location.kind.rawValue) \(location.description)".utf8))
    return String(digits.prefix(8))
  }
}
