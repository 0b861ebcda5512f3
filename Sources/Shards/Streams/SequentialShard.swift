import Foundation
import ImageData

/// A shard that can be read from its beginning on only: compressed, a command's output, a server's.
///
/// Threads ask for samples in nearly ascending order. The stream goes forward; pictures that it passes
/// on the way are kept for those who will ask for them (`PassedImages`). Whoever asks for one that was
/// given up makes it begin again.
final class SequentialShard: @unchecked Sendable {
  private let lock = NSLock()
  private let name: String
  private let location: ShardLocation
  private let index: ShardIndex
  private let patience: FetchedStream.Patience
  private let note: (@Sendable (String) -> Void)?
  private var hasNoted = false
  private var source: ShardSource?
  /// Where the stream stands.
  private var position = 0
  /// The first sample that the stream has not passed.
  private var next = 0
  private var passed = PassedImages()
  /// How often the stream was begun.
  private(set) var openings = 0

  /// Of a longer way only the end is kept: whoever leaps is not followed by others.
  static let mostKeptSamples = 512
  private static let attempts = 3

  init(
    name: String, location: ShardLocation, index: ShardIndex, patience: FetchedStream.Patience,
    note: (@Sendable (String) -> Void)? = nil
  ) {
    self.name = name
    self.location = location
    self.index = index
    self.patience = patience
    self.note = note
  }

  deinit { source?.stream.close() }

  /// The bytes of the picture of `sample`, which is called `key` in messages.
  /// - Throws: `ImageDataError.source` when the shard fails.
  func read(_ sample: Int, key: String) throws -> Data {
    lock.lock()
    defer { lock.unlock() }
    if let data = passed.picture(of: sample) { return data }
    for attempt in 1...Self.attempts {
      do {
        return try advance(to: sample, key: key)
      } catch let failure as StreamFailure {
        close()
        // A server has been asked often enough; a file will say the same once more.
        guard location.kind == .pipe, failure.kind == .source, attempt < Self.attempts else {
          throw ImageDataError.source(shard: name, reason: failure.reason)
        }
        tell("\(failure.reason); it is tried again")
        // Stopped, the next attempt says so.
        try? patience.pause(milliseconds: min(patience.firstWait * attempt, 10_000))
      }
    }
    throw ImageDataError.source(shard: name, reason: "it cannot be read")
  }

  private func advance(to sample: Int, key: String) throws -> Data {
    if source == nil || sample < next { try begin() }
    guard let stream = source?.stream else {
      throw StreamFailure(.source, "it cannot be opened")
    }
    while true {
      let (offset, length) = try index.place(at: next)
      let isWanted = next == sample
      let isTooLong = length > WebDatasetSamples.mostImageBytes
      var data: Data?
      if isWanted || sample - next < Self.mostKeptSamples, !isTooLong {
        try skip(stream, to: offset - TarHeader.blockSize)
        try checkHeader(try read(stream, TarHeader.blockSize), length: length)
        data = try read(stream, length)
      }
      if let data { passed.keep(data, of: next, isAsked: isWanted) }
      next += 1
      guard isWanted else { continue }
      if next == index.count { try finish(stream) }
      guard let data, length > 0 else {
        throw ImageDataError.unreadable(
          key: key,
          reason: isTooLong ? "\(length) bytes are more than a picture has" : "the file is empty")
      }
      return data
    }
  }

  /// Whether the block before a picture is still its header: nobody else knows whether what a command
  /// or a server gives is what it gave when it was indexed.
  private func checkHeader(_ block: Data, length: Int) throws {
    if case .header(let header) = block.withUnsafeBytes({ TarHeader.parse($0) }),
      header.length == .bytes(length) || header.length == .bytes(0)  // pax records say it then
    {
      return
    }
    throw StreamFailure(
      .damaged,
      "\(location.description) is not what it was when it was indexed, before byte \(position); "
        + "run halcyon index --redo")
  }

  private func begin() throws {
    close()
    openings += 1
    let opened = try ShardSource(location, patience: patience) { [weak self] in self?.tell($0) }
    let isSame =
      location.isStream
      ? opened.state.agrees(with: index.source) : opened.state == index.source
    guard isSame else {
      opened.stream.close()
      let redo = location.isStream ? "--redo" : "again"
      throw StreamFailure(
        .damaged,
        "\(location.description) has changed since it was indexed; run halcyon index \(redo)")
    }
    source = opened
  }

  /// Says once what went wrong and was tried again.
  private func tell(_ text: String) {
    guard !hasNoted else { return }
    hasNoted = true
    note?("shard \(name): \(text)")
  }

  private func close() {
    source?.stream.close()
    source = nil
    position = 0
    next = 0
  }

  /// After the last sample: whether all went well, which a command says at its end only.
  private func finish(_ stream: any ByteStream) throws {
    do {
      try stream.finish()
    } catch let failure as StreamFailure where failure.kind == .damaged && !location.isStream {
      // Noted as a problem when it was indexed; the samples before it are whole.
    }
    close()
  }

  private func skip(_ stream: any ByteStream, to offset: Int) throws {
    guard offset >= position else {
      throw StreamFailure(.damaged, "its index is not in order; run halcyon index again")
    }
    let passed = try stream.skip(offset - position)
    position += passed
    guard position == offset else { throw endedEarly }
  }

  private func read(_ stream: any ByteStream, _ count: Int) throws -> Data {
    guard count > 0 else { return Data() }
    guard let memory = malloc(count) else {
      throw ImageDataError.resources(key: name, reason: String(cString: strerror(ENOMEM)))
    }
    // Handed over once it is filled: of a few bytes `Data` makes a copy and frees them at once.
    do {
      let got = try stream.readFully(
        into: UnsafeMutableRawBufferPointer(start: memory, count: count))
      position += got
      guard got == count else { throw endedEarly }
    } catch {
      free(memory)
      throw error
    }
    return Data(bytesNoCopy: memory, count: count, deallocator: .free)
  }

  private var endedEarly: StreamFailure {
    StreamFailure(
      .source,
      "\(location.description) ended after \(position) bytes, before its sample \(next); "
        + "if it has changed, run halcyon index again")
  }
}
