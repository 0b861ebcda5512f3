import Files
import SystemPackage

extension IndexedCollection {
  /// The pictures under the classes that occur among them: what a labelled set in shards is.
  ///
  /// Labels that are numbers (`.cls`) are called as `classes.txt` beside the shards says, or in the
  /// index's folder, or else by their digits; their order is that of the numbers. Without any label
  /// there are no classes.
  /// - Throws: `ImageDataError.dataset` when `classes.txt` has too few names, or two classes have one.
  /// - Complexity: O(samples); four bytes a sample.
  public func labelled() throws -> Relabelled {
    var labels = [Int32](repeating: -1, count: count)
    var isThere = [Bool](repeating: false, count: classes.count)
    for index in 0..<count {
      guard let label = label(at: index) else { continue }
      labels[index] = Int32(label)
      isThere[label] = true
    }
    var names = classes
    if classes == classes.indices.map(String.init),
      let given = ClassNames.names(in: FilePath(text: folder))
    {
      if let most = isThere.lastIndex(of: true), most >= given.count {
        throw ImageDataError.dataset(
          path: "\(folder)/\(ClassNames.file)",
          reason: "it names \(given.count) classes, but label \(most) occurs")
      }
      names = given
    }
    let found = isThere.indices.filter { isThere[$0] }
    var places = [Int32](repeating: -1, count: classes.count)
    for (place, label) in found.enumerated() { places[label] = Int32(place) }
    for index in labels.indices where labels[index] >= 0 {
      labels[index] = places[Int(labels[index])]
    }
    let labelled = try Relabelled(self, labels: labels, classes: found.map { names[$0] })
    try labelled.requireDistinctClasses(in: name, "labels", "write the same in all samples")
    return labelled
  }
}

/// Whether `text` names shards of labelled pictures: what `namesShards` says, but a folder of class
/// folders is one whatever archive lies beside them.
public func namesLabelledShards(_ text: String) -> Bool {
  guard namesShards(text) else { return false }
  return IndexedCollection.exists(in: text) || !ShardList.holdsFoldersOfPictures(text)
}

/// Why the shards that `text` names can only be read from their beginning to their end, as far as names
/// tell; nil where any picture can be read by itself.
/// - Throws: `ImageDataError` when `text` names none.
public func whyReadInOrder(shards text: String) throws -> String? {
  for location in try ShardList.shards(of: text) ?? [] {
    switch location.kind {
    case .pipe: return "\(location.description) can only be read from its beginning to its end"
    case .url: return "\(location.text) is on a server"
    case .file where !location.text.lowercased().hasSuffix(".tar"):
      return "\(location.text) is compressed"
    case .file, .pictures, .dataset: continue
    }
  }
  return nil
}
