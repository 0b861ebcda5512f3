import CImage
import Copies
import Foundation

// The only Swift that calls the C decoder.

extension ImageDecoder {
  /// What went wrong with one picture, before it is known what the picture is called.
  struct Failure: Error {
    let reason: String
    var isResource = false
  }

  /// An encoded picture's bytes for as long as they stay where they are.
  struct Source {
    let image: EncodedImage
    let address: UnsafePointer<UInt8>
    let count: Int
  }

  /// A picture whose size is known.
  struct Opened {
    let source: Source
    let width: Int, height: Int
    /// The pixels, when nothing needs decoding.
    let plain: cimage_picture?
  }

  /// Plain pixels as the C functions want them.
  static func picture(
    _ pixels: UnsafePointer<UInt8>, width: Int, height: Int, channels: Int
  ) -> cimage_picture {
    cimage_picture(
      pixels: pixels, stride: Int64(width * channels), width: Int32(width), height: Int32(height),
      channels: Int32(channels), box: (0, 0, Double(width), Double(height)), lacks_end: 0)
  }

  /// Reads the size, from the header where there is one.
  func open(_ source: Source) throws -> Opened {
    switch source.image {
    case .pixels(_, let width, let height, let channels):
      // The largest size first, so that the product cannot overflow.
      guard 1...Self.longestSide ~= width, 1...Self.longestSide ~= height,
        channels == 1 || channels == 3, source.count == width * height * channels
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
      let (message, status) = withLine {
        cimage_probe(source.address, Int64(source.count), $0, $1, &header)
      }
      try check(status, message)
      return Opened(
        source: source, width: Int(header.width), height: Int(header.height), plain: nil)
    }
  }

  /// The pixels of `part`, or of all; at a reduced size where `least` still fits.
  func decode(
    _ opened: Opened, channels: Int, part: PixelRectangle?, least: (width: Int, height: Int)?
  ) throws -> cimage_picture {
    var picture = Self.picture(opened.source.address, width: 0, height: 0, channels: channels)
    if let plain = opened.plain {
      let part =
        part
        ?? PixelRectangle(x: 0, y: 0, width: Int(plain.width), height: Int(plain.height))
      let offset = part.y * Int(plain.stride) + part.x * Int(plain.channels)
      try check(
        cimage_adopt(
          workspace, plain.pixels + offset, plain.stride, Int32(part.width), Int32(part.height),
          plain.channels, Int32(channels), &picture), "out of memory")
      return picture
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
    let (message, status) = withLine {
      cimage_decode(
        workspace, opened.source.address, Int64(opened.source.count), &request, $0, $1, &picture)
    }
    try check(status, message)
    if picture.lacks_end != 0 { lacksEnd = true }
    return picture
  }

  /// Resizes all of `picture` and writes `window` of the result.
  func resize(
    _ picture: cimage_picture, width: Int, height: Int, filter: Interpolation,
    window: PixelRectangle, mirrored: Bool = false, out: UnsafeMutablePointer<UInt8>, stride: Int
  ) throws {
    var picture = picture
    let status = cimage_resize(
      workspace, &picture, Int32(width), Int32(height), filter.code, Int32(window.x),
      Int32(window.y), Int32(window.width), Int32(window.height), mirrored ? 1 : 0, out,
      Int64(stride))
    try check(status, "cannot resize \(picture.width)x\(picture.height) to \(width)x\(height)")
  }

  /// Copies what `picture` has in the rectangle, black around it.
  func window(
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

extension ImageDecoder {
  static let longestSide = 1 << 30

  /// The codec libraries at hand with their versions.
  public static var codecs: [String] {
    let (text, _) = withLine { cimage_codecs($0, $1) }
    return text.split(separator: ",").map { $0.drop { $0 == " " } }.map(String.init)
  }
}

extension Interpolation {
  fileprivate var code: Int32 {
    switch self {
    case .bilinear: Int32(CIMAGE_BILINEAR)
    case .bicubic: Int32(CIMAGE_BICUBIC)
    }
  }
}

extension ImageDecoder {
  /// The fingerprint of the whole of `picture`.
  func perceptualHash(of picture: cimage_picture) throws -> PerceptualHash {
    var picture = picture
    return try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 4) { words in
      guard let out = words.baseAddress else { return .none }
      words.initialize(repeating: 0)
      try check(cimage_fingerprints(workspace, &picture, out), "out of memory")
      return PerceptualHash(
        whole: Fingerprint(low: words[0], high: words[1]),
        inner: Fingerprint(low: words[2], high: words[3]))
    }
  }
}

extension ImageDecoder {
  /// A JPEG file of `height` rows of `width` × `channels` bytes.
  func encodeJPEG(
    _ pixels: UnsafePointer<UInt8>, width: Int, height: Int, channels: Int, quality: Int
  ) throws -> Data {
    var out: UnsafeMutablePointer<UInt8>?
    var count: Int64 = 0
    let status = cimage_encode_jpeg(
      pixels, Int32(width), Int32(height), Int32(channels), Int32(quality), &out, &count)
    try check(status, "cannot encode \(width)x\(height)x\(channels)")
    guard let out else { throw Failure(reason: "out of memory", isResource: true) }
    return Data(bytesNoCopy: out, count: Int(count), deallocator: .free)
  }
}
