import CImage
public import Copies
import Foundation

/// Turns encoded pictures into rows of a batch; one a thread.
///
/// It keeps the buffers of one decode and one resize, so that a long run allocates nothing.
public final class ImageDecoder {
  /// Pictures of more pixels are refused from their headers.
  public let maxPixels: Int
  /// Progressive JPEGs of more scans are refused; real ones have about ten.
  static let mostScans: Int32 = 100
  let workspace: OpaquePointer
  /// Whether the last picture lacks its file's end, and nothing else.
  public internal(set) var lacksEnd = false
  private var scratch: [UInt8] = []

  /// 80 million pixels, 240 MB as RGB: with its file no picture takes 300 MB, or 2 s on one core.
  public static let defaultMaxPixels = 80_000_000

  /// Makes a decoder that refuses pictures of more than `maxPixels` pixels.
  /// - Throws: `ImageDataError.resources` when there is no memory.
  public init(maxPixels: Int = ImageDecoder.defaultMaxPixels) throws {
    self.maxPixels = maxPixels
    guard let workspace = cimage_workspace_create() else {
      throw ImageDataError.resources(key: "(none yet)", reason: "out of memory")
    }
    self.workspace = workspace
  }

  deinit { cimage_workspace_destroy(workspace) }

  /// Keeps to the plain loops, which the vector ones are compared with.
  func usePlainLoops() { cimage_workspace_use_plain_loops(workspace) }

  /// Writes `image` as `preset` wants it: size × size × channels bytes at `out`.
  /// - Parameters:
  ///   - image: The picture.
  ///   - preset: What is to happen to it.
  ///   - random: Where a training preset's draws come from.
  ///   - key: What errors call the picture.
  ///   - out: At least size × size × channels bytes.
  /// - Throws: `ImageDataError.unreadable` when the picture is at fault.
  public func render(
    _ image: EncodedImage, preset: Preset, random: CounterRandom, key: @autoclosure () -> String,
    into out: UnsafeMutableRawBufferPointer
  ) throws {
    let bytes = preset.size * preset.size * preset.channels
    guard out.count >= bytes, let base = out.bindMemory(to: UInt8.self).baseAddress else {
      throw ImageDataError.argument("\(out.count) bytes for a picture that needs \(bytes)")
    }
    try withOpened(image, key: key()) { opened in
      switch preset {
      case .train(let preset):
        try renderTrain(opened, preset, random: random, out: base)
      case .evaluation(let preset):
        try renderEvaluation(opened, preset, exact: true, out: base)
      }
    }
  }

  /// Writes `image` as `preset` wants it and says what the picture is.
  ///
  /// One decode serves both; the fingerprint is that of the whole picture, not of the middle square.
  /// - Parameters:
  ///   - image: The picture.
  ///   - hash: Its content hash.
  ///   - preset: What is to happen to it.
  ///   - key: What errors call the picture.
  ///   - out: At least crop × crop × channels bytes.
  /// - Returns: Hashes and size.
  /// - Throws: `ImageDataError.unreadable` when the picture is at fault.
  public func renderNoting(
    _ image: EncodedImage, hash: ContentHash, preset: EvaluationPreset,
    key: @autoclosure () -> String, into out: UnsafeMutableRawBufferPointer
  ) throws -> ImageContents {
    try render(image, hash: hash, preset: preset, copying: nil, key: key(), into: out).contents
  }

  /// Writes `image` as `preset` wants it, says what the picture is, and makes a copy of it for a cache of
  /// `format`, where one is wanted.
  func render(
    _ image: EncodedImage, hash: ContentHash, preset: EvaluationPreset,
    copying format: CacheFormat?,
    key: @autoclosure () -> String, into out: UnsafeMutableRawBufferPointer
  ) throws -> (contents: ImageContents, copy: EncodedImage?) {
    let bytes = preset.crop * preset.crop * preset.channels
    guard out.count >= bytes, let base = out.bindMemory(to: UInt8.self).baseAddress else {
      throw ImageDataError.argument("\(out.count) bytes for a picture that needs \(bytes)")
    }
    return try withOpened(image, key: key()) { opened in
      var contents = ImageContents(
        contentHash: hash.prefix, perceptualHash: .none, width: UInt32(opened.width),
        height: UInt32(opened.height))
      var copy: EncodedImage?
      try renderEvaluation(opened, preset, exact: true, out: base) { picture in
        contents.perceptualHash = try self.perceptualHash(of: picture)
        copy = try format.map { try self.copy(of: opened, decoded: picture, as: $0) }
      }
      return (contents, copy)
    }
  }

  /// All pixels of `image`, upright, height × width × channels.
  /// - Throws: `ImageDataError.unreadable` naming `key`.
  public func pixels(
    of image: EncodedImage, channels: Int = 3, key: String = "in memory"
  ) throws -> (pixels: [UInt8], width: Int, height: Int) {
    try withOpened(image, key: key) { opened in
      let picture = try decode(opened, channels: channels, part: nil, least: nil)
      let width = Int(picture.width), height = Int(picture.height)
      let out = [UInt8](unsafeUninitializedCapacity: width * height * channels) { room, count in
        count = width * height * channels
        guard let base = room.baseAddress else { return }
        window(picture, channels: channels, x: 0, y: 0, width: width, height: height, out: base)
      }
      return (out, width, height)
    }
  }

  /// Calls `body` with the picture once its size is known.
  /// - Throws: `ImageDataError.unreadable` naming `key`, `.resources` when there is no memory.
  func withOpened<Result>(
    _ image: EncodedImage, key: @autoclosure () -> String, _ body: (Opened) throws -> Result
  ) throws -> Result {
    lacksEnd = false
    do {
      return try image.bytes.withUnsafeBytes { raw in
        try withBase(of: raw) { address in
          try body(try open(Source(image: image, address: address, count: raw.count)))
        }
      }
    } catch let failure as Failure {
      throw failure.isResource
        ? ImageDataError.resources(key: key(), reason: failure.reason)
        : ImageDataError.unreadable(key: key(), reason: failure.reason)
    }
  }

  /// Calls `body` with `count` bytes that are kept for the next picture.
  func withScratch(
    _ count: Int, _ body: (UnsafeMutablePointer<UInt8>) throws -> Void
  ) throws {
    var room = scratch
    scratch = []
    defer { scratch = room }
    if room.count < count { room = [UInt8](repeating: 0, count: count) }
    try room.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { try body(base) }
    }
  }
}
