/// The files in a zip archive, as `torch.save` writes it: nothing is compressed, so that a file is a range
/// of bytes. Format: PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3 (sizes of 64 bits).
struct ZipDirectory {
  /// Where each file's bytes lie, by its name.
  private(set) var files: [String: Range<Int>] = [:]

  /// Reads the directory at the end of `bytes`.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    let reader = LittleEndian(bytes)
    var directory = try Self.directory(reader)
    var place = directory.start
    guard place >= 0, place <= bytes.count else { throw Self.broken }
    while directory.count > 0 {
      directory.count -= 1
      place = try add(at: place, reader)
    }
  }

  /// Adds the file whose entry is at `place` and returns the place of the next.
  private mutating func add(at place: Int, _ reader: LittleEndian) throws -> Int {
    guard try reader.number(at: place, bytes: 4) == 0x0201_4B50 else { throw Self.broken }
    let flags = try reader.number(at: place + 8, bytes: 2)
    let method = try reader.number(at: place + 10, bytes: 2)
    var stored = try reader.number(at: place + 20, bytes: 4)
    var size = try reader.number(at: place + 24, bytes: 4)
    let nameCount = try reader.number(at: place + 28, bytes: 2)
    let extraCount = try reader.number(at: place + 30, bytes: 2)
    let commentCount = try reader.number(at: place + 32, bytes: 2)
    var header = try reader.number(at: place + 42, bytes: 4)
    let name = try reader.text(at: place + 46, count: nameCount)

    // What needs more than 32 bits stands behind the name, in this order.
    var extra = place + 46 + nameCount
    let extraEnd = extra + extraCount
    while extra + 4 <= extraEnd {
      let count = try reader.number(at: extra + 2, bytes: 2)
      if try reader.number(at: extra, bytes: 2) == 1 {
        var next = extra + 4
        func wide(_ value: inout Int) throws {
          guard value == 0xFFFF_FFFF else { return }
          value = try reader.number(at: next, bytes: 8)
          next += 8
        }
        try wide(&size)
        try wide(&stored)
        try wide(&header)
      }
      extra += 4 + count
    }

    guard flags & 1 == 0 else { throw PickleFault("\(name) in it is encrypted") }
    guard method == 0, stored == size else {
      throw PickleFault("\(name) in it is compressed; torch.save writes archives that are not")
    }
    guard try reader.number(at: header, bytes: 4) == 0x0403_4B50 else { throw Self.broken }
    let start =
      header + 30 + (try reader.number(at: header + 26, bytes: 2))
      + (try reader.number(at: header + 28, bytes: 2))
    guard size <= reader.bytes.count - start else {
      throw PickleFault("\(name) in it reaches beyond the file's end: cut short?")
    }
    guard files.updateValue(start..<(start + size), forKey: name) == nil else {
      throw PickleFault("it holds two files named \(name)")
    }
    return extraEnd + commentCount
  }

  /// Where the directory begins, and how many files it has.
  private static func directory(
    _ reader: LittleEndian
  ) throws -> (start: Int, count: Int) {
    // The end's record is followed by a comment of up to 64 KiB alone.
    let count = reader.bytes.count
    var place = count - 22
    let first = max(0, place - 0xFFFF)
    while place >= first, try reader.number(at: place, bytes: 4) != 0x0605_4B50 { place -= 1 }
    guard place >= first else {
      throw PickleFault("its zip archive has no end: cut short?")
    }
    var files = try reader.number(at: place + 10, bytes: 2)
    var start = try reader.number(at: place + 16, bytes: 4)
    let locator = place - 20
    if locator >= 0, try reader.number(at: locator, bytes: 4) == 0x0706_4B50 {
      let wide = try reader.number(at: locator + 8, bytes: 8)
      guard try reader.number(at: wide, bytes: 4) == 0x0606_4B50 else { throw broken }
      files = try reader.number(at: wide + 32, bytes: 8)
      start = try reader.number(at: wide + 48, bytes: 8)
    }
    return (start, files)
  }

  private static let broken = PickleFault("its zip archive's directory is broken: cut short?")
}

/// Whole numbers and names at places of a file's bytes, each of which is checked.
struct LittleEndian {
  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private func slice(at place: Int, count: Int) throws -> Slice<UnsafeRawBufferPointer> {
    guard place >= 0, count <= bytes.count, place <= bytes.count - count else {
      throw PickleFault("it ends where more was announced: cut short?")
    }
    return bytes[place..<(place + count)]
  }

  /// The number of so many bytes at `place`, 8 at most; one that is no `Int` is an error.
  func number(at place: Int, bytes count: Int) throws -> Int {
    let value = try slice(at: place, count: count).reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    guard let number = Int(exactly: value), number < 1 << 62 else {
      throw PickleFault("it states a size of \(value)")
    }
    return number
  }

  func text(at place: Int, count: Int) throws -> String {
    String(decoding: try slice(at: place, count: count), as: UTF8.self)
  }
}
