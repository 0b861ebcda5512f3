import CCurl
import Files

/// One answer of a web server, whose bytes libcurl fetches as they are read.
final class WebTransfer {
  /// What reading gave.
  enum Outcome {
    case bytes(Int)
    /// Nothing came in the time given.
    case nothing
    case end
    case failed(Failure)
  }

  /// Why a transfer ended before the file did.
  struct Failure: Equatable {
    /// libcurl's number: https://curl.se/libcurl/c/libcurl-errors.html
    var code: Int32
    /// The last answer's HTTP status; 0 without one.
    var status: Int32 = 0
    /// What happened, in libcurl's words.
    var reason: String

    /// The server cannot give a part of the file, or not of this very file.
    var isWithoutRanges: Bool { code == 33 }

    /// Whether another attempt would say the same: a wrong address, or refused for good.
    var isFinal: Bool {
      if [1, 2, 3, 4, 47].contains(code) { return true }
      return code == 22 && [400, 401, 403, 404, 405, 410, 414].contains(status)
    }
  }

  private static let connectSeconds: Int32 = 30
  private let handle: OpaquePointer

  /// Asks for `address` from byte `offset` on, if it is still the file that `validator` names.
  /// - Throws: `StreamFailure` when there is no memory for it.
  init(_ address: String, from offset: Int = 0, ifStill validator: String? = nil) throws {
    // An address is its bytes, as a path is.
    let bytes = (PathText.bytes(of: address) + [0]).map { CChar(bitPattern: $0) }
    guard let handle = ccurl_open(bytes, Int64(offset), validator, Self.connectSeconds) else {
      throw StreamFailure(.source, "cannot fetch \(address): no memory, or no libcurl that can")
    }
    self.handle = handle
  }

  deinit { ccurl_close(handle) }

  /// The headers of the last answer, as far as it has come.
  var headers: String { String(cString: ccurl_headers(handle)) }

  /// Reads what has come into `room`, which is not empty; waits at most `milliseconds` for it.
  func read(into room: UnsafeMutableRawBufferPointer, within milliseconds: Int32) -> Outcome {
    guard let start = room.baseAddress else { return .nothing }
    var count: Int64 = 0
    let status = ccurl_read(
      handle, start.assumingMemoryBound(to: UInt8.self), Int64(room.count), milliseconds, &count)
    switch Int(status) {
    case CCURL_BYTES: return .bytes(Int(count))
    case CCURL_NOTHING: return .nothing
    case CCURL_END: return .end
    default:
      return .failed(
        Failure(
          code: ccurl_code(handle), status: ccurl_status(handle),
          reason: String(cString: ccurl_reason(handle))))
    }
  }
}
