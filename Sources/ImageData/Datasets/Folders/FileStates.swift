import Files
import Foundation

/// Pictures in files whose state can be asked for without reading them.
public protocol FileBackedDataset: ImageDataset {
  /// What tells that the sample's file was written, replaced or moved: a hash of its size, its times and
  /// its number; 0 where that is not known.
  func fileState(at index: Int) -> UInt64
}

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

extension ImageDataset {
  /// The state of the sample's file; 0 where that is not known.
  package func stateOfFile(at index: Int) -> UInt64 {
    (self as? any FileBackedDataset)?.fileState(at: index) ?? 0
  }
}

extension IndexedSubset: FileBackedDataset {
  /// The state of the sample's file.
  public func fileState(at index: Int) -> UInt64 { base.stateOfFile(at: indices[index]) }
}

extension Relabelled: FileBackedDataset {
  /// The state of the sample's file.
  public func fileState(at index: Int) -> UInt64 { base.stateOfFile(at: index) }
}
