import Foundation

/// A tar file written block by block, so that it may lie.
struct RawTar {
  private(set) var data = Data()

  /// Appends a member whose header promises `size` bytes (those of `contents` by default).
  mutating func append(
    _ name: String, _ contents: Data, type: String = "0", size: Int? = nil, link: String = ""
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (place, byte) in text.utf8.enumerated() { header[offset + place] = byte }
    }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    put(name, at: 0)
    put("0000644", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put(octal(size ?? contents.count, 11), at: 124)
    put("00000000000", at: 136)
    put(type, at: 156)
    put(link, at: 157)
    put("ustar\u{0}00", at: 257)
    put("        ", at: 148)
    put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", at: 148)
    data.append(contentsOf: header)
    data.append(contents)
    data.append(Data(count: (512 - contents.count % 512) % 512))
  }

  mutating func end() { data.append(Data(count: 1024)) }
}
