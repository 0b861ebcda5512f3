import Foundation
import ImageData

/// Pictures: header, decoding at full and reduced size, resizing, cropping and fingerprints.
func fuzzImage(_ data: Data) {
  let image = EncodedImage.file(data)
  _ = try? ImageHeader(of: data)
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
