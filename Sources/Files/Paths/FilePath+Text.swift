public import SystemPackage

extension FilePath {
  /// The path that is written as `text`; see `PathText`.
  public init(text: String) {
    self.init(platformString: PathText.bytes(of: text).map { CChar(bitPattern: $0) } + [0])
  }

  /// The path as text; see `PathText`.
  public var text: String { PathText.text(of: bytes) }

  /// The path's bytes, as the system has them.
  public var bytes: [UInt8] {
    withPlatformString { path in
      Array(UnsafeBufferPointer(start: path, count: length)).map { UInt8(bitPattern: $0) }
    }
  }
}
