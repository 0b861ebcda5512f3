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
/// The choice is a function of the data set's labels and `seed`. Both lists ascend; samples without
/// a label are in `rest`.
/// - Throws: `ImageDataError.argument` naming a class with too few samples.
public func balancedSubset(
  of dataset: any ImageDataset, count: Int, seed: UInt64
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
  var isChosen = [Bool](repeating: false, count: dataset.count)
  for (label, quota) in quotas.enumerated() {
    let group = groups[label]
    guard quota <= group.count else {
      throw ImageDataError.argument(
        "class \(classes[label]) of \(dataset.name) has \(group.count) samples; "
          + "\(count) over \(classes.count) classes need \(quota)")
    }
    let shuffled = KeyedPermutation(count: max(group.count, 1), seed: seed, pass: label)
    for position in 0..<quota { isChosen[group[shuffled[position]]] = true }
  }
  return divide(isChosen)
}

/// Sets a part of every class aside, and of the samples without a label.
///
/// Of a class of n samples n × `fraction` are held out, rounded, and at least one where n > 1 and
/// the fraction is not zero. The choice is a function of the labels and `seed`; both lists ascend.
/// - Throws: `ImageDataError.argument` when `fraction` is not in 0 ..< 1.
public func holdOut(
  from dataset: any ImageDataset, fraction: Double, seed: UInt64
) throws -> (kept: [Int], heldOut: [Int]) {
  guard fraction >= 0, fraction < 1 else {
    throw ImageDataError.argument("cannot hold out \(fraction) of a data set; give 0 to below 1")
  }
  var isHeldOut = [Bool](repeating: false, count: dataset.count)
  for (label, group) in dataset.indicesByClass.enumerated() where !group.isEmpty {
    var quota = Int((Double(group.count) * fraction).rounded())
    if fraction > 0, group.count > 1 { quota = min(max(quota, 1), group.count - 1) }
    let shuffled = KeyedPermutation(count: group.count, seed: seed, pass: label)
    for position in 0..<quota { isHeldOut[group[shuffled[position]]] = true }
  }
  let (heldOut, kept) = divide(isHeldOut)
  return (kept, heldOut)
}

private func divide(_ isChosen: [Bool]) -> (chosen: [Int], rest: [Int]) {
  (isChosen.indices.filter { isChosen[$0] }, isChosen.indices.filter { !isChosen[$0] })
}
