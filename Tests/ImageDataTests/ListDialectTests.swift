import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("Lists as people save them")
struct ListDialectTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["cat/1", "cat/2", "dog/1"] {
      try folder.add("one-pixel.png", as: "lab/\(name).png")
    }
  }

  private func open(_ data: Data, split: String? = nil) throws -> ManifestDataset {
    try ManifestDataset(path: folder.write(data, to: "list.csv"), split: split)
  }

  private func contents(_ dataset: ManifestDataset) -> [String] {
    (0..<dataset.count).map { index in
      "\(dataset.key(at: index))=\(dataset.label(at: index).map { dataset.classes[$0] } ?? "-")"
    }
  }

  private func contents(_ text: String) throws -> [String] {
    try contents(open(Data(text.utf8)))
  }

  /// The line and the reason of a list that is refused.
  private func refusal(_ data: Data, split: String? = nil) -> String? {
    let error = #expect(throws: ImageDataError.self) { _ = try open(data, split: split) }
    return error?.description.replacing(folder.path + "/list.csv, ", with: "")
  }

  private func refusal(_ text: String, split: String? = nil) -> String? {
    refusal(Data(text.utf8), split: split)
  }

  private let three = ["lab/cat/1.png=cat", "lab/cat/2.png=cat", "lab/dog/1.png=dog"]

  @Test("spaces after the comma or at a line's end make no other classes and no other paths")
  func spaces() throws {
    let text = "path, label\nlab/cat/1.png, cat\nlab/cat/2.png,cat \n lab/dog/1.png,dog\n"
    let dataset = try open(Data(text.utf8))
    #expect(contents(dataset) == three && dataset.classes == ["cat", "dog"])
    for index in 0..<3 { #expect(throws: Never.self) { _ = try dataset.read(at: index) } }
  }

  @Test(
    "the columns have the names that people give them",
    arguments: [
      "path,label", "file_name,label", "filename,class", "FileName,Category", "image,target",
      "File Name,class_name", "image_path,Label", "filepath,label", "filepaths,labels",
    ])
  func names(header: String) throws {
    let rows = "lab/cat/1.png,cat\nlab/cat/2.png,cat\nlab/dog/1.png,dog\n"
    #expect(try contents(header + "\n" + rows) == three)
    let turned = header.split(separator: ",").reversed().joined(separator: ";")
    let turnedRows = "cat;lab/cat/1.png\ncat;lab/cat/2.png\ndog;lab/dog/1.png\n"
    #expect(try contents(turned + "\n" + turnedRows) == three)
  }

  @Test("the usual name goes before others; of several others none is guessed")
  func several() throws {
    #expect(try contents("image,path,class,label\nx,a.png,1,cat\n") == ["a.png=cat"])
    #expect(
      refusal("image,filename,label\na,b,c\n")
        == "line 1: the path may be in any of the columns image, filename; call the right one path")
    #expect(
      refusal("image,class,category\na,b,c\n")
        == "line 1: the label may be in any of the columns class, category; call the right one label"
    )
  }

  @Test("a column that the header has twice is refused by its name")
  func twice() {
    let advice = "give the one that is not the"
    #expect(
      refusal("path,path,label\na,b,c\n")
        == "line 1: the header has one column twice: path, path; \(advice) path another name")
    #expect(
      refusal("image,class,Class\na,b,c\n")
        == "line 1: the header has one column twice: class, Class; \(advice) label another name")
    #expect(
      refusal("path,label\na,b\npath,label\nc,d\n")
        == "line 3: the header again, as where lists were joined; take it out")
  }

  @Test("comments above the header are none of its lines, and may be the header")
  func comments() throws {
    let rows = "lab/cat/1.png,cat\nlab/cat/2.png,cat\nlab/dog/1.png,dog\n"
    for head in [
      "# made by us; see a.png, b.png\npath,label\n", "#path,label\n", "# made by us\n\n",
      "#!/usr/bin/env list\n# \"\n# path, label\n",
    ] { #expect(try contents(head + rows) == three, "\(head)") }
    // Which of three columns is which, only the comment says.
    let wide = rows.replacing("\n", with: ",1\n")
    #expect(try contents("# path,label,score\n" + wide) == three)
    // A picture may be called so.
    #expect(try contents("#1.png,cat\n#2.png,dog\n") == ["#1.png=cat", "#2.png=dog"])
    #expect(
      refusal("path,label\n# dogs\na,b\n")
        == "line 2: 1 field under a header of 2; a line that begins with # is a comment above the "
        + "header only")
    #expect(
      refusal("path,label\na,b,c\n")
        == "line 2: 3 fields under a header of 2; put a field that holds a comma in quotes")
  }

  @Test("empty fields at the ends of lines, or of the header alone, say nothing")
  func trailing() throws {
    for (header, end) in [("path,label,", ","), ("path,label", ","), ("path,label,,", "")] {
      let rows = ["cat/1.png,cat", "cat/2.png,cat", "dog/1.png,dog"].map { "lab/\($0)\(end)\n" }
      #expect(try contents(header + "\n\n" + rows.joined(separator: "\n")) == three)
      if !end.isEmpty { #expect(try contents(rows.joined()) == three) }
    }
  }

  @Test("spaces of any kind around a label are no part of it, in quotes or not")
  func unseen() throws {
    let text = "path,label\n1.png,\" cat \"\n2.png,cat\u{A0}\n3.png,\u{200B}cat\n4.png,\" \"\n"
    #expect(try contents(text) == ["1.png=cat", "2.png=cat", "3.png=cat", "4.png=-"])
    #expect(
      refusal("path,label\na.png,\"cat\nb.png,dog\nc.png,dog\"\n")
        == "line 2: the label goes over several lines; close its quote")
  }

  @Test("a path may be an address of a file; of other ones it is said why they lead nowhere")
  func addresses() throws {
    let place = folder.path.replacing("h", with: "%68")
    let text = "path\nfile://\(place)/lab/cat/1.png\nFILE://localhost\(folder.path)/lab/dog/1.png\n"
    let dataset = try open(Data(text.utf8))
    #expect(dataset.key(at: 0) == folder.path + "/lab/cat/1.png")
    for index in 0..<2 { #expect(throws: Never.self) { _ = try dataset.read(at: index) } }
    let lost = try open(Data("path\nhttps://a.org/1.png\n~/1.png\nPackage.swift\n2.png\n".utf8))
    let reasons = (0..<4).map { index in
      let error = #expect(throws: ImageDataError.self) { _ = try lost.read(at: index) }
      return error?.description.split(separator: "; ").dropFirst().joined(separator: "; ")
    }
    #expect(
      reasons == [
        "it is an address; pictures have to be files on this machine",
        "write the home folder out for ~",
        "it is there from the working folder, but a list's paths begin in the list's own folder",
        "",
      ])
  }

  @Test("columns that are not known are listed as they were found")
  func unknown() {
    let known =
      "no column is named path, file_path, file_name, file, image_path, image_name, image_file, image, "
      + "img_path, img, file_paths or paths; columns found: "
    #expect(refusal("id;species\n1;cat\n") == "line 1: \(known)id, species")
    #expect(refusal("\n\nid\n1\n") == "line 3: \(known)id")
    #expect(
      refusal("path|label\na|b\n")
        == "line 1: the header is `path|label`, in which | parts the columns; part them by commas, "
        + "semicolons or tabs, or put a line sep=| above it")
    #expect(
      refusal("path label\na b\n")
        == "line 1: the header is `path label`, in which spaces part the columns; part them by commas, "
        + "semicolons or tabs")
    #expect(
      refusal("lab/cat/1.png cat\n")
        == "line 1: the first line is `lab/cat/1.png cat`, in which spaces part the columns; part them "
        + "by commas, semicolons or tabs")
    #expect(
      refusal("'path','label'\n'a','b'\n")
        == "line 1: the header is 'path', 'label'; write double quotes instead of single ones, or none"
    )
    #expect(
      refusal("path,kind\na,b\n", split: "train")
        == "line 1: no column named split; columns found: path, kind")
  }

  @Test("a list without a header loses no line")
  func headerless() throws {
    let rows = "lab/cat/1.png,cat\nlab/cat/2.png,cat\nlab/dog/1.png,dog\n"
    #expect(try contents(rows) == three)
    #expect(try contents("cat\tlab/cat/1.png\ndog\tlab/dog/1.png\n") == [three[0], three[2]])
    #expect(try contents("lab/cat/1.png\nnone.jpg\n") == ["lab/cat/1.png=-", "none.jpg=-"])
    // A picture is known by its being there, too.
    try folder.add("one-pixel.png", as: "lab/0001")
    #expect(try contents("lab/0001,cat\n") == ["lab/0001=cat"])
    let unclear =
      "line 1: this is no header but a picture; begin the list with the names of its "
      + "columns, such as path,label,split"
    #expect(refusal("lab/cat/1.png,cat,train\n") == unclear)
    #expect(refusal("lab/cat/1.png,train\n", split: "train") == unclear)
    #expect(refusal("a.png,cat\nb.png\n") == "line 2: 1 field after a first line of 2")
  }

  @Test("splits and tags have other names, too")
  func splits() throws {
    let text = "file_name,class,Subset,hashtags\na.png,cat,train,#x y\nb.png,dog,val,z\n"
    let list = try open(Data(text.utf8), split: "val")
    #expect(contents(list) == ["b.png=dog"] && list.tags(at: 0) == ["z"])
    #expect(list.classes == ["cat", "dog"])
  }

  @Test("a list that was written on Windows is read where its files are")
  func backslashes() throws {
    let text = "path,label\nnone\\0.png,cat\nlab\\cat\\1.png,cat\nlab\\dog\\1.png,dog\n"
    let dataset = try open(Data(text.utf8))
    #expect(contents(dataset) == ["none\\0.png=cat", "lab/cat/1.png=cat", "lab/dog/1.png=dog"])
    #expect(try dataset.read(at: 2).bytes == TestImages.data("one-pixel.png"))
    let error = #expect(throws: ImageDataError.self) { _ = try dataset.read(at: 0) }
    #expect(error?.description.hasSuffix("its path has backslashes, as on Windows") == true)
    // Here a backslash is a name's own.
    try folder.add("one-pixel.png", as: "lab\\cat\\1.png")
    #expect(try open(Data(text.utf8)).key(at: 1) == "lab\\cat\\1.png")
  }

  @Test("paths are bytes; labels and tags that are not UTF-8 are refused with their line")
  func otherEncodings() throws {
    let name = Data("caf".utf8) + [0xE9] + Data(".png".utf8)
    var path = Array((folder.path + "/").utf8) + Array(name)
    path.append(0)
    let picture = try TestImages.data("one-pixel.png")
    let file = path.withUnsafeBytes {
      $0.baseAddress.map { fopen($0.assumingMemoryBound(to: CChar.self), "w") }
    }
    let stream = try #require(file ?? nil)
    _ = picture.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, stream) }
    fclose(stream)
    let dataset = try open(Data("path,label\n".utf8) + name + Data(",cat\n".utf8))
    #expect(try dataset.read(at: 0).bytes == picture)
    let label = Data("path,label\na.png,cat\nb.png,caf".utf8) + [0xE9, 10]
    #expect(refusal(label) == "line 3: the label caf\\xE9 is not UTF-8; save the list as UTF-8")
    let tags = Data("path,tags\na.png,x caf".utf8) + [0xE9, 10]
    #expect(refusal(tags) == "line 2: the tags x caf\\xE9 is not UTF-8; save the list as UTF-8")
  }

  @Test("a zero byte in the middle is named")
  func zeroByte() {
    #expect(refusal("path\na\0b.png\n") == "line 2: the path holds a zero byte")
  }
}
