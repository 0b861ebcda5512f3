import Files
import Foundation
public import ImageData
import SystemPackage

/// Opens what lies at `path`: an IDX file, a folder of IDX files, a CSV or Parquet list, the index of
/// shards, CUB-200-2011 as its archive has it, or a folder of pictures.
///
/// ```swift
/// let train = try openDataset("datasets/fashion-mnist", split: "train")
/// let pets = try openDataset("pets")               // pets/cat/1.jpg, pets/dog/2.jpg
/// let crawl = try openDataset("crawl", unlabelled: true)
/// ```
/// - Parameters:
///   - path: The file or folder.
///   - split: For a folder of IDX files `train`, `test` or what stands before `-images`; for a list its
///     `split` column's value; of CUB `train` or `test`; for a folder of pictures the folder of that name in it.
///   - unlabelled: Whether to leave labels and class folders out of account.
///   - allowsEmptyClasses: Whether class folders may be empty, as of pictures that are only measured on.
/// - Returns: The data set.
/// - Throws: `ImageDataError` saying what is wrong with which file.
public func openDataset(
  _ path: String, split: String? = nil, unlabelled: Bool = false, allowsEmptyClasses: Bool = false
) throws -> any ImageDataset {
  let dataset = try openLabelled(
    path, split: split, unlabelled: unlabelled, allowsEmptyClasses: allowsEmptyClasses)
  return unlabelled && !dataset.classes.isEmpty ? dataset.withoutLabels() : dataset
}

private func openLabelled(
  _ path: String, split: String?, unlabelled: Bool, allowsEmptyClasses: Bool
) throws -> any ImageDataset {
  if IndexedCollection.exists(in: path) {
    guard split == nil else {
      throw ImageDataError.argument("\(path) is an index, which has no split \(split ?? "")")
    }
    let collection = try IndexedCollection(folder: path)
    return unlabelled ? collection : try collection.labelled()
  }
  let place = FilePath(text: path)
  guard place.exists else {
    throw ImageDataError.dataset(path: path, reason: ImageDataError.notThere)
  }
  guard place.isFolder else {
    let file = place.name
    if ManifestDataset.isList(file) {
      return try ManifestDataset(path: path, split: split)
    }
    if IDXDataset.isImages(file) { return try IDXDataset(images: path) }
    throw ImageDataError.dataset(
      path: path,
      reason:
        "expected a folder, a .csv, .tsv or .parquet list, or an …-images-idx3-ubyte[.gz] file"
        + (adviceForLists(called: file).map { "; \($0)" } ?? "")
    )
  }
  if let images = try IDXFiles.images(in: place, split: split) {
    return try IDXDataset(images: images)
  }
  if let files = CUBFiles(in: place), !unlabelled {
    return try ManifestDataset(cub: files, at: path, split: split)
  }
  guard let split else {
    return try FolderDataset(
      root: path, unlabelled: unlabelled, allowsEmptyClasses: allowsEmptyClasses)
  }
  let folder = place.joined(split)
  guard folder.isFolder else {
    throw ImageDataError.dataset(path: path, reason: "no folder \(split) in it")
  }
  return try FolderDataset(
    root: folder.text, unlabelled: unlabelled, allowsEmptyClasses: allowsEmptyClasses)
}

/// What to do with a table or a list that is written in a way that is not read here.
private func adviceForLists(called name: String) -> String? {
  let name = name.lowercased()
  func ends(_ endings: String...) -> Bool { endings.contains { name.hasSuffix($0) } }
  if ends(".xlsx", ".xls", ".xlsm", ".ods", ".numbers") {
    return "save the table as CSV, with a header path,label"
  }
  if ends(".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz") {
    return "write a .csv file with a header path,label and a line a picture"
  }
  if ends(".csv.gz", ".tsv.gz", ".zip") { return "unpack it" }
  return nil
}
