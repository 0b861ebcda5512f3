/// The word of `words` that `word` was most likely meant to be, or nil when none is near.
///
/// Near means at most two edits, or a third of the longer word's letters if that is more, without
/// regard to case; a word whose beginning `word` is counts as near too. Of equally near ones the
/// first wins.
public func nearest(_ word: String, in words: some Sequence<String>) -> String? {
  let typed = word.lowercased()
  guard !typed.isEmpty else { return nil }
  var best: (word: String, distance: Int)?
  for candidate in words {
    let target = candidate.lowercased()
    let begins = typed.count >= 3 && target.hasPrefix(typed)
    let distance = begins ? 0 : editDistance(typed, target)
    let longest = max(typed.count, target.count)
    guard distance <= max(2, longest / 3), distance < longest else { continue }
    if distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.word
}

/// The least number of insertions, deletions, replacements and swaps of neighbours between two
/// words, no letter touched twice (optimal string alignment).
/// - Complexity: O(mn) time, O(n) memory.
func editDistance(_ first: String, _ second: String) -> Int {
  let (a, b) = (Array(first), Array(second))
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 1...a.count {
    var row = [i] + [Int](repeating: 0, count: b.count)
    for j in 1...b.count {
      let replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      row[j] = min(replaced, last[j] + 1, row[j - 1] + 1)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        row[j] = min(row[j], beforeLast[j - 2] + 1)
      }
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
