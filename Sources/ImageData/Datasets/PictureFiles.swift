import Files
import Foundation

/// Picture files named one by one, without labels; their keys are the paths as given.
public struct PictureFiles: ImageDataset {
  private let paths: [String]

  /// The files at `paths`, in this order; they are looked at when they are read.
  public init(_ paths: [String]) {
    self.paths = paths
  }

  /// What messages call it.
  public var name: String { "the files given" }

  /// The class names in the order of their labels.
  public var classes: [String] { [] }

  /// How many samples there are.
  public var count: Int { paths.count }

  /// The sample's key.
  public func key(at index: Int) -> String { paths[index] }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? { nil }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage {
    .file(try readPicture(PathText.bytes(of: paths[index]), key: paths[index]))
  }
}

/// The bytes of the picture file at `path`, read in one go (a map would fault when it is cut short).
///
/// The path is bytes, as the system has it: file names of old archives are often not UTF-8.
/// - Throws: `ImageDataError.unreadable` naming `key`, or `.resources` where memory or descriptors
///   have run out, which is not the picture's fault.
func readPicture(_ path: [UInt8], key: String) throws -> Data {
  func failure(_ code: Int32) -> ImageDataError {
    let reason = String(cString: strerror(code))
    return [ENOMEM, EMFILE, ENFILE].contains(code)
      ? .resources(key: key, reason: reason) : .unreadable(key: key, reason: reason)
  }
  guard !path.contains(0) else {
    throw ImageDataError.unreadable(key: key, reason: "the path holds a zero byte")
  }
  // Not blocking: a pipe named like a picture would wait for its writer for ever.
  let descriptor = open(
    path.map { CChar(bitPattern: $0) } + [0], O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw failure(errno) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw ImageDataError.unreadable(key: key, reason: "not a regular file")
  }
  let count = Int(status.st_size)
  guard count > 0 else { throw ImageDataError.unreadable(key: key, reason: "the file is empty") }
  guard count <= EncodedImage.mostFileBytes else {
    throw ImageDataError.unreadable(
      key: key,
      reason: "the file of \(count) bytes is larger than \(EncodedImage.mostFileBytes)")
  }
  guard let memory = malloc(count) else { throw failure(ENOMEM) }
  var done = 0
  while done < count {
    let got = Foundation.read(descriptor, memory + done, count - done)
    if got < 0 && errno == EINTR { continue }
    guard got > 0 else {
      let code = errno
      free(memory)
      throw got < 0
        ? failure(code)
        : ImageDataError.unreadable(key: key, reason: "the file shrank while it was read")
    }
    done += got
  }
  return Data(bytesNoCopy: memory, count: count, deallocator: .free)
}
