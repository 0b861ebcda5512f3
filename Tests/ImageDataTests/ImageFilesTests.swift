import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ImageData

@Suite("Picture files")
struct ImageFilesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("a folder stands for the pictures below it, in the order of their paths")
  func folders() throws {
    for name in ["d/b/2.png", "d/a.png", "d/b/1.png", "x.png"] {
      try folder.add("one-pixel.png", as: name)
    }
    try folder.write("no picture", to: "d/notes.txt")
    let root = folder.path
    let files = try ImageFiles(expanding: [root + "/x.png", root + "/d/", root + "/nowhere.png"])
    #expect(
      (0..<files.count).map { files.key(at: $0) }
        == ["x.png", "d/a.png", "d/b/1.png", "d/b/2.png", "nowhere.png"].map { "\(root)/\($0)" })
    #expect(files.passedOver.fileCount == 1)
    try folder.write("no picture", to: "empty/notes.txt")
    let error = #expect(throws: ImageDataError.self) {
      _ = try ImageFiles(expanding: [root + "/empty"])
    }
    #expect(error?.description.contains("/empty: ") == true)
  }

  @Test("a pipe is read to its end, once; one in a folder is not waited for")
  func pipes() throws {
    let data = try TestImages.data("one-pixel.png")
    let pipe = folder.path + "/d/pipe.png"
    try folder.add("one-pixel.png", as: "d/a.png")
    #expect(mkfifo(pipe, 0o600) == 0)
    let files = ImageFiles([pipe])
    let writer = Thread { try? data.write(to: URL(fileURLWithPath: pipe)) }
    writer.start()
    #expect(try files.read(at: 0).bytes == data)
    #expect(try files.read(at: 0).bytes == data)

    let listed = try ImageFiles(expanding: [folder.path + "/d"])
    let error = #expect(throws: ImageDataError.self) { try listed.read(at: 1) }
    #expect(error?.description.hasSuffix("a pipe, not a regular file") == true)
  }

  @Test("a device, a socket and a folder called like a picture are refused by what they are")
  func otherFiles() throws {
    let socket = folder.path + "/s.png"
    let descriptor = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    try #require(socket.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    for (path, kind) in [
      ("/dev/zero", "a device"), ("/dev/null", "a device"), (socket, "a socket"),
    ] {
      let files = ImageFiles([path])
      let error = #expect(throws: ImageDataError.self) { _ = try files.read(at: 0) }
      #expect(
        error == .unreadable(key: path, reason: "\(kind), not a regular file"))
    }
  }

  @Test("a pipe that says nothing is told of once, and read when something comes")
  func silentPipe() throws {
    let data = try TestImages.data("one-pixel.png")
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let told = Mutex<[String]>([])
    let files = try ImageFiles(
      expanding: [pipe],
      waiting: { name in
        told.withLock { $0.append(name) }
        if let file = FileHandle(forWritingAtPath: pipe) {
          file.write(data)
          file.closeFile()
        }
      })
    #expect(try files.read(at: 0).bytes == data)
    #expect(told.withLock { $0 } == [pipe])
  }

  @Test("a pipe that says nothing is given up where somebody asks for it")
  func stopped() throws {
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let files = try ImageFiles(expanding: [pipe], shouldStop: { true })
    let holder = open(pipe, O_RDWR)
    defer { close(holder) }
    #expect(throws: ImageDataError.self) { _ = try files.read(at: 0) }
  }

  @Test("pictures in memory are called by their numbers")
  func inMemory() throws {
    let data = try TestImages.data("one-pixel.png")
    let pictures = ImagesInMemory([
      .file(data), .pixels(Data([7]), width: 1, height: 1, channels: 1),
    ])
    #expect((0..<2).map { pictures.key(at: $0) } == ["0", "1"])
    #expect(try pictures.read(at: 0).bytes == data)
  }
}
