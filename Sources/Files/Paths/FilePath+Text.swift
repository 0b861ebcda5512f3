public import SystemPackage

extension FilePath {
  /// The path that `text` stands for; see `PathText`.
  public init(text: String) {
    self.init(platformString: PathText.bytes(of: text).map { CChar(bitPattern: $0) } + [0])
  }

  /// The text that stands for the path; see `PathText`.
  public var text: String { PathText.text(of: bytes) }

  /// The path's bytes, as the system has them.
  public var bytes: [UInt8] {
    withPlatformString { path in
      Array(UnsafeBufferPointer(start: path, count: length)).map { UInt8(bitPattern: $0) }
    }
  }
}
