import Copies
import ImageData

/// In which part of D each picture is held out.
///
/// Each class is dealt out in an order that follows from the seed, so that every part has as many of it as any other,
/// give or take one; copies of a picture are held out together, or a network would have learned it.
struct LabelFolds {
  /// By picture, its part.
  let part: [Int]
  /// How many parts there are.
  let count: Int

  /// Deals the pictures with these labels, of so many classes, into `count` parts.
  init(_ labels: [Int], classCount: Int, count: Int, seed: UInt64, copies: CopyGroups = .none) {
    var members = [[Int]](repeating: [], count: classCount)
    for (picture, label) in labels.enumerated() { members[label].append(picture) }
    var part = [Int](repeating: -1, count: labels.count)
    for (label, pictures) in members.enumerated() where !pictures.isEmpty {
      let order = KeyedPermutation(count: pictures.count, seed: seed, pass: label)
      // Each class begins with another part, so that classes of few pictures are not held out together.
      var next = label % count
      for place in pictures.indices {
        let picture = pictures[order[place]]
        guard part[picture] < 0 else { continue }
        for same in copies.samples(like: picture) { part[same] = next }
        next = (next + 1) % count
      }
    }
    self.part = part
    self.count = count
  }

  /// The pictures that are held out in `index`, and the others.
  func split(_ index: Int) -> (kept: [Int], heldOut: [Int]) {
    (part.indices.filter { part[$0] != index }, part.indices.filter { part[$0] == index })
  }
}
