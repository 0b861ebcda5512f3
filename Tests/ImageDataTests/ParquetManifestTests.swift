import Files
import Foundation
import Shards
import TestSupport
import Testing

@testable import ImageData

@Suite("ManifestDataset from Parquet")
struct ParquetManifestTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/lists/list.parquet" }

  static let missing: Comment = "there is no Apache Arrow here: run `make parquet`"

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("", to: "lists/empty")
  }

  private func write(_ columns: KeyValuePairs<String, ParquetColumn>) throws {
    let fields = columns.map { ParquetField($0.key, $0.value.kind, isOptional: true) }
    let file = try ParquetWriter(path: path, fields: fields)
    try file.write(columns.map(\.value))
    try file.finish()
  }

  private func texts(_ texts: String?...) -> ParquetColumn { .strings(ParquetStrings(texts)) }

  private func contents(_ dataset: ManifestDataset) -> [String] {
    (0..<dataset.count).map { index in
      "\(dataset.key(at: index))=\(dataset.label(at: index).map { dataset.classes[$0] } ?? "-")"
    }
  }

  private func error(split: String? = nil) -> String? {
    let error = #expect(throws: ImageDataError.self) {
      try ManifestDataset(path: path, split: split)
    }
    return error?.description.replacing("cannot open data set \(path): ", with: "")
  }

  @Test(
    "it gives the data set that the same lines in CSV give",
    .enabled(if: ParquetLibrary.isAvailable, missing))
  func sameAsCSV() throws {
    try write([
      "width": .int32([1, 2, 3, 4]), "label": texts("dog", "cat", nil, ""),
      "Path": texts("b.jpg", "a b,c.jpg", "c.jpg", "ä.jpg"),
      "split": texts("train", "test", "train", nil), "tags": texts("#a, b", nil, "", "a"),
    ])
    let csv = try folder.write(
      "path,label,split,tags\nb.jpg,dog,train,\"#a, b\"\n\"a b,c.jpg\",cat,test,\nc.jpg,,train,\n"
        + "ä.jpg,,,a\n", to: "lists/list.csv")
    for split in [nil, "train", "test"] {
      let (ours, theirs) = try (
        ManifestDataset(path: path, split: split), ManifestDataset(path: csv, split: split)
      )
      #expect(contents(ours) == contents(theirs) && ours.classes == ["cat", "dog"])
      #expect((0..<ours.count).map(ours.tags) == (0..<theirs.count).map(theirs.tags))
    }
    #expect(try ManifestDataset(path: path).tags(at: 0) == ["a", "b"])
  }

  @Test(
    "labels that are integers are their digits", .enabled(if: ParquetLibrary.isAvailable, missing))
  func integers() throws {
    try write(["path": texts("a", "b", "c"), "label": .int64([10, -2, 9])])
    let list = try openDataset(path)
    #expect(list.classes == ["-2", "10", "9"] && list.name == "list.parquet")
    #expect((0..<3).map(list.label) == [1, 0, 2])
  }

  @Test(
    "the columns have the names that people give them",
    .enabled(if: ParquetLibrary.isAvailable, missing))
  func names() throws {
    try write(["File_Name": texts("a.jpg", "b.jpg"), "class": texts("cat", "dog")])
    #expect(try contents(ManifestDataset(path: path)) == ["a.jpg=cat", "b.jpg=dog"])
  }

  @Test(
    "pictures are read relative to the list's folder",
    .enabled(if: ParquetLibrary.isAvailable, missing))
  func relative() throws {
    try folder.add("one-pixel.png", as: "lists/pictures/1.png")
    try write(["path": texts("pictures/1.png")])
    let list = try openDataset(path, unlabelled: true)
    #expect(try list.read(at: 0).bytes == TestImages.data("one-pixel.png"))
  }

  @Test("tags may be lists", .enabled(if: Self.python != nil, missing))
  func lists() throws {
    let python = try #require(Self.python)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [
      "-c",
      """
      import sys, pyarrow as pa, pyarrow.parquet as pq
      pq.write_table(pa.table({'path': ['a', 'b', 'c', 'd'],
        'tags': [['#cat', 'New York'], None, [], ['cat', None, '#', 'dog']]}), sys.argv[1])
      """, path,
    ]
    try process.run()
    process.waitUntilExit()
    let list = try ManifestDataset(path: path)
    #expect((0..<4).map(list.tags) == [["cat", "New York"], [], [], ["cat", "dog"]])
  }

  /// The Python that came with Arrow; a library that was built on another Arrow has none.
  private static var python: String? {
    guard let library = try? ParquetLibrary.shared() else { return nil }
    let python = (library.path as NSString).deletingLastPathComponent + "/venv/bin/python"
    return FileManager.default.isExecutableFile(atPath: python) ? python : nil
  }

  @Test("what is wrong is told with the row", .enabled(if: ParquetLibrary.isAvailable, missing))
  func wrong() throws {
    try write(["fyle": texts("a")])
    #expect(
      error()?.hasPrefix("no column is named path, ") == true
        && error()?.hasSuffix(" or paths; columns found: fyle") == true)
    try write(["path": .int32([1])])
    #expect(error() == "column path is int32; give strings")
    try write(["path": texts("a"), "label": .float32([1])])
    #expect(error() == "column label is float; give strings or integers")
    try write(["path": texts("a", nil)])
    #expect(error() == "row 2: the path is empty")
    try write(["path": texts("a", "b", "c\0d")])
    #expect(error() == "row 3: the path holds a zero byte")
    try write(["path": texts("a")])
    #expect(error(split: "train") == "no column named split; columns found: path")
    try write(["path": texts("a"), "split": texts("test")])
    #expect(error(split: "train") == "no lines of split train; its splits are test")
    try write(["path": texts()])
    #expect(error() == "no lines")
    try folder.write("path,label\n", to: "lists/list.parquet")
    #expect(error()?.hasPrefix("Parquet: ") == true)
  }

  @Test(
    "without the library the error says what to install", .enabled(if: !ParquetLibrary.isAvailable))
  func without() throws {
    try folder.write("PAR1", to: "lists/list.parquet")
    let line = error()
    #expect(line?.hasPrefix("Parquet needs Apache Arrow") == true)
    #expect(line?.contains("run `make parquet`") == true)
  }
}
