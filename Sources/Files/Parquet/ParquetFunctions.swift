import Foundation

/// The C ABI of `Sources/ParquetBridge/cparquet.h`, out of a library that was loaded at run time.
///
/// A signature that differs from the header's cannot be noticed here: whoever changes one raises
/// `abiVersion` on both sides.
struct ParquetFunctions: Sendable {
  static let abiVersion: Int32 = 1
  /// The status of a call that ran out of memory, or would have used more than a file may.
  private static let noMemory: Int32 = 2

  typealias Message = UnsafeMutablePointer<CChar>?
  typealias Handle = OpaquePointer
  typealias Sink = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, Int64) -> Int32

  typealias Open =
    @Sendable @convention(c) (
      UnsafePointer<CChar>, Message, Int64, UnsafeMutablePointer<Handle?>
    ) -> Int32
  typealias Free = @Sendable @convention(c) (Handle?) -> Void
  typealias Counts =
    @Sendable @convention(c) (
      Handle, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>
    ) -> Void
  typealias Column =
    @Sendable @convention(c) (
      Handle, Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>,
      UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafeMutablePointer<Int32>
    ) -> Void
  typealias Select =
    @Sendable @convention(c) (
      Handle, UnsafePointer<Int32>?, Int32, Int64, Message, Int64
    ) -> Int32
  typealias Next =
    @Sendable @convention(c) (
      Handle, Message, Int64, UnsafeMutablePointer<Int64>
    ) -> Int32
  typealias Values =
    @Sendable @convention(c) (
      Handle, Int32, UnsafeMutablePointer<UnsafeRawPointer?>,
      UnsafeMutablePointer<UnsafePointer<Int64>?>, UnsafeMutablePointer<UnsafePointer<Int64>?>,
      UnsafeMutablePointer<UnsafePointer<UInt8>?>
    ) -> Void
  typealias Create =
    @Sendable @convention(c) (
      Int32, Int64, Sink, UnsafeMutableRawPointer?, Message, Int64, UnsafeMutablePointer<Handle?>
    ) -> Int32
  typealias AddColumn =
    @Sendable @convention(c) (
      Handle, UnsafePointer<CChar>, Int32, Int32, Int32, Message, Int64
    ) -> Int32
  typealias Set =
    @Sendable @convention(c) (
      Handle, Int32, Int64, UnsafeRawPointer?, UnsafePointer<Int64>?, UnsafePointer<UInt8>?,
      Message, Int64
    ) -> Int32
  typealias Write = @Sendable @convention(c) (Handle, Message, Int64) -> Int32
  typealias Version = @Sendable @convention(c) () -> Int32
  typealias Name = @Sendable @convention(c) () -> UnsafePointer<CChar>

  let arrowVersion: Name
  let open: Open
  let close: Free
  let counts: Counts
  let column: Column
  let select: Select
  let next: Next
  let values: Values
  let create: Create
  let discard: Free
  let addColumn: AddColumn
  let set: Set
  let write: Write
  let finish: Write

  /// Loads the library at `path`, which stays loaded.
  /// - Throws: `ParquetError.library` naming `path`.
  init(path: String) throws {
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      let reason = dlerror().map { String(cString: $0) } ?? "the loader does not say why"
      throw ParquetError.library(path: path, reason: reason)
    }
    func function<Function>(_ name: String, as type: Function.Type) throws -> Function {
      guard let symbol = dlsym(library, "cparquet_\(name)") else {
        throw ParquetError.library(path: path, reason: "it has no cparquet_\(name)")
      }
      return unsafeBitCast(symbol, to: type)
    }
    let version = try function("abi_version", as: Version.self)()
    guard version == Self.abiVersion else {
      throw ParquetError.library(
        path: path, reason: "it is of version \(version), and \(Self.abiVersion) is needed")
    }
    arrowVersion = try function("arrow_version", as: Name.self)
    open = try function("open", as: Open.self)
    close = try function("close", as: Free.self)
    counts = try function("counts", as: Counts.self)
    column = try function("column", as: Column.self)
    select = try function("select", as: Select.self)
    next = try function("next", as: Next.self)
    values = try function("values", as: Values.self)
    create = try function("create", as: Create.self)
    discard = try function("discard", as: Free.self)
    addColumn = try function("add_column", as: AddColumn.self)
    set = try function("set", as: Set.self)
    write = try function("write", as: Write.self)
    finish = try function("finish", as: Write.self)
  }

  /// Runs `body` with room for a message.
  /// - Throws: `FileError` with that message when `body` gives another status than 0.
  static func check(
    _ operation: String, _ path: String, _ body: (Message, Int64) -> Int32
  ) throws {
    let status = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { room in
      room.initialize(repeating: 0)
      let status = body(room.baseAddress, Int64(room.count))
      let text = room.baseAddress.map { String(cString: $0) } ?? ""
      return (code: status, text: text)
    }
    guard status.code != 0 else { return }
    throw FileError(
      operation, path, code: status.code == noMemory ? ENOMEM : 0, detail: "Parquet: \(status.text)"
    )
  }
}
