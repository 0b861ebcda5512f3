public import Copies

extension ContentHash {
  /// Hashes the bytes of `image`, or its pixels where it has no file of its own.
  public init(of image: EncodedImage) {
    self.init(of: image.bytes)
  }
}
