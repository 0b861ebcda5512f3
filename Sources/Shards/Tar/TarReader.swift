import Foundation

/// The members of a tar archive, one after the other, whatever its bytes are.
///
/// It reads ustar, pax (`path` and `size`, for one member or all) and GNU archives (long names,
/// base-256 lengths). What is no regular file with a harmless name is passed over and told as a
/// problem; after bytes that are no header, and after a header whose data cannot be so many, it looks for
/// the next one that is. Where nobody knows how long the archive is, data that never end take what is
/// left with them.
///
/// ```swift
/// let reader = TarReader(stream)
/// while let event = try reader.next() {
///   if case .member(let member) = event { print(member.offset, member.length) }
/// }
/// ```
/// - Complexity: O(1) memory. Of a file, only headers and what is asked for are read.
final class TarReader {
  static let mostNameBytes = 4096

  private var buffer: TarBuffer
  /// What is left of the last member's data and padding.
  private var toSkip = 0
  /// What is left of the last member's data.
  private var dataLeft = 0
  private var lastMember: Member?
  private var everyMember = TarExtension()
  private var nextMember = TarExtension()
  /// Why the next member is to be passed over although its own header is fine.
  private var spoiled: String?
  private var isLost = false
  private var hasHeader = false
  /// How many blocks of zeros were passed one after the other while it was lost.
  private var zeroBlocks = 0
  /// A header whose data would reach beyond the end, until it is known whether another one follows.
  private var overrun: (start: Int, name: [UInt8], reason: String)?
  private var isAtEnd = false
  /// Whether the last data belong to a member that was told, rather than passed over.
  private var lastIsMember = false

  init(_ stream: any ByteStream) {
    buffer = TarBuffer(stream)
  }

  /// Where in the archive it stands.
  var position: Int { buffer.position }

  /// The next member or problem, nil at the end.
  /// - Throws: `StreamFailure`.
  func next() throws -> Event? {
    while !isAtEnd {
      let left = toSkip
      toSkip = 0
      dataLeft = 0
      if left > 0, try buffer.skip(left) < left, let last = lastMember,
        buffer.position < last.offset + last.length
      {
        return end(
          at: buffer.position, last.name,
          "the archive ends within its data; the rest, \(buffer.position - last.offset) of "
            + "\(last.length) bytes, is not read",
          cutsLastMember: true)
      }
      let start = buffer.position
      let block = try buffer.peek(TarHeader.blockSize)
      guard block.count == TarHeader.blockSize else { return endWithout(block.count) }
      switch TarHeader.parse(block) {
      case .zeros:
        buffer.drop(TarHeader.blockSize)
        // A lone block of zeros is none of the end's two, unless nothing follows.
        let second = try buffer.peek(TarHeader.blockSize)
        zeroBlocks += 1
        if isLost, !second.isEmpty { continue }
        if second.count < TarHeader.blockSize {
          let isWhole = overrun == nil && (hasHeader || !isLost)
          return isWhole ? finish() : endWithout(second.count)
        }
        if case .zeros = TarHeader.parse(second) { return try checkTheRest() }
      case .wrong(let reason):
        buffer.drop(TarHeader.blockSize)
        zeroBlocks = 0
        if isLost { continue }
        isLost = true
        forget()
        return problem(at: start, [], "\(reason); going on at the next header")
      case .header(let header):
        zeroBlocks = 0
        // While lost, only what says that it is a header is believed.
        if isLost, !header.hasUstarMagic {
          buffer.drop(TarHeader.blockSize)
          continue
        }
        isLost = false
        hasHeader = true
        if let found = overrun {
          overrun = nil
          return problem(
            at: found.start, found.name, "\(found.reason); going on at the next header")
        }
        buffer.drop(TarHeader.blockSize)
        if let event = try take(header, at: start) { return event }
      }
    }
    return nil
  }

  /// The data of the last member, or its first `most` bytes; fewer where the archive is cut short.
  /// - Throws: `StreamFailure`.
  func contents(most: Int) throws -> [UInt8] {
    let wanted = min(most, dataLeft)
    let bytes = try buffer.read(wanted)
    dataLeft -= bytes.count
    toSkip -= bytes.count
    return bytes
  }

  /// At the end of the bytes, `left` of which are less than a block: why they do not end as an archive.
  private func endWithout(_ left: Int) -> Event? {
    guard let overrun else {
      let bytes = buffer.total ?? buffer.position + left
      let isForeign = !hasHeader && bytes > 0
      let reason = bytes == 0 ? "the archive is empty" : "the archive has no end; it is cut short"
      return end(
        at: buffer.position, [], isForeign ? "it is no tar archive" : reason,
        rest: .none(EarlyEnd(kind: isForeign ? .foreign : .cut, byte: bytes)))
    }
    // Bytes that end as an archive does are all there: the length is wrong.
    guard zeroBlocks >= 2 else { return end(at: overrun.start, overrun.name, overrun.reason) }
    isAtEnd = true
    return problem(at: overrun.start, overrun.name, overrun.reason)
  }

