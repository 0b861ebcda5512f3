/// What Python's `pickletools` calls the operations that are refused.
enum PickleNames {
  private static let names: [UInt8: String] = [
    0x46: "FLOAT", 0x49: "INT", 0x4C: "LONG", 0x50: "PERSID", 0x53: "STRING", 0x56: "UNICODE",
    0x67: "GET", 0x69: "INST", 0x6F: "OBJ", 0x70: "PUT", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4",
    0x91: "FROZENSET", 0x92: "NEWOBJ_EX", 0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER",
    0x98: "READONLY_BUFFER",
  ]

  /// The operation's name, or its byte where there is none.
  static func name(of code: UInt8) -> String {
    names[code] ?? "0x" + String(code, radix: 16, uppercase: true)
  }
}
