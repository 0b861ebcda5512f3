public import Foundation

/// How wide and high a picture is, in pixels.
public struct ImageSize: Sendable, Hashable {
  /// How wide it is.
  public let width: Int
  /// How high it is.
  public let height: Int

  /// The size of `width` by `height` pixels, or nil where one of them is 0 or less.
  public init?(width: Int, height: Int) {
    guard width > 0, height > 0 else { return nil }
    self.width = width
    self.height = height
  }

  /// What the header of the picture file `data` says, the picture turned upright, or nil where it is
  /// none that is known.
  public init?(of data: Data) {
    guard let header = try? ImageHeader(of: data) else { return nil }
    self.init(width: header.width, height: header.height)
  }
}
