import Foundation
import Shards
import TestSupport
import Testing

@testable import ImageData

@Suite("ManifestDataset")
struct ManifestDatasetTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ text: String, split: String? = nil) throws -> ManifestDataset {
    try ManifestDataset(path: folder.write(text, to: "lists/list.csv"), split: split)
  }

  private func contents(_ dataset: ManifestDataset) -> [String] {
    (0..<dataset.count).map { index in
      "\(dataset.key(at: index))=\(dataset.label(at: index).map { dataset.classes[$0] } ?? "-")"
    }
  }

  private func error(_ text: String, split: String? = nil) -> ImageDataError? {
    #expect(throws: ImageDataError.self) { _ = try open(text, split: split) }
  }

  @Test("paths and labels are read in the file's order, in any order of columns")
  func reads() throws {
    let dataset = try open("label,width,path\ndog,3,b.jpg\ncat,4,a.jpg\n\ndog,5,c.jpg")
    #expect(contents(dataset) == ["b.jpg=dog", "a.jpg=cat", "c.jpg=dog"])
    #expect(dataset.classes == ["cat", "dog"] && dataset.name == "list.csv")
  }

  @Test("quoted fields hold commas, quotes and line ends; marks and carriage returns are no text")
  func quoted() throws {
    let dataset = try open(
      "\u{FEFF}Path,Label\r\n\"a, b.jpg\",\"the \"\"big\"\" cat\"\r\n\"two\nlines.jpg\",x\r\n")
    #expect(contents(dataset) == ["a, b.jpg=the \"big\" cat", "two\nlines.jpg=x"])
  }

  @Test("CUB-200-2011's folder is read as it is: classes by name, its two splits, its pictures")
  func cub() throws {
    let files = [
      "images.txt": "1 001.A/a.jpg\n2 001.A/b.jpg\r\n3 002.B C/c d.jpg\n",
      "image_class_labels.txt": "1 1\n2 1\n3 2\n", "classes.txt": "1 001.A\n2 002.B C\n",
      "train_test_split.txt": "1 1\n2 0\n3 0\n", "bounding_boxes.txt": "1 0.0 0.0 5.0 5.0\n",
      "images/001.A/a.jpg": "a", "images/001.A/b.jpg": "b", "images/002.B C/c d.jpg": "c",
    ]
    for (name, text) in files { try folder.write(text, to: "CUB/\(name)") }
    let path = folder.path + "/CUB"
    func pictures(_ split: String?) throws -> [String] {
      let dataset = try openDataset(path, split: split)
      #expect(dataset.classes == ["001.A", "002.B C"])
      return try (0..<dataset.count).map { index in
        let bytes = String(decoding: try dataset.read(at: index).bytes, as: UTF8.self)
        return "\(dataset.key(at: index))=\(dataset.label(at: index) ?? -1)=\(bytes)"
      }
    }
    #expect(try pictures("train") == ["001.A/a.jpg=0=a"])
    #expect(try pictures("test") == ["001.A/b.jpg=0=b", "002.B C/c d.jpg=1=c"])
    #expect(try pictures(nil).count == 3)
    try folder.write("1 1\n2 1\n", to: "CUB/image_class_labels.txt")
    let error = #expect(throws: ImageDataError.self) { try openDataset(path) }
    #expect("\(String(describing: error))".contains("no line for picture 3"))
    for (file, text, words) in [
      ("image_class_labels.txt", "1 1\n2 1\n3 7\n", "no class 7"),
      ("train_test_split.txt", "1 1\n2 0\n3 2\n", "neither 0 nor 1"),
    ] {
      let before = files[file] ?? ""
      try folder.write("1 1\n2 1\n3 2\n", to: "CUB/image_class_labels.txt")
      try folder.write(text, to: "CUB/\(file)")
      let error = #expect(throws: ImageDataError.self) { try openDataset(path) }
      #expect("\(String(describing: error))".contains(words))
      try folder.write(before, to: "CUB/\(file)")
    }
    try folder.write("1 1\n2 1\nx\n", to: "CUB/image_class_labels.txt")
    let broken = #expect(throws: ImageDataError.self) { try openDataset(path) }
    #expect("\(String(describing: broken))".contains("image_class_labels.txt"))
  }

  /// Twice as many as are remembered from line to line, so that many have one's place.
  @Test("of thousands of labels in any order, long ones too, each line keeps its own")
  func manyLabels() throws {
    let long = String(repeating: "x", count: 100)
    let labels = (0..<24_000).map { line in
      let number = line &* 7_919 % 8_192
      return number % 5 == 0 ? "\(long)\(number)" : "class\(number)"
    }
    let lines = labels.enumerated().map { "\($0.offset).jpg,\($0.element)" }
    let dataset = try open("path,label\n" + lines.joined(separator: "\n"))
    #expect(dataset.classes.count == 8_192)
    #expect(dataset.count == labels.count)
    #expect(
      (0..<dataset.count).allSatisfy { dataset.classes[dataset.label(at: $0) ?? 0] == labels[$0] })
  }

  @Test("paths are relative to the list's folder unless they are absolute")
  func relative() throws {
    try folder.add("one-pixel.png", as: "lists/pictures/1.png")
    let absolute = try folder.add("one-pixel.jpg", as: "elsewhere/2.jpg")
    try folder.add("one-pixel.png", as: "3.png")
    let dataset = try open("path\npictures/1.png\n\(absolute)\n../3.png\n")
    #expect(try dataset.read(at: 0).bytes == TestImages.data("one-pixel.png"))
    #expect(try dataset.read(at: 1).bytes == TestImages.data("one-pixel.jpg"))
    #expect(try dataset.read(at: 2).bytes == TestImages.data("one-pixel.png"))
  }

  @Test("without a label column, or with empty labels, samples are unlabelled")
  func unlabelled() throws {
    let none = try open("path\na.jpg\nb.jpg\n")
    #expect(none.classes.isEmpty && contents(none) == ["a.jpg=-", "b.jpg=-"])
    #expect(
      none.whyUnlabelled(at: 0)
        == "no column is named label, class, class_name, label_name, category, target or labels; columns "
        + "found: path")
    let empty = try open("path,Class Name\na.jpg,\nb.jpg, \n")
    #expect(empty.whyUnlabelled(at: 0) == "its column Class Name is empty in every line")
    try folder.add("one-pixel.png", as: "lists/1.png")
    #expect(
      try open("1.png\n").whyUnlabelled(at: 0)
        == "it has no header and only paths; begin it with path,label and give each line its label")
    let some = try open("path,label\na.jpg,cat\nb.jpg,\n")
    #expect(contents(some) == ["a.jpg=cat", "b.jpg=-"])
    #expect(some.whyUnlabelled(at: 1) == nil)
  }

  @Test("a split holds its own lines and every split numbers the classes alike")
  func splits() throws {
    let text = "path,label,split\na.jpg,dog,train\nb.jpg,cat,test\nc.jpg,cat,train\n"
    let train = try open(text, split: "train"), test = try open(text, split: "test")
    #expect(contents(train) == ["a.jpg=dog", "c.jpg=cat"])
    #expect(contents(test) == ["b.jpg=cat"])
    #expect(train.classes == ["cat", "dog"] && test.classes == train.classes)
    #expect(try open(text).count == 3)
    #expect(
      error(text, split: "val")?.description.hasSuffix(
        "no lines of split val; its splits are train, test") == true)
  }

  @Test("what is wrong is told with the line's number")
  func wrongLines() throws {
    let path = folder.path + "/lists/list.csv"
    #expect(
      error("fyle,label\na,cat\n")
        == .line(
          path: path, line: 1,
          reason: "no column is named path, file_path, file_name, file, image_path, image_name, "
            + "image_file, image, img_path, img, file_paths or paths; columns found: fyle, label"))
    #expect(
      error("path,label\na.jpg,cat\n", split: "train")
        == .line(path: path, line: 1, reason: "no column named split; columns found: path, label"))
    #expect(
      error("path,label\na.jpg,cat\nb.jpg\n")
        == .line(path: path, line: 3, reason: "1 field under a header of 2"))
    #expect(
      error("path,label\n\"a\nb.jpg\",cat\nc.jpg,d,e\n")
        == .line(
          path: path, line: 4,
          reason: "3 fields under a header of 2; put a field that holds a comma in quotes"))
    #expect(
      error("path,label\n,cat\n") == .line(path: path, line: 2, reason: "the path is empty"))
    #expect(
      error("path,label\na.jpg,\"cat\n\n")
        == .line(path: path, line: 2, reason: "a quote that is never closed"))
    #expect(
      error("path,label\na.jpg,c\"at\n")
        == .line(path: path, line: 2, reason: "a quote inside an unquoted field"))
    #expect(
      error("path,label\na.jpg,\"c\"at\n")
        == .line(path: path, line: 2, reason: "text after a closing quote"))
    #expect(error("")?.description.hasSuffix("empty; give path,label lines") == true)
    #expect(error("\n\n")?.description.hasSuffix("empty; give path,label lines") == true)
    #expect(error("path,label\n")?.description.hasSuffix("no lines") == true)
  }

  @Test("openDataset opens a list by its ending, without its labels when asked")
  func opened() throws {
    let path = try folder.write("path,label\na.jpg,cat\n", to: "u.CSV")
    #expect(try openDataset(path).classes == ["cat"])
    let hidden = try openDataset(path, unlabelled: true)
    #expect(hidden.classes.isEmpty && hidden.label(at: 0) == nil && hidden.key(at: 0) == "a.jpg")
  }
}
