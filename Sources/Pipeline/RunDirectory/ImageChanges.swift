import Files

/// In which pictures a set differs from what it was, in words.
struct ImageChanges {
  private var relabelled: [String] = []
  private var altered: [String] = []
  private var gone: [String] = []
  private var added: [String] = []
  private let isInSameOrder: Bool

  init(from was: [ImageList.Entry], to now: [ImageList.Entry]) {
    let keys = was.map(\.key)
    isInSameOrder = keys == now.map(\.key)
    var before = Dictionary(zip(keys, was), uniquingKeysWith: { first, _ in first })
    for entry in now {
      guard let old = before.removeValue(forKey: entry.key) else {
        added.append(entry.key)
        continue
      }
      if old.className != entry.className {
        relabelled.append("\(entry.key) \(old.className) → \(entry.className)")
      }
      if old.contents != entry.contents { altered.append(entry.key) }
    }
    gone = keys.filter { before[$0] != nil }
  }

  /// "the labels of 21 labelled pictures have changed (d/x.png north → south, …)".
  func text(of set: String) -> String {
    let isEmpty = [relabelled, altered, gone, added].allSatisfy(\.isEmpty)
    guard !isEmpty else {
      return isInSameOrder
        ? "the classes of the \(set) pictures have changed"
        : "the order of the \(set) pictures has changed"
    }
    func few(_ list: [String]) -> String {
      " (" + list.prefix(4).joined(separator: ", ") + (list.count > 4 ? ", …)" : ")")
    }
    func pictures(_ list: [String]) -> String {
      Format.counted(list.count, "\(set) picture", "\(set) pictures")
    }
    var parts: [String] = []
    for (what, list) in [("labels", relabelled), ("contents", altered)] where !list.isEmpty {
      parts.append("the \(what) of \(pictures(list)) have changed\(few(list))")
    }
    for (what, list) in [("gone", gone), ("new", added)] where !list.isEmpty {
      parts.append("\(pictures(list)) \(list.count == 1 ? "is" : "are") \(what)\(few(list))")
    }
    return parts.joined(separator: ", ")
  }
}
