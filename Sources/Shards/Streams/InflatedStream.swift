import CInflate
import Files
import Foundation

/// What a gzip or Zstandard stream inflates to, in constant memory.
final class InflatedStream: ByteStream {
  enum Format: Int32 {
    case gzip = 1
    case zstandard = 2

    /// The format whose magic number `bytes` begin with.
    init?(of bytes: some Collection<UInt8>) {
      if bytes.starts(with: [0x1F, 0x8B]) {
        self = .gzip
      } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
        self = .zstandard
      } else {
        return nil
      }
    }
  }

  private let base: any ByteStream
  private let format: Format
  private let inflater: OpaquePointer
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)
  private var pending = 0..<0
  private var isAtEnd = false
  /// Bytes of the compressed stream that were taken.
  private var taken = 0
  private var failure: StreamFailure?

  /// - Throws: `StreamFailure` when there is no memory.
  init(_ base: any ByteStream, format: Format) throws {
    guard let inflater = cinflate_stream_create(format.rawValue) else {
      throw StreamFailure(.source, "no memory to inflate it")
    }
    self.base = base
    self.format = format
    self.inflater = inflater
  }

  deinit {
    cinflate_stream_destroy(inflater)
    input.deallocate()
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let out = room.baseAddress, let start = input.baseAddress else { return 0 }
    if let failure { throw failure }
    while true {
      if pending.isEmpty, !isAtEnd {
        let got = try base.read(into: input)
        pending = 0..<got
        isAtEnd = got == 0
      }
      var used: Int64 = 0
      var made: Int64 = 0
      var isComplete: Int32 = 0
      let status = cinflate_inflate(
        inflater, start.assumingMemoryBound(to: UInt8.self) + pending.lowerBound,
        Int64(pending.count), out.assumingMemoryBound(to: UInt8.self), Int64(room.count), &used,
        &made, &isComplete)
      pending = (pending.lowerBound + Int(used))..<pending.upperBound
      taken += Int(used)
      let isStuck = made == 0 && used == 0 && !pending.isEmpty
      if status == Int32(CINFLATE_NO_MEMORY) {
        failure = StreamFailure(.source, "no memory to inflate it")
      } else if status != Int32(CINFLATE_OK) || isStuck {
        failure = StreamFailure(
          .damaged, "the \(name) data is broken at byte \(taken)",
          at: EarlyEnd(kind: .broken, byte: taken))
      }
      // What was whole before a broken block is handed out first.
      if made > 0 { return Int(made) }
      if let failure { throw failure }
      guard isAtEnd, pending.isEmpty else { continue }
      guard isComplete != 0 else {
        throw StreamFailure(
          .damaged, "the \(name) data is cut short after \(taken) bytes",
          at: EarlyEnd(kind: .cut, byte: taken))
      }
      return 0
    }
  }

  func finish() throws {
    try readToTheEnd()
    try base.finish()
  }

  func close() { base.close() }

  private var name: String { format == .gzip ? "gzip" : "Zstandard" }
}
