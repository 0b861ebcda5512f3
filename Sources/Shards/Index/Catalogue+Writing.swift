import Crypto
import Files
import Foundation
import SystemPackage

extension Catalogue {
  /// Writes the catalogue of `rows` into `folder`, durably.
  /// - Throws: `FileError`.
  static func write(
    _ rows: [Row], name: String, classes: [String], labelsAreNumbers: Bool = false,
    in folder: String
  ) throws {
    let bytes = encoded(rows, name: name, classes: classes, labelsAreNumbers: labelsAreNumbers)
    let path = FilePath(text: folder).joined(fileName).text
    try DurableFile.write(Data(bytes), to: path)
  }

  /// The bytes of the catalogue of `rows`.
  static func encoded(
    _ rows: [Row], name: String, classes: [String], labelsAreNumbers: Bool
  ) -> [UInt8] {
    var body = ByteColumn()
    var texts: [UInt8] = []
    var first = 0
    for row in rows {
      var ends: [Int] = []
      for text in [row.name, row.prefix] {
        texts.append(contentsOf: text.utf8)
        ends.append(texts.count)
      }
      texts.append(contentsOf: row.location.text.utf8)
      if let variable = row.location.variable {
        texts.append(0)
        texts.append(contentsOf: variable.utf8)
      }
      ends.append(texts.count)
      let kind =
        Int(row.location.kind.rawValue) | (row.isReadInOrder ? 256 : 0)
        | (row.isCutShort ? 512 : 0) | (row.hasOthers ? 1024 : 0)
      for number in [
        first, row.samples, row.problems, row.imageBytes, row.source.size, row.source.changed,
      ] {
        body.append(Int64(number))
      }
      body.append(row.contents)
      body.append(row.origin)
      for number in [kind] + ends { body.append(Int64(number)) }
      first += row.samples
    }
    for text in [name] + classes {
      // Names have no zero bytes: they come from files' names and from lines of text.
      texts.append(contentsOf: text.utf8.filter { $0 != 0 })
      texts.append(0)
    }
    let rest = body.bytes + texts
    let header = checked.encoded { header in
      header.append(UInt32(labelsAreNumbers ? 1 : 0))
      for number in [
        rows.count, first, rows.reduce(0) { $0 &+ $1.problems },
        rows.reduce(0) { $0 &+ $1.imageBytes }, classes.count, texts.count,
      ] {
        header.append(Int64(number))
      }
      for byte in identity(of: rows, classes: classes) { header.append(byte) }
      header.append(rest.withUnsafeBytes { XXHash64.hash($0) })
    }
    return header + rest
  }

  /// The SHA-256 of what the shards are called and of what their indexes say: the same wherever and
  /// however often the same shards are indexed.
  private static func identity(of rows: [Row], classes: [String]) -> [UInt8] {
    var hash = SHA256()
    for row in rows { hash.update(data: row.identifyingBytes) }
    for name in classes { hash.update(data: Array(name.utf8) + [0]) }
    return Array(hash.finalize())
  }
}

extension Catalogue.Row {
  /// What tells the shard from another: what it is called and what its index says.
  fileprivate var identifyingBytes: [UInt8] {
    var numbers = ByteColumn()
    for text in [name, prefix] { numbers.append(Int64(text.utf8.count)) }
    numbers.append(Int64(samples))
    numbers.append(contents)
    return numbers.bytes + Array(name.utf8) + Array(prefix.utf8)
  }
}

extension Catalogue {
  /// The SHA-256 of what a shard is called and of what its index says, in hexadecimal digits.
  func identity(ofShard shard: Int) -> String {
    SHA256.hash(data: row(shard).identifyingBytes).map { String(format: "%02x", $0) }.joined()
  }
}
