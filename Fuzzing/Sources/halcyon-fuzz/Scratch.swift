import Foundation

/// The folder that inputs become files in: `SCRATCH`, best in memory.
private let scratch =
  ProcessInfo.processInfo.environment["SCRATCH"] ?? NSTemporaryDirectory()

/// Calls `body` with the path of a file that holds `data`.
func withFile(_ data: Data, _ body: (String) -> Void) {
  let path = scratch + "/input"
  guard FileManager.default.createFile(atPath: path, contents: data) else { return }
  defer { unlink(path) }
  body(path)
}

/// Calls `body` in a working folder, empty but for what `body` puts there and what is called `names`,
/// which goes away after it. Paths in an input can so be relative and the same in every run.
func withFolder(removing names: [String], _ body: () -> Void) {
  let home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard home >= 0, chdir(scratch) == 0 else { fatalError("no folder \(scratch)") }
  body()
  for name in names { unlink(name) }
  fchdir(home)
  close(home)
}

/// Writes `data` to the file `name` of the working folder.
func write(_ data: some Sequence<UInt8>, to name: String) {
  guard FileManager.default.createFile(atPath: name, contents: Data(data)) else {
    fatalError("cannot write \(name) in \(scratch)")
  }
}

/// The little-endian number of 64 bits at `offset`.
func number(_ bytes: [UInt8], at offset: Int) -> UInt64 {
  bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

/// Puts `value` at `offset`, little-endian.
func put(_ value: some FixedWidthInteger, in bytes: inout [UInt8], at offset: Int) {
  withUnsafeBytes(of: value.littleEndian) {
    bytes.replaceSubrange(offset..<offset + $0.count, with: $0)
  }
}
