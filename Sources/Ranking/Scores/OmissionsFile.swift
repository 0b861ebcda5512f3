import Files
import Foundation
import SystemPackage

/// The samples of a shard that got no score: the text file `SHARD.omitted`, which is not there where all
/// have one.
///
/// A line each, in the order of the samples: the position, a tab, the set that holds the same picture,
/// a tab, in how many bits they look different, a tab, the reason. The set is empty for a sample that
/// could not be read, `-` for one of which no scores were given, and the bits are empty for one whose bytes
/// are the same. Keys follow from positions.
/// They stand here and not in `SHARD.json` so that a hundred thousand broken pictures are never in
/// memory at once.
public enum OmissionsFile {
  /// Calls `body` with every sample that is listed, in order.
  /// - Parameters:
  ///   - path: The file.
  ///   - sha256: The SHA-256 that its shard's record has of it.
  ///   - body: What is done with each sample.
  /// - Throws: `FileError` when it cannot be read, `RankingError.corruptFile` when it is not the one that
  ///   was written, what `body` throws.
  public static func forEach(
    in path: String, sha256: String, _ body: (Omission) throws -> Void
  ) throws {
    func damaged(_ reason: String) -> RankingError {
      .corruptFile(path: path, reason: "\(reason); score this shard again")
    }
    guard try Checksum.sha256(file: path) == sha256 else {
      throw damaged("it is not what the shard's record says")
    }
    let file = try MappedFile(path: path)
    try withExtendedLifetime(file) {
      var rest = file.bytes[...]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        guard let omission = omission(rest[rest.startIndex..<end]) else {
          throw damaged("it has a line that says nothing")
        }
        try body(omission)
        rest = rest[(end + 1)...]
      }
      guard rest.isEmpty else { throw damaged("its last line has no end") }
    }
  }

  /// What stands in place of a set's name for a sample without scores.
  fileprivate static let withoutScores = "-"

  private static func omission(_ line: Slice<UnsafeRawBufferPointer>) -> Omission? {
    let parts = line.split(
      separator: UInt8(ascii: "\t"), maxSplits: 3, omittingEmptySubsequences: false
    ).map { String(decoding: $0, as: UTF8.self) }
    guard parts.count == 4, let position = Int(parts[0]), position >= 0 else { return nil }
    if parts[1] == withoutScores {
      return Omission(position: position, reason: parts[3], isWithoutScores: true)
    }
    return Omission(
      position: position, reason: parts[3],
      copy: parts[1].isEmpty ? nil : Omission.Copy(of: parts[1], bits: Int(parts[2])))
  }
}

/// Writes the samples that a shard goes without as they come.
public final class OmissionsFileWriter {
  private let path: String
  private var file: DurableFile?
  private var lines: [UInt8] = []
  /// How many could not be read.
  public private(set) var unreadable = 0
  /// How many were left out on purpose.
  public private(set) var excluded = 0
  /// Of how many no scores were given.
  public private(set) var withoutScores = 0
  private static let buffered = 1 << 16

  /// Starts the file at `path`, which is made with the first sample.
  public init(path: String) { self.path = path }

  /// Appends a sample.
  /// - Throws: `FileError` naming the file.
  public func append(_ omission: Omission) throws {
    switch (omission.isWithoutScores, omission.copy) {
    case (true, _): withoutScores += 1
    case (false, nil): unreadable += 1
    case (false, _?): excluded += 1
    }
    let parts = [
      String(omission.position),
      omission.isWithoutScores ? OmissionsFile.withoutScores : omission.copy?.set ?? "",
      omission.copy?.bits.map(String.init) ?? "",
      omission.reason,
    ]
    let line = parts.map { part in
      String(String.UnicodeScalarView(part.unicodeScalars.map { $0.value < 32 ? " " : $0 }))
    }
    lines += Array(line.joined(separator: "\t").utf8) + [UInt8(ascii: "\n")]
    if lines.count >= Self.buffered { try flush() }
  }

  /// Ends the file; where nothing was left out, there is none afterwards.
  /// - Returns: Its SHA-256; nil where there is none.
  /// - Throws: `FileError` naming the file.
  public func finish() throws -> String? {
    guard unreadable + excluded + withoutScores > 0 else {
      guard FilePath(text: path).unlink() == 0 || errno == ENOENT else {
        throw FileError("remove", path, code: errno)
      }
      return nil
    }
    try flush()
    try file?.commit()
    return try Checksum.sha256(file: path)
  }

  private func flush() throws {
    let file = try file ?? DurableFile(path: path)
    self.file = file
    try lines.withUnsafeBytes { try file.write($0) }
    lines.removeAll(keepingCapacity: true)
  }
}
