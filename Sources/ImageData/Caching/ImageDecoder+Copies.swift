import CImage
import Files
import Foundation

extension ImageDecoder {
  /// A JPEG's longest side in libjpeg.
  private static let longestSideOfJPEG = 65_500

  /// `opened` as a cache keeps it, of which `picture` is all that was decoded, at full size and upright.
  ///
  /// A picture that is no larger than the format's size stays what it is, in JPEG caches its file with it. Others
  /// are resized with a cubic filter, which keeps more of what a crop shows than a triangle does.
  /// - Throws: `Failure` when there is no memory.
  func copy(of opened: Opened, decoded picture: cimage_picture, as format: CacheFormat) throws
    -> EncodedImage
  {
    let isSmall = min(opened.width, opened.height) <= format.size
    let (width, height) =
      isSmall
      ? (opened.width, opened.height)
      : CropGeometry.resized(width: opened.width, height: opened.height, shorter: format.size)
    let isJPEG = format.encoding == .jpeg
    if isJPEG, isSmall || max(width, height) > Self.longestSideOfJPEG { return opened.source.image }
    var picture = picture
    // The memory of plain pixels may end with them, and a resize reads past the last one.
    if let plain = opened.plain, plain.pixels == picture.pixels {
      picture = try decode(opened, channels: format.channels, part: nil, least: nil)
    }
    let count = width * height * format.channels
    guard let memory = malloc(count) else {
      throw Failure(reason: "out of memory", isResource: true)
    }
    var isOurs = true
    defer { if isOurs { free(memory) } }
    let pixels = memory.assumingMemoryBound(to: UInt8.self)
    if isSmall {
      window(
        picture, channels: format.channels, x: 0, y: 0, width: width, height: height, out: pixels)
    } else {
      try resize(
        picture, width: width, height: height, filter: .bicubic,
        window: PixelRectangle(x: 0, y: 0, width: width, height: height), out: pixels,
        stride: width * format.channels)
    }
    if let quality = format.quality {
      return .file(
        try encodeJPEG(
          pixels, width: width, height: height, channels: format.channels, quality: quality))
    }
    // Only now: of a few bytes `Data` keeps a copy and frees the memory at once.
    isOurs = false
    let data = Data(bytesNoCopy: memory, count: count, deallocator: .free)
    return .pixels(data, width: width, height: height, channels: format.channels)
  }
}

extension ImageDecoder {
  /// A copy that was made alone, and what it took.
  package struct MadeCopy {
    /// What a cache keeps.
    package let copy: EncodedImage
    /// The copy's size in pixels.
    package let width: Int, height: Int
    /// Whether it has fewer pixels than the picture.
    package let isSmaller: Bool
    /// How long it took once the picture was decoded.
    package let seconds: Double
  }

  /// What a cache of `format` keeps of `image`.
  /// - Throws: `ImageDataError.unreadable` naming `key`.
  package func copy(of image: EncodedImage, as format: CacheFormat, key: String) throws -> MadeCopy
  {
    try withOpened(image, key: key) { opened in
      let picture = try decode(opened, channels: format.channels, part: nil, least: nil)
      let start = Stopwatch()
      let copy = try self.copy(of: opened, decoded: picture, as: format)
      let seconds = start.seconds
      let isSmaller = min(opened.width, opened.height) > format.size
      let (width, height) =
        isSmaller
        ? CropGeometry.resized(width: opened.width, height: opened.height, shorter: format.size)
        : (opened.width, opened.height)
      return MadeCopy(
        copy: copy, width: width, height: height, isSmaller: isSmaller, seconds: seconds)
    }
  }
}
