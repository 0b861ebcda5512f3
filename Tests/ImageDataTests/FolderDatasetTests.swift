import Foundation
import Shards
import TestSupport
import Testing

@testable import ImageData

@Suite("FolderDataset")
struct FolderDatasetTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func keys(_ dataset: any ImageDataset) -> [String] {
    (0..<dataset.count).map { dataset.key(at: $0) }
  }

  private func reason(unlabelled: Bool = false) -> String? {
    do {
      _ = try FolderDataset(root: folder.path, unlabelled: unlabelled)
      return nil
    } catch ImageDataError.dataset(let path, let reason) {
      return path.hasPrefix(folder.path) ? reason : nil
    } catch {
      return nil
    }
  }

  @Test("first-level folders are the classes, whatever the depth and the case of the endings")
  func classes() throws {
    let names = [
      "cat/1.jpg", "cat/2.JPEG", "cat/deep/er/3.Png", "dog/4.webp", "dog/5.WEBP", "dog/6.jpeg",
      "owl/a.jfif", "owl/b.JPE", "owl/c.gif", "owl/d.BMP", "owl/e.dib", "owl/f.Tif", "owl/g.tiff",
    ]
    for name in names { try folder.write("x", to: name) }
    for name in ["cat/notes.txt", "cat/.hidden.jpg", ".git/7.jpg", "dog/jpg", "README"] {
      try folder.write("x", to: name)
    }
    let dataset = try FolderDataset(root: folder.path)
    #expect(keys(dataset) == names)
    #expect(dataset.classes == ["cat", "dog", "owl"])
    #expect((0..<7).map { dataset.label(at: $0) } == [0, 0, 0, 1, 1, 1, 2])
    #expect(dataset.samplesPerClass == [3, 3, 7])
    #expect(dataset.name == (folder.path as NSString).lastPathComponent)
    #expect(try FolderDataset(root: folder.path + "/").name == dataset.name)
  }

  @Test("the order is that of the paths' bytes, not of the folder or of any language")
  func order() throws {
    for name in ["b/1.jpg", "B/1.jpg", "ä/1.jpg", "a-b/1.jpg", "a/10.jpg", "a/9.jpg", "a/a.jpg"] {
      try folder.write("x", to: name)
    }
    let dataset = try FolderDataset(root: folder.path)
    #expect(dataset.classes == ["B", "a", "a-b", "b", "ä"])
    let expected = ["B/1.jpg", "a-b/1.jpg", "a/10.jpg", "a/9.jpg", "a/a.jpg", "b/1.jpg", "ä/1.jpg"]
    #expect(keys(dataset) == expected)
    #expect((0..<7).map { dataset.label(at: $0) } == [0, 2, 1, 1, 1, 3, 4])
  }

  @Test("an empty class and a picture beside the class folders are named")
  func named() throws {
    try folder.write("x", to: "cat/1.jpg")
    try folder.write("x", to: "unicorn/readme.txt")
    #expect(
      reason()
        == "class folder unicorn has 1 file, not a picture that can be read: 1 .txt; "
        + "convert what are pictures to JPEG, or move the folder elsewhere")
    try FileManager.default.removeItem(atPath: folder.path + "/unicorn/readme.txt")
    #expect(
      reason()
        == "class folder unicorn is empty; put its pictures there, or take the folder away")
    try FileManager.default.removeItem(atPath: folder.path + "/unicorn")
    try folder.write("x", to: "stray.png")
    #expect(
      reason()
        == "stray.png lies beside class folders; move it, or open it as unlabelled")
    #expect(reason(unlabelled: true) == nil)
  }

  @Test("pictures directly in the folder, or opened as unlabelled, have no labels")
  func unlabelled() throws {
    try folder.write("x", to: "1.jpg")
    try folder.write("x", to: "2.png")
    let flat = try FolderDataset(root: folder.path)
    #expect(flat.classes.isEmpty && flat.label(at: 1) == nil && keys(flat) == ["1.jpg", "2.png"])
    try folder.write("x", to: "00/3.jpg")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/01", withIntermediateDirectories: true)
    let tree = try openDataset(folder.path, unlabelled: true)
    #expect(tree.classes.isEmpty && keys(tree) == ["00/3.jpg", "1.jpg", "2.png"])
  }

  @Test("a folder without pictures, or none at all, says so")
  func empty() throws {
    let none = "no .jpg, .jpeg, .jpe, .jfif, .png, .webp, .gif, .bmp, .dib, .tif or .tiff in it"
    #expect(reason() == none)
    try folder.write("x", to: "a.heic")
    try folder.write("x", to: "b/c.AVIF")
    #expect(
      reason()
        == none + "; 2 files passed over in it: 1 .avif, 1 .heic; convert .heic and .avif to JPEG")
    let error = #expect(throws: ImageDataError.self) {
      _ = try FolderDataset(root: folder.path + "/nowhere")
    }
    #expect(error?.description.hasSuffix("/nowhere: No such file or directory") == true)
  }

  @Test("what a NAS, macOS and a file system keep beside pictures is no picture and no class")
  func systems() throws {
    let names = ["cat/1.png", "cat/2.png", "dog/1.png"]
    for name in names { try folder.write("x", to: name) }
    for name in [
      "@eaDir/cat/SYNOPHOTO_THUMB_M.png", "cat/@eaDir/1.png/SYNOPHOTO_THUMB_M.png",
      "__MACOSX/cat/._1.png", "lost+found/3.png", "System Volume Information/a.png",
      "$RECYCLE.BIN/S-1/4.png", "#recycle/5.png", "cat/._1.png", "dog/._1.png", "cat/Thumbs.db",
      ".DS_Store", "cat/desktop.ini", ".thumbnails/6.png",
    ] {
      try folder.write("x", to: name)
    }
    let dataset = try FolderDataset(root: folder.path)
    #expect(dataset.classes == ["cat", "dog"] && keys(dataset) == names)
    #expect(
      dataset.passedOver.folders == [
        "@eaDir": 2, "__MACOSX": 1, "lost+found": 1, "System Volume Information": 1,
        "$RECYCLE.BIN": 1, "#recycle": 1, ".thumbnails": 1,
      ])
    #expect(
      dataset.passedOver.systemFiles
        == ["._*": 2, "Thumbs.db": 1, ".DS_Store": 1, "desktop.ini": 1])
    #expect(dataset.passedOver.files.isEmpty)
    #expect(
      try openDataset(folder.path, unlabelled: true).passedOver == dataset.passedOver)
  }

  @Test("files of other kinds are counted by ending, and told in a line; subsets know it too")
  func passedOver() throws {
    try folder.write("x", to: "cat/1.png")
    for name in ["a.heic", "b.HEIC", "c.txt", "README", "deep/d.avif", "e."] {
      try folder.write("x", to: "cat/" + name)
    }
    try folder.write("x", to: "cat/@eaDir/1.png/x.png")
    try folder.write("x", to: "cat/.DS_Store")
    let dataset = try FolderDataset(root: folder.path)
    #expect(dataset.passedOver.files == [".heic": 2, ".txt": 1, "": 2, ".avif": 1])
    let line =
      "6 files passed over in pets: 2 without an ending, 2 .heic, 1 .avif, 1 .txt; "
      + "1 folder: @eaDir; 1 hidden file: .DS_Store; convert .heic and .avif to JPEG"
    #expect(dataset.passedOver.line(in: "pets") == line)
    #expect(PassedOver().line(in: "pets") == nil)
    let part = try IndexedSubset(dataset.withoutLabels(), indices: [0])
    #expect(part.passedOver == dataset.passedOver)
  }

  @Test("a class folder of unread kinds alone is told by them, never to be removed")
  func unreadClass() throws {
    try folder.write("x", to: "cat/1.png")
    for name in ["1.heic", "2.heic", "3.HEIC", "4.heic"] {
      try folder.write("x", to: "dog/" + name)
    }
    #expect(
      reason()
        == "class folder dog has 4 files, none of which is a picture that can be read: 4 .heic; "
        + "convert .heic to JPEG, or move the folder elsewhere")
  }

  @Test("names in any script, with spaces, and names that are not UTF-8 are read")
  func unicode() throws {
    try folder.add("one-pixel.png", as: "かわせみ/ı ö.png")
    try folder.add("one-pixel.png", as: "かわせみ/🐦.png")
    let data = try TestImages.data("one-pixel.png")
    let latin = Array((folder.path + "/caf").utf8) + [0xE9]
    #expect(mkdir(latin.map { CChar(bitPattern: $0) } + [0], 0o700) == 0)
    let file = latin + Array("/\u{0}".utf8).dropLast() + [0xFC] + Array(".png".utf8)
    let descriptor = open(file.map { CChar(bitPattern: $0) } + [0], O_WRONLY | O_CREAT, 0o600)
    _ = data.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    let dataset = try FolderDataset(root: folder.path)
    #expect(keys(dataset) == [#"caf\xE9/\xFC.png"#, "かわせみ/ı ö.png", "かわせみ/🐦.png"])
    for index in 0..<3 { #expect(try dataset.read(at: index).bytes == data) }
  }

  @Test("links are followed; one back up is refused by name, a dangling one is unreadable")
  func links() throws {
    let manager = FileManager.default
    let elsewhere = try TemporaryFolder()
    try elsewhere.add("one-pixel.png", as: "1.png")
    try folder.add("one-pixel.png", as: "cat/2.png")
    try manager.createSymbolicLink(
      atPath: folder.path + "/dog", withDestinationPath: elsewhere.path)
    try manager.createSymbolicLink(
      atPath: folder.path + "/cat/3.png", withDestinationPath: "2.png")
    try manager.createSymbolicLink(
      atPath: folder.path + "/cat/4.png", withDestinationPath: "nowhere.png")
    let dataset = try FolderDataset(root: folder.path)
    #expect(keys(dataset) == ["cat/2.png", "cat/3.png", "cat/4.png", "dog/1.png"])
    #expect(try dataset.read(at: 1).bytes == dataset.read(at: 0).bytes)
    #expect(
      throws: ImageDataError.unreadable(key: "cat/4.png", reason: "No such file or directory")
    ) { try dataset.read(at: 2) }
    try manager.createSymbolicLink(atPath: folder.path + "/cat/up", withDestinationPath: "..")
    #expect(reason() == "cat/up is a link to a folder that it lies in; take the link away")
  }

  @Test("openDataset takes a split's folder, and says when it is not there")
  func split() throws {
    try folder.write("x", to: "train/cat/1.jpg")
    try folder.write("x", to: "val/cat/2.jpg")
    let val = try openDataset(folder.path, split: "val")
    #expect(keys(val) == ["cat/2.jpg"] && val.classes == ["cat"])
    let error = #expect(throws: ImageDataError.self) {
      _ = try openDataset(folder.path, split: "test")
    }
    #expect(error?.description.hasSuffix("no folder test in it") == true)
    try folder.write("x", to: "a.txt")
    let kind = #expect(throws: ImageDataError.self) { _ = try openDataset(folder.path + "/a.txt") }
    #expect(
      kind?.description.contains("expected a folder, a .csv, .tsv or .parquet list, or") == true)
    for (name, advice) in [
      ("a.XLSX", "; save the table as CSV, with a header path,label"),
      ("a.ods", "; save the table as CSV, with a header path,label"),
      ("a.jsonl", "; write a .csv file with a header path,label and a line a picture"),
      ("a.csv.gz", "; unpack it"), ("a.txt", " file"),
    ] {
      try folder.write("x", to: name)
      let error = #expect(throws: ImageDataError.self) {
        _ = try openDataset(folder.path + "/" + name)
      }
      #expect(error?.description.hasSuffix(advice) == true, "\(name)")
    }
  }

  @Test("files named one by one are read, and one that is missing is unreadable")
  func files() throws {
    let path = try folder.add("one-pixel.png", as: "1.png")
    let missing = folder.path + "/2.png"
    let files = ImageFiles([path, missing, "zero\u{0}byte.png"])
    #expect(files.count == 3 && files.key(at: 0) == path && files.label(at: 0) == nil)
    #expect(try files.read(at: 0).bytes == TestImages.data("one-pixel.png"))
    #expect(
      throws: ImageDataError.unreadable(key: missing, reason: "No such file or directory")
    ) { try files.read(at: 1) }
    #expect(throws: ImageDataError.self) { try files.read(at: 2) }
  }
}
