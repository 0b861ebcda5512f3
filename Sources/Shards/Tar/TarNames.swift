extension TarReader {
  /// What is wrong with a member's name, if anything is.
  static func fault(in name: [UInt8]) -> String? {
    if name.isEmpty { return "it has no name" }
    if name.count > mostNameBytes { return "its name has \(name.count) bytes" }
    if name[0] == UInt8(ascii: "/") { return "its name is absolute" }
    if name.contains(0) { return "its name holds a zero byte" }
    var dots = 0
    var others = 0
    for byte in name {
      if byte == UInt8(ascii: "/") {
        if dots == 2, others == 0 { break }
        dots = 0
        others = 0
      } else if byte == UInt8(ascii: ".") {
        dots += 1
      } else {
        others += 1
      }
    }
    return dots == 2 && others == 0 ? "its name leads out of the archive" : nil
  }

  /// `name` without a leading `./`.
  static func withoutDot(_ name: [UInt8]) -> [UInt8] {
    var rest = name[...]
    while rest.starts(with: "./".utf8) { rest = rest.dropFirst(2).drop { $0 == UInt8(ascii: "/") } }
    return rest.count == name.count ? name : Array(rest)
  }
}
