import Files
package import SystemPackage

/// The lists of CUB-200-2011 (Wah et al., Caltech, 2011), as its archive has them: `images.txt` names the pictures in
/// `images/`, each with a number that the other lists refer to.
package struct CUBFiles {
  private let folder: FilePath

  /// The lists in `folder`; nil where it is no such folder.
  package init?(in folder: FilePath) {
    guard ["images.txt", "image_class_labels.txt"].allSatisfy({ folder.joined($0).isFile }),
      folder.joined("images").isFolder
    else { return nil }
    self.folder = folder
  }

  /// Reads the pictures of `split`, train or test, or all: paths in `images/`, classes by their names.
  /// - Throws: `ImageDataError.line` naming a file and a line that does not fit the others.
  func entries(split: String?) throws -> ManifestEntries {
    var entries = ManifestEntries(root: folder.joined("images").text, split: split)
    let images = try numbered("images.txt")
    let classes = try numbered("image_class_labels.txt").byNumber
    let names =
      folder.joined("classes.txt").isFile ? try numbered("classes.txt").byNumber : [:]
    let parts =
      folder.joined("train_test_split.txt").isFile
      ? try numbered("train_test_split.txt").byNumber : nil
    guard split == nil || parts != nil else {
      throw ImageDataError.dataset(
        path: folder.text, reason: "there is no train_test_split.txt, which would tell its splits")
    }
    for (number, path, line) in images.rows {
      func refuse(_ reason: String) -> ImageDataError {
        .line(path: folder.joined("images.txt").text, line: line, reason: reason)
      }
      guard let label = classes[number] else {
        throw refuse("image_class_labels.txt has no line for picture \(number)")
      }
      if !names.isEmpty, names[label] == nil {
        throw refuse("classes.txt has no class \(label), which image_class_labels.txt gives it")
      }
      let part = parts?[number].flatMap { ["0": "test", "1": "train"][$0] }
      if let parts, part == nil {
        throw refuse(
          parts[number].map { "train_test_split.txt says \($0) of it, which is neither 0 nor 1" }
            ?? "train_test_split.txt has no line for picture \(number)")
      }
      let wrong = Array(path.utf8).withUnsafeBytes { path in
        Array((names[label] ?? label).utf8).withUnsafeBytes { label in
          Array((part ?? "").utf8).withUnsafeBytes { part in
            entries.append(
              path: path, label: label, split: parts == nil ? nil : part, tags: nil)
          }
        }
      }
      if let wrong { throw refuse(wrong) }
    }
    return entries
  }

  /// A list of numbers, each with a text behind it.
  private struct Numbered {
    var rows: [(number: String, text: String, line: Int)] = []
    var byNumber: [String: String] = [:]
  }

  private func numbered(_ name: String) throws -> Numbered {
    let path = folder.joined(name).text
    let text: String
    do {
      text = try FileContents.text(of: path)
    } catch let error as FileError {
      throw ImageDataError.dataset(path: path, reason: error.reason)
    }
    var found = Numbered()
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated() where !line.allSatisfy(\.isWhitespace)
    {
      let parts = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
      guard parts.count == 2, Int(parts[0]) != nil else {
        throw ImageDataError.line(
          path: path, line: index + 1, reason: "expected a number and a text behind it")
      }
      let (number, value) = (String(parts[0]), String(parts[1].trimming(while: \.isWhitespace)))
      guard found.byNumber.updateValue(value, forKey: number) == nil else {
        throw ImageDataError.line(
          path: path, line: index + 1, reason: "number \(number) stands there twice")
      }
      found.rows.append((number, value, index + 1))
    }
    return found
  }
}

extension Substring {
  fileprivate func trimming(while isLeftOut: (Character) -> Bool) -> Substring {
    var part = self
    while let first = part.first, isLeftOut(first) { part.removeFirst() }
    while let last = part.last, isLeftOut(last) { part.removeLast() }
    return part
  }
}
