import Foundation

/// What the files of MNIST and its kin are called: `train-images-idx3-ubyte`, as they come, or
/// `train-images.idx3-ubyte`, as some programs unpack them; either may end in `.gz`.
///
/// What stands before `-images` is the set: `train`, `t10k`, EMNIST's `emnist-letters-train`.
struct IDXFiles {
  /// The folder of the pictures' file.
  let folder: String
  /// What stands before `images`, with its hyphen.
  private let prefix: String

  /// The names of the files that belong to the pictures' file at `path`; nil where it is not called so.
  init?(images path: String) {
    let name = (path as NSString).lastPathComponent
    guard let set = Self.set(ofImages: name) else { return nil }
    folder = (path as NSString).deletingLastPathComponent
    prefix = set.isEmpty ? "" : set + "-"
  }

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
        let path = file(prefix + name + ending)
        if Self.isFile(path) { return path }
      }
    }
    return nil
  }

  /// The file that says which character each label of EMNIST stands for, if there is one.
  var mapping: String? {
    for part in ["-train-", "-test-"] where prefix.hasSuffix(part) {
      let path = file(prefix.dropLast(part.count) + "-mapping.txt")
      if Self.isFile(path) { return path }
    }
    return nil
  }

  private func file(_ name: String) -> String { folder.isEmpty ? name : folder + "/" + name }

  private static func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && !isFolder.boolValue
  }

  /// The file of pictures of one split in `folder`; nil where it holds no such files at all.
  ///
  /// `train` and `test` mean the usual sets, `letters-test` that of `emnist-letters-test`; nil is `train`.
  /// - Throws: `ImageDataError.dataset` when there is none or several of them.
  static func images(in folder: String, split: String?) throws -> String? {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let files = names.compactMap { name in
      set(ofImages: name).flatMap { isFile(folder + "/" + name) ? (name: name, set: $0) : nil }
    }
    guard !files.isEmpty else { return nil }
    let wanted = split ?? "train"
    let called = wanted == "test" ? ["t10k", "test"] : [wanted]
    var found = files.filter { called.contains($0.set) }
    if found.isEmpty {
      found = files.filter { file in called.contains { file.set.hasSuffix("-" + $0) } }
    }
    let sets = Set(found.map(\.set)).sorted()
    guard sets.count <= 1 else {
      let places = sets.joined(separator: ", ")
      throw ImageDataError.dataset(
        path: folder,
        reason:
          "several sets are called \(wanted): \(places); give one of them as the split, or its file"
      )
    }
    // The same set may be there unpacked and packed.
    guard let first = found.first else {
      let all = Set(files.map(\.set)).sorted().joined(separator: ", ")
      throw ImageDataError.dataset(
        path: folder, reason: "no \(called[0])-images-idx3-ubyte[.gz] in it; sets found: \(all)")
    }
    return folder + "/" + first.name
  }
}
