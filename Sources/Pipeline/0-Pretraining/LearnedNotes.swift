import Copies
import Files
import Foundation
import ImageData
import Recipes
import Shards
import SystemPackage
import Terminal
import Training

/// What the pictures of W or V show, noted part by part in the stage's `pictures/PART.json`: which are copies
/// of known ones, which cannot be read, and one hash of all, by which a later start finds others in their
/// place.
///
/// A part that was noted is not looked at again while its files are as they were, so that a stop costs
/// one part.
struct LearnedNotes {
  /// A picture that is left out because a known one is the same.
  struct Copy: Codable, Equatable {
    /// Its place in its part.
    let position: Int
    /// Which picture it shows.
    let reason: String
  }

  /// What was found in one part.
  struct Part: Codable, Equatable {
    /// What the part holds, as `ShardedDataset.identity(ofShard:)` has it.
    let identity: String
    /// The states of its files.
    let filesState: String?
    /// The pictures that they must not hold, as `ImagesIdentity.leftOut` has them.
    let leftOut: String?
    /// Which of them count as the same.
    let leaveOut: String
    /// A picture with more pixels is unreadable.
    let maxPixels: Int
    /// The hash of the contents of all its pictures.
    let contents: String
    let copies: [Copy]
    let unreadable: Int
    let firstUnreadable: [BadSamples.Entry]
    let seconds: Double
  }

  /// The folder of the parts' notes.
  let folder: String
  let workers: Int

  /// Those of `stage` in `directory`.
  init(of stage: Stage, in directory: RunDirectory, workers: Int) {
    folder = "\(directory.folder(of: stage))/pictures"
    self.workers = workers
  }

  private func path(_ shard: Int, _ pictures: any ShardedDataset) -> String {
    "\(folder)/\(pictures.shardName(shard)).json"
  }

  private func noted(_ shard: Int, _ pictures: any ShardedDataset) -> Part? {
    try? JSON.read(Part.self, at: path(shard, pictures))
  }

  /// One hash of what all pictures hold now; nil where they were not noted yet. Parts whose files were
  /// touched since are read again.
  func contents(of pictures: any ShardedDataset) -> String? {
    var all = ""
    for shard in 0..<pictures.shardCount {
      guard let part = noted(shard, pictures) else { return nil }
      if part.filesState == pictures.filesState(ofShard: shard),
        part.identity == pictures.identity(ofShard: shard)
      {
        all += part.contents
        continue
      }
      guard let some = try? IndexedSubset(pictures, indices: Array(pictures.range(ofShard: shard))),
        let hashes = try? contentHashes(of: some, workers: workers)
      else { return nil }
      all += ImagesIdentity.hash(of: hashes.map { $0?.prefix ?? .none })
    }
    return Checksum.sha256(Data(all.utf8))
  }

  /// Looks at every picture that was not looked at yet.
  /// - Parameters:
  ///   - learned: W or V.
  ///   - run: The run, whose labelled and test pictures are known.
  /// - Returns: What was found in each part.
  /// - Throws: `Stopped`; `FileError`, `ImageDataError`.
  func note(_ learned: LearnedImages, in run: Run) throws -> [Part] {
    let pictures = learned.pictures
    let leaveOut = run.recipe.leaveOut(of: learned.stage)
    try RunDirectory.makeFolder(folder)
    let progress = run.console.progress(
      "\(learned.stage.imageSet) pictures", total: pictures.count)
    var parts: [Part] = []
    for shard in 0..<pictures.shardCount {
      try StopSignal.check()
      let range = pictures.range(ofShard: shard)
      let identity = pictures.identity(ofShard: shard)
      if let part = noted(shard, pictures), isOf(run, leaveOut, part), part.identity == identity,
        part.filesState == pictures.filesState(ofShard: shard)
      {
        parts.append(part)
      } else {
        let part = try note(shard, pictures, identity, leaveOut, in: run)
        try DurableFile.write(try JSON.pretty(part), to: path(shard, pictures))
        parts.append(part)
      }
      progress.advance(by: range.count)
    }
    progress.finish()
    return parts
  }

  /// Whether a part was compared with the pictures that the run knows, as its recipe has it.
  private func isOf(_ run: Run, _ leaveOut: Recipe.Duplicates, _ part: Part) -> Bool {
    part.leftOut == run.inputs.leftOut && part.maxPixels == run.recipe.data.maxPixels
      && part.leaveOut == leaveOut.rawValue
  }

  private func note(
    _ shard: Int, _ pictures: any ShardedDataset, _ identity: String,
    _ leaveOut: Recipe.Duplicates, in run: Run
  ) throws -> Part {
    let clock = Stopwatch()
    let state = pictures.filesState(ofShard: shard)
    let some = try IndexedSubset(pictures, indices: Array(pictures.range(ofShard: shard)))
    let found = try NotedContents(
      dataset: some, alike: leaveOut == .near, trusting: false,
      maxPixels: run.recipe.data.maxPixels, workers: workers
    ).note()
    var copies: [Copy] = []
    for (position, contents) in found.contents.enumerated()
    where leaveOut != .keep && contents.isReadable {
      guard let match = run.known.match(contents, alike: leaveOut == .near) else { continue }
      copies.append(Copy(position: position, reason: match.reason))
    }
    return Part(
      identity: identity, filesState: state, leftOut: run.inputs.leftOut,
      leaveOut: leaveOut.rawValue, maxPixels: run.recipe.data.maxPixels,
      contents: ImagesIdentity.hash(
        of: found.contents.indices.map { found.contents[$0].known(in: some, at: $0) }),
      copies: copies, unreadable: found.contents.count { !$0.isReadable },
      firstUnreadable: Array(found.unreadable.prefix(Evaluation.mostNamed)), seconds: clock.seconds)
  }
}
