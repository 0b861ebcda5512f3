import ImageData

/// Folders called train, val and test with the same class folders in each, which were taken for classes
/// because the folder above them was named.
struct SplitFolders {
  /// The folders by what they are for; `labelled` is what is trained on.
  let labelled: String, validation: String?, test: String?
  /// The class names in them, of the first folder.
  let classes: [String]
  private let root: String

  static let trained = ["train", "training", "tr", "trainset", "train_set", "trainval"]
  static let validated = [
    "val", "valid", "validation", "dev", "valset", "val_set", "validation_set",
  ]
  static let tested = ["test", "testing", "tst", "testset", "test_set", "eval"]

  /// Finds them in the folder `root`, from which `dataset` was opened.
  init?(of dataset: any ImageDataset, at root: String) {
    let names = dataset.classes
    func find(_ words: [String]) -> Int? {
      names.firstIndex { words.contains($0.lowercased()) }
    }
    let places = [find(Self.trained), find(Self.validated), find(Self.tested)]
    let found = places.compactMap { $0 }
    // A class may well be called train: what tells is that all are such words and hold the same.
    guard found.count >= 2, found.count == names.count, let train = places[0] else { return nil }
    var inside = [Set<Substring>](repeating: [], count: names.count)
    // A folder's name may have spaces around it that its class's has not.
    var folders = names
    for index in 0..<dataset.count {
      let parts = dataset.key(at: index).split(separator: "/", maxSplits: 2)
      guard parts.count == 3, let label = dataset.label(at: index) else { return nil }
      inside[label].insert(parts[1])
      folders[label] = String(parts[0])
    }
    let all = inside[train]
    guard all.count >= 2,
      found.allSatisfy({ 2 * inside[$0].intersection(all).count >= inside[$0].count })
    else { return nil }
    self.root = root
    labelled = folders[train]
    validation = places[1].map { folders[$0] }
    test = places[2].map { folders[$0] }
    classes = all.map(String.init).sorted()
  }

  private var settings: [(key: String, path: String)] {
    [("labelled", labelled), ("validation", validation), ("test", test)].compactMap { key, name in
      name.map { ("data.\(key)", "\(root)/\($0)") }
    }
  }

  /// Where the sets lie.
  var paths: (labelled: String, validation: String?, test: String?) {
    ("\(root)/\(labelled)", validation.map { "\(root)/\($0)" }, test.map { "\(root)/\($0)" })
  }

  /// What to say where they are taken for what they are.
  var statement: String {
    let names = [labelled, validation, test].compactMap { $0 }
    return "\(root) holds \(names.joined(separator: ", ")) with the same folders in each: "
      + settings.map { "\($0.key): \($0.path)" }.joined(separator: ", ")
  }

  /// What to say of them.
  var warning: String {
    let names = [labelled, validation, test].compactMap { $0 }
    return "the classes of \(root) are called \(names.joined(separator: ", ")) and hold the same "
      + "folders (\(classes.prefix(3).joined(separator: ", "))\(classes.count > 3 ? ", …" : "")), so "
      + "they are parts of one set, of which all would be trained on; write "
      + settings.map { "\($0.key): \($0.path)" }.joined(separator: ", ")
  }
}
