import Copies
import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("ContentHash")
struct ContentHashTests {
  @Test("it is SHA-256 in hexadecimal")
  func knownAnswer() {
    // FIPS 180-2, appendix B.1.
    #expect(
      ContentHash(of: Data("abc".utf8)).description
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("its bytes make it again, and it is ordered as they are")
  func bytes() throws {
    let hashes = (0..<50).map { ContentHash(of: Data([$0])) }
    for hash in hashes {
      #expect(hash.bytes.count == 32)
      #expect(ContentHash(bytes: hash.bytes) == hash)
    }
    let ordered = hashes.sorted().map(\.bytes)
    #expect(ordered == hashes.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) })
    #expect(ContentHash(bytes: [1, 2, 3]) == nil)
  }

  @Test("files are hashed as they are and plain pixels by their bytes")
  func images() throws {
    let data = try TestImages.data("grey.png")
    #expect(ContentHash(of: .file(data)) == ContentHash(of: data))
    let pixels = EncodedImage.pixels(data, width: 1, height: data.count, channels: 1)
    #expect(ContentHash(of: pixels) == ContentHash(of: data))
  }
}