  private func take(_ header: TarHeader, at start: Int) throws -> Event? {
    let length: Int
    switch nextMember.size ?? everyMember.size {
    case let size?: length = size
    case nil:
      switch header.length {
      case .bytes(let count): length = count
      case .wrong(let reason):
        forget()
        isLost = true
        return problem(at: start, header.name, "\(reason); going on at the next header")
      }
    }
    guard length <= Int.max / 4 else {
      forget()
      isLost = true
      return problem(at: start, header.name, "its length is larger than any file")
    }
    switch header.kind {
    case UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "g"), UInt8(ascii: "L"),
      UInt8(ascii: "K"):
      return try takeExtension(header, at: start)
    default: break
    }
    let name = nextMember.path ?? everyMember.path ?? header.name
    let isSparse = nextMember.isSparse || everyMember.isSparse
    let trouble = spoiled
    forget()
    var reason: String?
    switch header.kind {
    case UInt8(ascii: "0"), 0, UInt8(ascii: "7"):
      if name.last == UInt8(ascii: "/") { return pass(0) }
      reason = trouble ?? (isSparse ? "it is a sparse file" : Self.fault(in: name))
    case UInt8(ascii: "5"): return pass(0)  // a folder, which has no data whatever it says
    case UInt8(ascii: "1"), UInt8(ascii: "2"):
      return problem(at: start, name, "it is a link, which is not followed")
    case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"):
      return problem(at: start, name, "it is a device or a pipe")
    case UInt8(ascii: "S"):
      reason = "it is a sparse file"
      var hasMore = header.isExtendedSparse
      while hasMore {
        let map = try buffer.peek(TarHeader.blockSize)
        guard map.count == TarHeader.blockSize else { break }
        hasMore = map[504] != 0
        buffer.drop(TarHeader.blockSize)
      }
    default: reason = "it is of the unknown kind \(header.kind)"
    }
    let member = Member(
      name: Self.withoutDot(name), offset: buffer.position, length: length)
    if isBeyondTheEnd(length) { return lose(at: start, name, length) }
    lastMember = member
    toSkip = (length + TarHeader.blockSize - 1) / TarHeader.blockSize * TarHeader.blockSize
    if let total = buffer.total { toSkip = min(toSkip, total - buffer.position) }
    lastIsMember = reason == nil
    guard let reason else {
      dataLeft = length
      return .member(member)
    }
    return problem(at: start, name, reason)
  }

  /// A header about the next member, whose data are its name or its records.
  private func takeExtension(_ header: TarHeader, at start: Int) throws -> Event? {
    guard case .bytes(let length) = header.length else { return nil }
    let isLongName = header.kind == UInt8(ascii: "L")
    let isRecords = !isLongName && header.kind != UInt8(ascii: "K")
    let most = isRecords ? TarExtension.mostBytes : Self.mostNameBytes + 1
    let padded = (length + TarHeader.blockSize - 1) / TarHeader.blockSize * TarHeader.blockSize
    if isBeyondTheEnd(length) {
      // The next member is not called what its own header says.
      if header.kind != UInt8(ascii: "K"), header.kind != UInt8(ascii: "g") {
        spoiled = "its header has \(length) bytes of names"
      }
      return lose(at: start, header.name, length)
    }
    guard length <= most else {
      guard try buffer.skip(padded) == padded else {
        return end(at: start, header.name, "the archive ends within a header")
      }
      if header.kind != UInt8(ascii: "K") { spoiled = "its header has \(length) bytes of names" }
      return nil
    }
    let bytes = try buffer.read(length)
    guard bytes.count == length, try buffer.skip(padded - length) == padded - length else {
      return end(at: start, header.name, "the archive ends within a header")
    }
    if isLongName {
      nextMember.path = Array(bytes.prefix { $0 != 0 })
    } else if isRecords, header.kind == UInt8(ascii: "g") {
      everyMember = TarExtension(bytes, over: everyMember) ?? everyMember
    } else if isRecords {
      if let extended = TarExtension(bytes, over: nextMember) {
        nextMember = extended
      } else {
        spoiled = "its pax records are malformed"
      }
    }
    return nil
  }

  /// After the end's two blocks of zeros: whether there is another archive, which nobody would miss.
  private func checkTheRest() throws -> Event? {
    let start = buffer.position
    var checked = 0
    while checked < 1 << 20 {
      let block = try buffer.peek(TarHeader.blockSize)
      if block.isEmpty { return finish() }
      if case .header = TarHeader.parse(block) {
        return end(
          at: start, [], "another archive follows the end of this one; it is not read",
          rest: .unread)
      }
      checked += block.count
      buffer.drop(block.count)
    }
    return finish()
  }

  /// Whether so many bytes from here on are more than the archive has.
  private func isBeyondTheEnd(_ length: Int) -> Bool {
    buffer.total.map { length > $0 - buffer.position } ?? false
  }

  /// Goes on at the next header, though the data of this one would reach beyond the archive's end: its
  /// length is wrong, or the archive is cut within them. That is a problem as soon as it is known which.
  private func lose(at start: Int, _ name: [UInt8], _ length: Int) -> Event? {
    isLost = true
    overrun = (
      start, name, "it has \(length) bytes, but the archive ends after \(buffer.total ?? 0)"
    )
    return nil
  }

  private func pass(_ count: Int) -> Event? {
    toSkip = count
    return nil
  }

  private func forget() {
    nextMember = TarExtension()
    spoiled = nil
  }

  private func problem(at offset: Int, _ name: [UInt8], _ reason: String) -> Event {
    .problem(
      Problem(offset: offset, name: name, reason: reason, rest: .goesOn, cutsLastMember: false))
  }

  private func end(
    at offset: Int, _ name: [UInt8], _ reason: String, cutsLastMember: Bool = false,
    rest: Rest? = nil
  ) -> Event {
    isAtEnd = true
    let isTold = cutsLastMember && lastIsMember
    let byte = buffer.total ?? buffer.position
    return .problem(
      Problem(
        offset: offset, name: name, reason: reason,
        rest: rest ?? .none(EarlyEnd(kind: .cut, byte: byte)), cutsLastMember: isTold))
  }

  private func finish() -> Event? {
    isAtEnd = true
    return nil
  }
}
