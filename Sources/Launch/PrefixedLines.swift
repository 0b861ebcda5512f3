/// What a process says, in whole lines that begin with whose they are.
struct PrefixedLines {
  let prefix: String
  private var rest: [UInt8] = []
  /// A line without an end is shown in pieces of that many bytes.
  private let longest = 1 << 16

  init(prefix: String) { self.prefix = prefix }

  /// Hands every line that `bytes` complete to `say`.
  mutating func take(_ bytes: some Sequence<UInt8>, _ say: (String) -> Void) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") || rest.count >= longest { flush(say) }
      if byte != UInt8(ascii: "\n") { rest.append(byte) }
    }
  }

  /// Hands over what has no end.
  mutating func end(_ say: (String) -> Void) {
    if !rest.isEmpty { flush(say) }
  }

  private mutating func flush(_ say: (String) -> Void) {
    say(prefix + String(decoding: rest, as: UTF8.self))
    rest.removeAll(keepingCapacity: true)
  }
}
