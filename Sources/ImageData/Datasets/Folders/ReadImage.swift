package import Foundation

/// The bytes of the picture file at `path`, read in one go (a map would fault when it is cut short).
///
/// The path is bytes, as the system has it: file names of old archives are often not UTF-8.
/// - Throws: `ImageDataError.unreadable` naming `key`, or `.resources` where memory or descriptors
///   have run out, which is not the picture's fault.
package func readImage(_ path: [UInt8], key: String) throws -> Data {
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
  var status = stat()
  guard descriptor >= 0 else {
    let code = errno
    // A socket cannot be opened by its name, and not every device can.
    guard code == ENXIO, stat(path.map { CChar(bitPattern: $0) } + [0], &status) == 0 else {
      throw failure(code)
    }
    throw ImageDataError.unreadable(key: key, reason: noFile(status))
  }
  defer { close(descriptor) }
  guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw ImageDataError.unreadable(key: key, reason: noFile(status))
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

/// What something is that is no file: "a socket, not a regular file".
private func noFile(_ status: stat) -> String {
  let kinds: [mode_t: String] = [
    S_IFIFO: "a pipe, ", S_IFCHR: "a device, ", S_IFBLK: "a device, ", S_IFDIR: "a folder, ",
    S_IFSOCK: "a socket, ",
  ]
  return (kinds[status.st_mode & S_IFMT] ?? "") + "not a regular file"
}

/// Why there may be no file at `path`, by how it is written; nil where that says nothing.
func whyMissing(_ path: [UInt8]) -> String? {
  let text = String(decoding: path.prefix(200), as: UTF8.self)
  if text.contains("\\") { return "its path has backslashes, as on Windows" }
  if text.contains("://") { return "it is an address; pictures have to be files on this machine" }
  return text.hasPrefix("~/") ? "write the home folder out for ~" : nil
}
