public import Copies
import Foundation

extension ImageDataset {
  /// The samples' positions by class, and last those without a label.
  fileprivate var indicesByClass: [[Int]] {
    var groups = [[Int]](repeating: [], count: classes.count + 1)
    for index in 0..<count { groups[label(at: index) ?? classes.count].append(index) }
    return groups
  }
}

/// Chooses `count` labelled samples, as many of each class as of any other (give or take one).
///
/// The choice is a function of the data set's labels, its copies and `seed`. Both lists ascend; samples
/// without a label are in `rest`. Copies of one picture are all chosen or none of them, unless a class
/// has too few other pictures for that.
/// - Throws: `ImageDataError.argument` naming a class with too few samples.
public func balancedSubset(
  of dataset: any ImageDataset, count: Int, seed: UInt64, copies: CopyGroups = .none
) throws -> (chosen: [Int], rest: [Int]) {
  let classes = dataset.classes
  guard !classes.isEmpty else {
    throw ImageDataError.argument("\(dataset.name) has no labels to balance")
  }
  guard count >= 0 else { throw ImageDataError.argument("cannot choose \(count) samples") }
  let groups = dataset.indicesByClass
  var quotas = [Int](repeating: count / classes.count, count: classes.count)
  let order = KeyedPermutation(count: classes.count, seed: seed, pass: classes.count)
  for position in 0..<count % classes.count { quotas[order[position]] += 1 }
  for (label, quota) in quotas.enumerated() where quota > groups[label].count {
    throw ImageDataError.argument(
      "class \(classes[label]) of \(dataset.name) has \(groups[label].count) samples; "
        + "\(count) over \(classes.count) classes need \(quota)")
  }
  var isChosen = [Bool](repeating: false, count: dataset.count)
  var room = quotas
  for (label, group) in groups.dropLast().enumerated() {
    let shuffled = KeyedPermutation(count: max(group.count, 1), seed: seed, pass: label)
    let samples = group.indices.lazy.map { group[shuffled[$0]] }
    for sample in samples where !isChosen[sample] {
      guard room[label] > 0 else { break }
      let same = copies.samples(like: sample).filter { dataset.label(at: $0) != nil }
      let counts = dataset.countPerLabel(same)
      guard counts.allSatisfy({ $1 <= room[$0] }) else { continue }
      for sample in same { isChosen[sample] = true }
      for (label, count) in counts { room[label] -= count }
    }
    // Only copies are left: then some of them must do.
    for sample in samples where !isChosen[sample] {
      guard room[label] > 0 else { break }
      isChosen[sample] = true
      room[label] -= 1
    }
  }
  return divide(isChosen)
}

/// Sets a part of every class aside, and of the samples without a label.
///
/// Of a class of n samples n × `fraction` are held out, rounded, and at least one where n > 1 and
/// the fraction is not zero. Copies of one picture are all held out or none of them, and of every class
/// something is kept, for which less or, of a class of copies only, more may be held out. The choice is
/// a function of the labels, the copies and `seed`; both lists ascend.
/// - Throws: `ImageDataError.argument` when `fraction` is not in 0 ..< 1.
public func holdOut(
  from dataset: any ImageDataset, fraction: Double, seed: UInt64, copies: CopyGroups = .none
) throws -> (kept: [Int], heldOut: [Int]) {
  guard fraction >= 0, fraction < 1 else {
    throw ImageDataError.argument("cannot hold out \(fraction) of a data set; give 0 to below 1")
  }
  var isHeldOut = [Bool](repeating: false, count: dataset.count)
  let groups = dataset.indicesByClass
  var kept = groups.map(\.count)
  for (label, group) in groups.enumerated() where !group.isEmpty {
    var quota = Int((Double(group.count) * fraction).rounded())
    if fraction > 0, group.count > 1 { quota = min(max(quota, 1), group.count - 1) }
    let shuffled = KeyedPermutation(count: group.count, seed: seed, pass: label)
    // Copies that have another class's label may be held out already.
    var room = quota - (group.count - kept[label])
    /// Holds out the sample and its copies, where that leaves something of every class.
    func holdOut(_ sample: Int, atMost most: Int) -> Bool {
      let same = copies.samples(like: sample)
      let counts = dataset.countPerLabel(same)
      guard counts[label] ?? 0 <= most, same.count == 1 || counts.allSatisfy({ $1 < kept[$0] })
      else { return false }
      for sample in same { isHeldOut[sample] = true }
      for (label, count) in counts { kept[label] -= count }
      room -= counts[label] ?? 0
      return true
    }
    let samples = group.indices.lazy.map { group[shuffled[$0]] }
    for sample in samples where !isHeldOut[sample] {
      guard room > 0 else { break }
      _ = holdOut(sample, atMost: room)
    }
    guard quota > 0, kept[label] == group.count else { continue }
    _ = samples.first { holdOut($0, atMost: .max) }
  }
  let (heldOut, rest) = divide(isHeldOut)
  return (rest, heldOut)
}

/// Makes classes unequal: keeps all of the most frequent one, 1 / `ratio` of the rarest one, and of those between parts
/// that fall exponentially from class to class, as CIFAR-LT has them.
///
/// Which class is how frequent, and which of its samples are kept, is a function of the labels and `seed`. Of a class
/// that has any sample one is kept at least, and those without a label are. The list ascends.
/// - Throws: `ImageDataError.argument` when `ratio` is below 1, or there are no classes.
public func longTail(
  of dataset: any ImageDataset, ratio: Double, seed: UInt64
) throws -> [Int] {
  let count = dataset.classes.count
  guard ratio >= 1, ratio.isFinite else {
    throw ImageDataError.argument("classes cannot be \(ratio) to 1; give 1 or more")
  }
  guard count > 0 else {
    throw ImageDataError.argument("\(dataset.name) has no labels to make unequal")
  }
  let order = KeyedPermutation(count: count, seed: seed, pass: count)
  let groups = dataset.indicesByClass
  var kept = groups[count]
  for place in 0..<count {
    let label = order[place]
    let group = groups[label]
    guard !group.isEmpty else { continue }
    let part = pow(ratio, -Double(place) / Double(max(count - 1, 1)))
    let quota = max(1, Int((Double(group.count) * part).rounded()))
    let shuffled = KeyedPermutation(count: group.count, seed: seed, pass: label)
    kept += (0..<quota).map { group[shuffled[$0]] }
  }
  return kept.sorted()
}

extension ImageDataset {
  /// How many of `samples` there are of each label; those without one count as of one more class.
  fileprivate func countPerLabel(_ samples: [Int]) -> [Int: Int] {
    samples.reduce(into: [:]) { $0[label(at: $1) ?? classes.count, default: 0] += 1 }
  }
}

private func divide(_ isChosen: [Bool]) -> (chosen: [Int], rest: [Int]) {
  (isChosen.indices.filter { isChosen[$0] }, isChosen.indices.filter { !isChosen[$0] })
}
