import Files
import Foundation

/// The state of the file at `path`; 0 where there is none.
func fileState(of path: [UInt8]) -> UInt64 {
  var status = stat()
  guard stat(path.map { CChar(bitPattern: $0) } + [0], &status) == 0 else { return 0 }
  let numbers = [
    Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
    status.st_ctim.tv_nsec, Int(bitPattern: UInt(status.st_ino)),
  ]
  return numbers.withUnsafeBytes { XXHash64.hash($0) } | 1
}
