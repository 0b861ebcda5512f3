import Copies
import Foundation
import ImageData

/// Pictures: header, decoding at full and reduced size, resizing, cropping and fingerprints.
func fuzzImage(_ data: Data) {
  let image = EncodedImage.file(data)
  _ = try? ImageHeader(of: data)
  fuzzOrientation(data)
  guard let decoder = try? ImageDecoder(maxPixels: 1 << 20) else { return }
  let out = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 * 32 * 3, alignment: 16)
  defer { out.deallocate() }
  let presets: [Preset] = [
    .evaluation(EvaluationPreset(resize: 40, crop: 32, channels: 3)),
    .train(TrainPreset(size: 32, channels: 3)),
  ]
  for preset in presets {
    let random = CounterRandom(seed: UInt64(data.count), pass: 0, sample: 0)
    try? decoder.render(image, preset: preset, random: random, key: "fuzz", into: out)
  }
  let hash = ContentHash(of: Data())
  let evaluation = EvaluationPreset(resize: 20, crop: 16, channels: 1)
  _ = try? decoder.renderNoting(image, hash: hash, preset: evaluation, key: "fuzz", into: out)
  _ = try? Thumbnail(of: image, longerSide: 16, maxPixels: 1 << 20)
}

/// The input as a JPEG's EXIF and XMP, and as a PNG's text: what says which way up a picture is.
private func fuzzOrientation(_ data: Data) {
  guard data.count < 60_000 else { return }
  for name in ["Exif\0\0", "http://ns.adobe.com/xap/1.0/\0"] {
    let length = 2 + name.utf8.count + data.count
    let head = Data([0xFF, 0xD8, 0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)])
    let frame = Data([0xFF, 0xC0, 0, 11, 8, 0, 9, 0, 9, 1, 1, 0x11, 0])
    guard let header = try? ImageHeader(of: head + Data(name.utf8) + data + frame) else { continue }
    precondition((1...8).contains(header.orientation), "orientation \(header.orientation)")
  }
  var png = Data([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]) + Data("IHDR".utf8)
  png += Data([0, 0, 0, 9, 0, 0, 0, 9, 8, 0, 0, 0, 0, 0, 0, 0, 0])
  for text in ["zTXtRaw profile type exif\0\0", "iTXtXML:com.adobe.xmp\0\u{1}\0\0\0"] {
    let length = text.utf8.count - 4 + data.count
    png += Data([0, 0, UInt8(length >> 8), UInt8(length & 255)]) + Data(text.utf8) + data
    png += Data(count: 4)
  }
  _ = try? ImageHeader(of: png)
}
