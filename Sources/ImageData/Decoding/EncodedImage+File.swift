public import Foundation

extension EncodedImage {
  /// The picture as a file of its own: its extension and its bytes. Plain pixels become a PNG.
  /// - Throws: `ImageDataError` when the pixels are not as many as the picture has.
  public func asFile() throws -> (extension: String, bytes: Data) {
    switch self {
    case .file(let data):
      let format = (try? ImageHeader(of: data))?.format ?? .jpeg
      return (format.fileExtension, data)
    case .pixels(let data, let width, let height, let channels):
      let png = try Thumbnail(
        pixels: Array(data), width: width, height: height, channels: channels, format: .png)
      return ("png", png.bytes)
    }
  }
}
