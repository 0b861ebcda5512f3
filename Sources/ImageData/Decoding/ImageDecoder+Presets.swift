import CImage

// What the two presets do to one picture.

extension ImageDecoder {
  /// A random part, mirrored and erased by chance.
  func renderTrain(
    _ opened: Opened, _ preset: TrainPreset, random: CounterRandom,
    out: UnsafeMutablePointer<UInt8>
  ) throws {
    var random = random
    let size = preset.size, channels = preset.channels
    switch preset.crop {
    case .randomResized(let scale, let ratio):
      let part = CropGeometry.randomResized(
        width: opened.width, height: opened.height, scale: scale, ratio: ratio, random: &random)
      let mirrored = random.happens(preset.flip)
      let picture = try decode(opened, channels: channels, part: part, least: (size, size))
      try resize(
        picture, width: size, height: size, filter: .bilinear,
        window: PixelRectangle(x: 0, y: 0, width: size, height: size), mirrored: mirrored, out: out,
        stride: size * channels)
    case .padded(let padding):
      let y = random.integer(below: 2 * padding + 1) - padding
      let x = random.integer(below: 2 * padding + 1) - padding
      let mirrored = random.happens(preset.flip)
      try place(opened, size: size, channels: channels, x: x, y: y, mirrored: mirrored, out: out)
    case .none:
      let mirrored = random.happens(preset.flip)
      try place(opened, size: size, channels: channels, x: 0, y: 0, mirrored: mirrored, out: out)
    }
    guard let erasing = preset.erasing,
      let part = CropGeometry.erased(size: size, erasing: erasing, random: &random)
    else { return }
    erasing.fill.withUnsafeBufferPointer { colour in
      guard let colour = colour.baseAddress else { return }
      cimage_fill(
        out, Int64(size * channels), Int32(channels), Int32(part.x), Int32(part.y),
        Int32(part.width), Int32(part.height), colour)
    }
  }

  /// The picture at size × size, shifted by (`x`, `y`) with black around it.
  private func place(
    _ opened: Opened, size: Int, channels: Int, x: Int, y: Int, mirrored: Bool,
    out: UnsafeMutablePointer<UInt8>
  ) throws {
    if opened.width == size, opened.height == size {
      let picture = try opened.plain ?? decode(opened, channels: channels, part: nil, least: nil)
      window(
        picture, channels: channels, x: x, y: y, width: size, height: size, mirrored: mirrored,
        out: out)
      return
    }
    try withScratch(size * size * channels) { square in
      try renderEvaluation(
        opened, resize: size, crop: size, channels: channels, filter: .bilinear, exact: false,
        out: square)
      let picture = Self.picture(square, width: size, height: size, channels: channels)
      window(
        picture, channels: channels, x: x, y: y, width: size, height: size, mirrored: mirrored,
        out: out)
    }
  }

  /// The shorter side resized, then the square in the middle; `exact` decodes at full size. `note`
  /// sees the whole picture.
  func renderEvaluation(
    _ opened: Opened, resize shorter: Int, crop: Int, channels: Int, filter: Interpolation,
    exact: Bool, out: UnsafeMutablePointer<UInt8>, note: ((cimage_picture) throws -> Void)? = nil
  ) throws {
    let (width, height) = CropGeometry.resized(
      width: opened.width, height: opened.height, shorter: shorter)
    guard width <= 1 << 30, height <= 1 << 30 else {
      throw Failure(reason: "\(opened.width)x\(opened.height) is too elongated")
    }
    let x = CropGeometry.centre(length: width, crop: crop)
    let y = CropGeometry.centre(length: height, crop: crop)
    if opened.width == width, opened.height == height, let plain = opened.plain {
      try note?(plain)
      window(plain, channels: channels, x: x, y: y, width: crop, height: crop, out: out)
      return
    }
    let picture = try decode(
      opened, channels: channels, part: nil, least: exact ? nil : (width, height))
    try note?(picture)
    let inner = PixelRectangle(
      x: max(x, 0), y: max(y, 0), width: min(crop, width), height: min(crop, height))
    if inner.width == crop, inner.height == crop {
      try resize(
        picture, width: width, height: height, filter: filter, window: inner, out: out,
        stride: crop * channels)
      return
    }
    try withScratch(inner.width * inner.height * channels) { part in
      try resize(
        picture, width: width, height: height, filter: filter, window: inner, out: part,
        stride: inner.width * channels)
      let part = Self.picture(part, width: inner.width, height: inner.height, channels: channels)
      window(
        part, channels: channels, x: min(x, 0), y: min(y, 0), width: crop, height: crop, out: out)
    }
  }
}
