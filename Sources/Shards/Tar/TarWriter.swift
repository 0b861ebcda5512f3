import Files
public import Foundation
import ImageData

/// Writes a tar file, member after member, that is at its path only once it is whole.
///
/// The format is POSIX ustar, with a pax record for a name that does not fit. Owner, mode and time
/// are the same for every member, so equal members make equal files.
public final class TarWriter {
  /// How many bytes were written so far, which is where the next member's header will stand.
  public var byteCount: Int { file.byteCount }
  private let file: DurableFile
  private static let block = 512

  /// Begins the file at `path`.
  /// - Throws: `FileError` naming `path`.
  public init(path: String) throws {
    file = try DurableFile(path: path)
  }

  /// Appends a regular file.
  /// - Throws: `ImageDataError.argument` for a name that no reader would accept, `FileError`.
  public func append(_ name: String, _ data: Data) throws {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.isEmpty, !name.utf8.contains(0),
      !parts.contains(where: { ["", "..", "."].contains($0) })
    else { throw ImageDataError.argument("\(name) cannot be the name of a tar's member") }
    if name.utf8.count > 100 {
      let record = Self.paxRecord("path", name)
      try file.write(Self.header("pax/path", size: record.count, type: "x"))
      try file.write(Self.padded(record))
    }
    try file.write(Self.header(name, size: data.count, type: "0"))
    try file.write(data)
    try file.write(Data(count: Self.padding(after: data.count)))
  }

  /// Ends the file and makes it the one at its path, durably.
  /// - Throws: `FileError` naming the path.
  public func finish() throws {
    try file.write(Data(count: 2 * Self.block))
    try file.commit()
  }

  private static func padding(after count: Int) -> Int { (block - count % block) % block }

  private static func padded(_ data: Data) -> Data {
    data + Data(count: padding(after: data.count))
  }

  /// "LENGTH KEY=VALUE\n", whose length counts its own digits.
  private static func paxRecord(_ key: String, _ value: String) -> Data {
    let rest = " \(key)=\(value)\n"
    var length = rest.utf8.count
    while length != String(length).utf8.count + rest.utf8.count {
      length = String(length).utf8.count + rest.utf8.count
    }
    return Data("\(length)\(rest)".utf8)
  }

  private static func header(_ name: String, size: Int, type: Character) -> Data {
    var bytes = [UInt8](repeating: 0, count: block)
    func put(_ text: some Sequence<UInt8>, at offset: Int, most: Int) {
      for (place, byte) in text.prefix(most).enumerated() { bytes[offset + place] = byte }
    }
    func octal(_ value: Int, digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array(Format.padded(text, digits: digits).utf8)
    }
    put(name.utf8, at: 0, most: 100)
    put(octal(0o644, digits: 7), at: 100, most: 8)
    put(octal(0, digits: 7), at: 108, most: 8)
    put(octal(0, digits: 7), at: 116, most: 8)
    if size < 1 << 33 {
      put(octal(size, digits: 11), at: 124, most: 12)
    } else {
      // Base 256, as GNU tar has it for what eleven octal digits do not hold.
      bytes[124] = 0x80
      for place in 0..<8 { bytes[135 - place] = UInt8(truncatingIfNeeded: size >> (8 * place)) }
    }
    put(octal(0, digits: 11), at: 136, most: 12)
    put(String(type).utf8, at: 156, most: 1)
    put("ustar\u{0}00".utf8, at: 257, most: 8)
    put("        ".utf8, at: 148, most: 8)
    let sum = bytes.reduce(0) { $0 + Int($1) }
    put(octal(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148, most: 8)
    return Data(bytes)
  }
}
