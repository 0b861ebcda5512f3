import Files
public import ImageData
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
          reason: "it names \(Format.counted(given.count, "class", "classes")), but label \(most) "
            + "occurs; give each label from 0 to \(most) a line"
            + (isThere.first == false && most == given.count
              ? ", or count the labels from 0: none is 0" : ""))
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
    let (kind, advice) =
      catalogue.labelsAreNumbers
      ? ("lines of \(ClassNames.file)", "write a name of its own for each class")
      : ("labels", "write the same in all samples")
    try labelled.requireDistinctClasses(in: name, kind, advice)
    return labelled
  }

  /// Why the sample has no label: what is wrong with the member that would say it, or that none does.
  /// - Complexity: O(problems of its shard).
  public func whyUnlabelled(at index: Int) -> String? {
    guard label(at: index) == nil else { return nil }
    let row = catalogue.row(place(of: index).shard)
    guard [.file, .url, .pipe].contains(row.location.kind) else { return nil }
    let prefix = row.prefix.isEmpty ? "" : row.prefix + "/"
    let key = key(at: index)
    let found = problems(ofShard: place(of: index).shard).first { problem in
      WebDatasetSamples.stem(of: Array(problem.key.utf8)).map {
        key == prefix + String(decoding: $0, as: UTF8.self)
      } ?? false
    }
    guard let found else {
      return "in \(row.location.description) neither a .cls beside it nor a .json says its class "
        + "(\(SampleMetadata.labelKeyNames))"
    }
    return "\(found.key) in \(row.location.description): \(found.reason)"
  }
}

extension IndexedCollection {
  /// Where `classes.txt` would name numbered classes: beside the first shard, or in the index's folder.
  public var placeForClassNames: String? {
    guard hasNumberedClasses, catalogue.labelsAreNumbers,
      classes == classes.indices.map(String.init)
    else {
      return nil
    }
    let first = catalogue.shardCount > 0 ? catalogue.row(0).location : nil
    let beside = first.flatMap { $0.kind == .file ? FilePath(text: $0.text).folder : nil }
    return (beside ?? FilePath(text: folder)).joined(ClassNames.file).text
  }
}

/// Whether `text` names shards of labelled pictures: what `namesShards` says, but a folder of class
/// folders is one whatever archive lies beside them.
public func namesLabelledShards(_ text: String) -> Bool {
  guard namesShards(text) else { return false }
  return IndexedCollection.exists(in: text) || !ShardList.holdsFoldersOfImages(text)
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
