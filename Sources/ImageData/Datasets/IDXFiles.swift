import Files
package import SystemPackage

/// What the files of MNIST and its kin are called: `train-images-idx3-ubyte`, as they come, or
/// `train-images.idx3-ubyte`, as some programs unpack them; either may end in `.gz`.
///
/// What stands before `-images` is the set: `train`, `t10k`, EMNIST's `emnist-letters-train`.
package struct IDXFiles {
  /// The folder of the pictures' file.
  let folder: FilePath
  /// What stands before `images`, with its hyphen.
  private let prefix: String

  /// The names of the files that belong to the pictures' file at `path`; nil where it is not called so.
  init?(images path: String) {
    let path = FilePath(text: path)
    guard let set = Self.set(ofImages: path.name) else { return nil }
    folder = path.folder
    prefix = set.isEmpty ? "" : set + "-"
  }

  /// Whether a file called `name` may be one of pictures; for the names of millions of files.
  package static func mayBeImages(_ name: UnsafeRawBufferPointer) -> Bool {
    endings.end(name) && set(ofImages: String(decoding: name, as: UTF8.self)) != nil
  }

  private static let endings = NameEndings(["idx3-ubyte", "idx3-ubyte.gz"])

  /// The set that a file of pictures called `name` is of, `train` or `emnist-letters-train`; nil where
  /// it is not called like one.
  static func set(ofImages name: String) -> String? {
    let plain = name.hasSuffix(".gz") ? name.dropLast(3) : name[...]
    for ending in ["images-idx3-ubyte", "images.idx3-ubyte"] where plain.hasSuffix(ending) {
      let before = plain.dropLast(ending.count)
      if before.isEmpty { return "" }
      if before.last == "-", before.count > 1 { return String(before.dropLast()) }
    }
    return nil
  }

  /// The file of labels beside the pictures, if there is one.
  var labels: String? {
    // QMNIST's labels are eight numbers a picture, of which the first is the class.
    for name in ["labels-idx1-ubyte", "labels.idx1-ubyte", "labels-idx2-int", "labels.idx2-int"] {
      for ending in ["", ".gz"] {
        let path = folder.joined(prefix + name + ending)
        if path.isFile { return path.text }
      }
    }
    return nil
  }

  /// The file that maps each label of EMNIST to its character, if there is one.
  var mapping: String? {
    for part in ["-train-", "-test-"] where prefix.hasSuffix(part) {
      let path = folder.joined(prefix.dropLast(part.count) + "-mapping.txt")
      if path.isFile { return path.text }
    }
    return nil
  }

  /// The file of pictures of one split in `folder`; nil where it holds no such files at all.
  ///
  /// `train` and `test` mean the usual sets, `letters-test` that of `emnist-letters-test`; nil is `train`, or the only
  /// set that there is.
  /// - Throws: `ImageDataError.dataset` when there is none or several of them.
  package static func images(in folder: FilePath, split: String?) throws -> String? {
    let files = try files(in: folder)
    guard !files.isEmpty else { return nil }
    let wanted = split ?? "train"
    let called = wanted == "test" ? ["t10k", "test"] : [wanted]
    var found = files.filter { called.contains($0.set) }
    if found.isEmpty {
      found = files.filter { file in called.contains { file.set.hasSuffix("-" + $0) } }
    }
    if found.isEmpty, split == nil, Set(files.map(\.set)).count == 1 { found = files }
    let sets = Set(found.map(\.set)).sorted()
    guard sets.count <= 1 else {
      let places = sets.joined(separator: ", ")
      throw ImageDataError.dataset(
        path: folder.text,
        reason:
          "several sets are called \(wanted): \(places); give one of them as the split, or its file"
      )
    }
    // The same set may be there unpacked and packed.
    guard let first = found.first else {
      let all = Set(files.map(\.set)).sorted().joined(separator: ", ")
      throw ImageDataError.dataset(
        path: folder.text,
        reason: "no \(called[0])-images-idx3-ubyte[.gz] in it; sets found: \(all)")
    }
    return folder.joined(first.name).text
  }

  /// The set that `images(in:split:)` opens where no split is asked for, among the several in `folder`,
  /// with all of them; nil where there are not several.
  package static func setTaken(in folder: FilePath) -> (set: String, of: [String])? {
    guard let sets = try? sets(in: folder), sets.count > 1,
      let path = try? images(in: folder, split: nil),
      let set = set(ofImages: FilePath(text: path).name)
    else { return nil }
    return (set, sets)
  }

  /// The sets in `folder`, by what stands before `-images`.
  /// - Throws: `FileError`.
  private static func sets(in folder: FilePath) throws -> [String] {
    Set(try files(in: folder).map(\.set)).sorted()
  }

  private static func files(in folder: FilePath) throws -> [(name: String, set: String)] {
    try folder.names(where: mayBeImages).sorted().compactMap { name in
      set(ofImages: name).flatMap { folder.joined(name).isFile ? (name: name, set: $0) : nil }
    }
  }
}
