import Files
import Foundation
import ImageData
import SystemPackage

/// The shards that an index cannot be made of, and what to say about them.
struct FailedShards {
  /// A shard that is not there or cannot be read.
  struct Failure {
    let shard: IndexPlan.Shard
    let error: ImageDataError

    /// Why, without the shard's name, in one line: a command may have many.
    var reason: String {
      let text = if case .source(_, let reason) = error { reason } else { "\(error)" }
      return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
  }

  /// Without `allowsMissing`, so many failures one after the other are the fault of something that all
  /// shards have in common; nobody wants to wait for each of ten thousand to time out.
  static let mostInARow = 25
  /// So many are named; a list of ten thousand helps nobody.
  static let mostNamed = 5

  /// In the order of the shards.
  let failures: [Failure]
  /// How many shards there are.
  let shardCount: Int
  /// Whether the shards after these were not tried.
  var isGivenUp = false

  /// The files among `shards` that are not there, for which none has to be opened.
  /// - Complexity: O(shards), a system call each.
  init(absentFilesOf shards: [IndexPlan.Shard]) {
    shardCount = shards.count
    failures = shards.compactMap { shard in
      guard shard.location.kind == .file, !FilePath(text: shard.location.text).exists,
        errno == ENOENT || errno == ENOTDIR
      else { return nil }
      let reason = "cannot open \(shard.location.text): \(String(cString: strerror(errno)))"
      return Failure(shard: shard, error: .source(shard: shard.name, reason: reason))
    }
  }

  init(_ failures: [Failure], shardCount: Int) {
    self.failures = failures
    self.shardCount = shardCount
  }

  /// The error that names all of them, or the first few.
  var error: ImageDataError {
    if failures.count == 1, shardCount == 1, let only = failures.first { return only.error }
    let named = failures.prefix(Self.mostNamed).map { "\($0.shard.name) (\($0.reason))" }
    let more = failures.count > named.count ? "; and \(failures.count - named.count) more" : ""
    let what = isGivenUp ? "\(failures.count) in a row" : "\(failures.count)"
    let (are, them) = failures.count == 1 ? ("is", "it") : ("are", "them")
    return .shards(
      "\(what) of \(shardCount) shards \(are) not there or cannot be read: "
        + "\(named.joined(separator: "; "))\(more). Mend \(them) and run halcyon index again, "
        + "which goes on where it was, or leave \(them) out with its --allow-missing")
  }
}
