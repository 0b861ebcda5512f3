import CImage

// What the two presets do to one picture.

extension ImageDecoder {
  /// A random part, mirrored, operated on and erased by chance.
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
    if let drawn = preset.autoAugment?.draw(&random, size: size), !drawn.isEmpty {
      try withScratch(size * size * channels) { room in
        for (operation, magnitude) in drawn {
          operation.apply(magnitude, to: out, size: size, channels: channels, room: room)
        }
      }
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
        opened, EvaluationPreset(resize: size, crop: size, channels: channels), exact: false,
        out: square)
      let picture = Self.picture(square, width: size, height: size, channels: channels)
      window(
        picture, channels: channels, x: x, y: y, width: size, height: size, mirrored: mirrored,
        out: out)
    }
  }

  /// The picture resized, then the square in the middle; `exact` decodes at full size. `note` sees the
  /// whole picture.
  func renderEvaluation(
    _ opened: Opened, _ preset: EvaluationPreset, exact: Bool, out: UnsafeMutablePointer<UInt8>,
    note: ((cimage_picture) throws -> Void)? = nil
  ) throws {
    let (crop, channels) = (preset.crop, preset.channels)
    let (width, height) = CropGeometry.resized(
      width: opened.width, height: opened.height, to: preset.resize, mode: preset.mode)
    guard width <= 1 << 30, height <= 1 << 30 else {
      throw Failure(reason: "\(opened.width)x\(opened.height) is too elongated")
    }
    let x = CropGeometry.centre(length: width, crop: crop)
    let y = CropGeometry.centre(length: height, crop: crop)
    let inner = PixelRectangle(
      x: max(x, 0), y: max(y, 0), width: min(crop, width), height: min(crop, height))
    defer { fillBorder(of: out, preset, x: max(-x, 0), y: max(-y, 0), inner) }
    if opened.width == width, opened.height == height, let plain = opened.plain {
      try note?(plain)
      window(plain, channels: channels, x: x, y: y, width: crop, height: crop, out: out)
      return
    }
    let picture = try decode(
      opened, channels: channels, part: nil, least: exact ? nil : (width, height))
    try note?(picture)
    if preset.mode == .squash,
      CropGeometry.reducesRowsFirst(
        width: opened.width, height: opened.height, to: (width, height))
    {
      return try reduceRowsFirst(picture, preset, inner, out: out)
    }
    if inner.width == crop, inner.height == crop {
      try resize(
        picture, width: width, height: height, filter: preset.interpolation, window: inner,
        out: out, stride: crop * channels)
      return
    }
    try withScratch(inner.width * inner.height * channels) { part in
      try resize(
        picture, width: width, height: height, filter: preset.interpolation, window: inner,
        out: part, stride: inner.width * channels)
      let part = Self.picture(part, width: inner.width, height: inner.height, channels: channels)
      window(
        part, channels: channels, x: min(x, 0), y: min(y, 0), width: crop, height: crop, out: out)
    }
  }

  /// Resizes all of `picture` to the preset's square, its rows first, and writes `window` of it.
  private func reduceRowsFirst(
    _ picture: cimage_picture, _ preset: EvaluationPreset, _ window: PixelRectangle,
    out: UnsafeMutablePointer<UInt8>
  ) throws {
    let (side, channels, width) = (preset.resize, preset.channels, Int(picture.width))
    try withScratch(width * side * channels) { rows in
      try resize(
        picture, width: width, height: side, filter: preset.interpolation,
        window: PixelRectangle(x: 0, y: 0, width: width, height: side), out: rows,
        stride: width * channels)
      try resize(
        Self.picture(rows, width: width, height: side, channels: channels), width: side,
        height: side, filter: preset.interpolation, window: window, out: out,
        stride: preset.crop * channels)
    }
  }

  /// Gives the rows and columns round a picture that lies at (`x`, `y`) the border's colour.
  private func fillBorder(
    of out: UnsafeMutablePointer<UInt8>, _ preset: EvaluationPreset, x: Int, y: Int,
    _ picture: PixelRectangle
  ) {
    guard case .border(let fill) = preset.mode, fill.count == preset.channels else { return }
    let (crop, right, below) = (preset.crop, x + picture.width, y + picture.height)
    let bands = [
      PixelRectangle(x: 0, y: 0, width: crop, height: y),
      PixelRectangle(x: 0, y: below, width: crop, height: crop - below),
      PixelRectangle(x: 0, y: y, width: x, height: picture.height),
      PixelRectangle(x: right, y: y, width: crop - right, height: picture.height),
    ]
    fill.withUnsafeBufferPointer { colour in
      guard let colour = colour.baseAddress else { return }
      for band in bands where band.width > 0 && band.height > 0 {
        cimage_fill(
          out, Int64(crop * preset.channels), Int32(preset.channels), Int32(band.x), Int32(band.y),
          Int32(band.width), Int32(band.height), colour)
      }
    }
  }
}
