import CImage
import Foundation

/// Turns encoded pictures into rows of a batch; one a thread.
///
/// It keeps the buffers of one decode and one resize, so that a long run allocates nothing.
public final class ImageDecoder {
  /// Pictures of more pixels are refused from their headers.
  public let maxPixels: Int
  /// Progressive JPEGs of more scans are refused; real ones have about ten.
  static let mostScans: Int32 = 100
  private let workspace: OpaquePointer
  private var scratch: [UInt8] = []

  /// Pillow's own limit, about a gigabyte and a half of RGB in 64 bits.
  public static let defaultMaxPixels = 178_956_970

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
    do {
      try image.bytes.withUnsafeBytes { raw in
        try withBase(of: raw) { address in
          let source = Source(image: image, address: address, count: raw.count)
          switch preset {
          case .train(let preset):
            try renderTrain(try open(source), preset, random: random, out: base)
          case .evaluation(let preset):
            try renderEvaluation(
              try open(source), resize: preset.resize, crop: preset.crop,
              channels: preset.channels, exact: true, out: base)
          }
        }
      }
    } catch let failure as Failure {
      throw failure.isResource
        ? ImageDataError.resources(key: key(), reason: failure.reason)
        : ImageDataError.unreadable(key: key(), reason: failure.reason)
    }
  }

  /// All pixels of `image`, upright, height × width × channels.
  /// - Throws: `ImageDataError.unreadable` naming `key`.
  public func pixels(
    of image: EncodedImage, channels: Int = 3, key: String = "in memory"
  ) throws -> (pixels: [UInt8], width: Int, height: Int) {
    do {
      return try image.bytes.withUnsafeBytes { raw in
        try withBase(of: raw) { address in
          let opened = try open(Source(image: image, address: address, count: raw.count))
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
    } catch let failure as Failure {
      throw failure.isResource
        ? ImageDataError.resources(key: key, reason: failure.reason)
        : ImageDataError.unreadable(key: key, reason: failure.reason)
    }
  }

  // MARK: - Presets

  private func renderTrain(
    _ opened: Opened, _ preset: TrainPreset, random: CounterRandom,
    out: UnsafeMutablePointer<UInt8>
  ) throws {
    var random = random
    let size = preset.size, channels = preset.channels
    switch preset.crop {
    case .randomResized(let scale, let ratio):
      let part = CropGeometry.randomResized(
        width: opened.width, height: opened.height, scale: scale, ratio: ratio, random: &random)
      let mirrored = random.happens(preset.flip)
      let picture = try decode(opened, channels: channels, part: part, least: (size, size))
      try resize(
        picture, width: size, height: size,
        window: PixelRectangle(x: 0, y: 0, width: size, height: size), mirrored: mirrored, out: out,
        stride: size * channels)
    case .padded(let padding):
      let y = random.integer(below: 2 * padding + 1) - padding
      let x = random.integer(below: 2 * padding + 1) - padding
      let mirrored = random.happens(preset.flip)
      try place(opened, size: size, channels: channels, x: x, y: y, mirrored: mirrored, out: out)
    case .none:
      let mirrored = random.happens(preset.flip)
      try place(opened, size: size, channels: channels, x: 0, y: 0, mirrored: mirrored, out: out)
    }
    guard let erasing = preset.erasing,
      let part = CropGeometry.erased(size: size, erasing: erasing, random: &random)
    else { return }
    erasing.fill.withUnsafeBufferPointer { colour in
      guard let colour = colour.baseAddress else { return }
      cimage_fill(
        out, Int64(size * channels), Int32(channels), Int32(part.x), Int32(part.y),
        Int32(part.width), Int32(part.height), colour)
    }
  }

  /// The picture at size × size, shifted by (`x`, `y`) with black around it.
  private func place(
    _ opened: Opened, size: Int, channels: Int, x: Int, y: Int, mirrored: Bool,
    out: UnsafeMutablePointer<UInt8>
  ) throws {
    if opened.width == size, opened.height == size {
      let picture = try opened.plain ?? decode(opened, channels: channels, part: nil, least: nil)
      window(
        picture, channels: channels, x: x, y: y, width: size, height: size, mirrored: mirrored,
        out: out)
      return
    }
    try withScratch(size * size * channels) { square in
      try renderEvaluation(
        opened, resize: size, crop: size, channels: channels, exact: false, out: square)
      let picture = Self.picture(square, width: size, height: size, channels: channels)
      window(
        picture, channels: channels, x: x, y: y, width: size, height: size, mirrored: mirrored,
        out: out)
    }
  }

  private func renderEvaluation(
    _ opened: Opened, resize shorter: Int, crop: Int, channels: Int, exact: Bool,
    out: UnsafeMutablePointer<UInt8>
  ) throws {
    let (width, height) = CropGeometry.resized(
      width: opened.width, height: opened.height, shorter: shorter)
    guard width <= 1 << 30, height <= 1 << 30 else {
      throw Failure(reason: "\(opened.width)x\(opened.height) is too elongated")
    }
    let x = CropGeometry.centre(length: width, crop: crop)
    let y = CropGeometry.centre(length: height, crop: crop)
    if opened.width == width, opened.height == height, let plain = opened.plain {
      window(plain, channels: channels, x: x, y: y, width: crop, height: crop, out: out)
      return
    }
    let picture = try decode(
      opened, channels: channels, part: nil, least: exact ? nil : (width, height))
    let inner = PixelRectangle(
      x: max(x, 0), y: max(y, 0), width: min(crop, width), height: min(crop, height))
    if inner.width == crop, inner.height == crop {
      try resize(
        picture, width: width, height: height, window: inner, mirrored: false, out: out,
        stride: crop * channels)
      return
    }
    try withScratch(inner.width * inner.height * channels) { part in
      try resize(
        picture, width: width, height: height, window: inner, mirrored: false, out: part,
        stride: inner.width * channels)
      let part = Self.picture(part, width: inner.width, height: inner.height, channels: channels)
      window(
        part, channels: channels, x: min(x, 0), y: min(y, 0), width: crop, height: crop, out: out)
    }
  }

  private func withScratch(
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

// MARK: - The C calls

extension ImageDecoder {
  fileprivate struct Failure: Error {
    let reason: String
    var isResource = false
  }

  fileprivate struct Source {
    let image: EncodedImage
    let address: UnsafePointer<UInt8>
    let count: Int
  }

  /// A picture whose size is known.
  fileprivate struct Opened {
    let source: Source
    let width: Int, height: Int
    /// The pixels, when nothing needs decoding.
    let plain: cimage_picture?
  }

  fileprivate static func picture(
    _ pixels: UnsafePointer<UInt8>, width: Int, height: Int, channels: Int
  ) -> cimage_picture {
    cimage_picture(
      pixels: pixels, stride: Int64(width * channels), width: Int32(width), height: Int32(height),
      channels: Int32(channels), box: (0, 0, Double(width), Double(height)))
  }

  fileprivate func open(_ source: Source) throws -> Opened {
    switch source.image {
    case .pixels(_, let width, let height, let channels):
      guard width > 0, height > 0, channels == 1 || channels == 3,
        source.count == width * height * channels
      else {
        throw Failure(reason: "\(source.count) bytes for \(width)x\(height)x\(channels) pixels")
      }
      guard width * height <= maxPixels else {
        throw Failure(reason: "\(width)x\(height) is more than \(maxPixels) pixels")
      }
      let plain = Self.picture(source.address, width: width, height: height, channels: channels)
      return Opened(source: source, width: width, height: height, plain: plain)
    case .file:
      var header = cimage_header()
      let (status, message) = withMessage {
        cimage_probe(source.address, Int64(source.count), $0, $1, &header)
      }
      try check(status, message)
      return Opened(
        source: source, width: Int(header.width), height: Int(header.height), plain: nil)
    }
  }

  fileprivate func decode(
    _ opened: Opened, channels: Int, part: PixelRectangle?, least: (width: Int, height: Int)?
  ) throws -> cimage_picture {
    var picture = Self.picture(opened.source.address, width: 0, height: 0, channels: channels)
    if let plain = opened.plain {
      try check(
        cimage_adopt(
          workspace, plain.pixels, plain.width, plain.height, plain.channels, Int32(channels),
          &picture), "out of memory")
      guard let part else { return picture }
      let offset = part.y * Int(picture.stride) + part.x * channels
      var cut = Self.picture(
        picture.pixels + offset, width: part.width, height: part.height, channels: channels)
      cut.stride = picture.stride
      return cut
    }
    var request = cimage_request()
    request.channels = Int32(channels)
    request.most_scans = Self.mostScans
    request.most_pixels = Int64(maxPixels)
    if let part {
      request.x = Int32(part.x)
      request.y = Int32(part.y)
      request.width = Int32(part.width)
      request.height = Int32(part.height)
    }
    if let least {
      request.least_width = Int32(least.width)
      request.least_height = Int32(least.height)
    }
    let (status, message) = withMessage {
      cimage_decode(
        workspace, opened.source.address, Int64(opened.source.count), &request, $0, $1, &picture)
    }
    try check(status, message)
    return picture
  }

  fileprivate func resize(
    _ picture: cimage_picture, width: Int, height: Int, window: PixelRectangle, mirrored: Bool,
    out: UnsafeMutablePointer<UInt8>, stride: Int
  ) throws {
    var picture = picture
    let status = cimage_resize(
      workspace, &picture, Int32(width), Int32(height), Int32(window.x), Int32(window.y),
      Int32(window.width), Int32(window.height), mirrored ? 1 : 0, out, Int64(stride))
    try check(status, "cannot resize \(picture.width)x\(picture.height) to \(width)x\(height)")
  }

  fileprivate func window(
    _ picture: cimage_picture, channels: Int, x: Int, y: Int, width: Int, height: Int,
    mirrored: Bool = false, out: UnsafeMutablePointer<UInt8>
  ) {
    var picture = picture
    cimage_window(
      &picture, Int32(channels), Int32(x), Int32(y), Int32(width), Int32(height),
      mirrored ? 1 : 0, out, Int64(width * channels))
  }

  private func check(_ status: Int32, _ message: @autoclosure () -> String) throws {
    if status == 0 { return }
    throw Failure(
      reason: message(), isResource: status == Int32(CIMAGE_NO_MEMORY))
  }
}

extension ImageDecoder { public static var codecs: [String] { [] } }
