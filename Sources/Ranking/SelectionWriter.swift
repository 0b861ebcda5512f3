import Files

/// Where the bytes of a selection go: to a file or into memory.
protocol SelectionSink: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws
}

extension DurableFile: SelectionSink {}

/// The bytes of a selection in memory.
final class SelectionMemory: SelectionSink {
  let memory: AlignedBytes
  private var count = 0

  init(count: Int) { memory = AlignedBytes(count: count) }

  func write(_ bytes: UnsafeRawBufferPointer) {
    memory.bytes[count..<(count + bytes.count)].copyBytes(from: bytes)
    count += bytes.count
  }
}

/// Writes the columns of a selection one after another, a megabyte at a time.
private final class ColumnWriter {
  private let sink: any SelectionSink
  private let buffer = AlignedBytes(count: 1 << 20)
  private var used = 0
  private var total = 0
  private var hash = XXHash64()

  init(_ sink: any SelectionSink) { self.sink = sink }

  @inline(__always)
  func append<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) throws {
    // Values of 4 bytes fill the buffer exactly; those of 8 come after an even number of them.
    buffer.bytes.storeBytes(of: value.littleEndian, toByteOffset: used, as: Value.self)
    used += MemoryLayout<Value>.size
    if used == buffer.bytes.count { try flush() }
  }

  private func flush() throws {
    let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<used])
    hash.update(bytes)
    try sink.write(bytes)
    total += used
    used = 0
  }

  /// Pads to a multiple of 8 and appends the checksum.
  func finish() throws {
    if (total + used) & 7 != 0 { try append(0 as UInt32) }
    try flush()
    let checksum = hash.value.littleEndian
    try withUnsafeBytes(of: checksum) { try sink.write($0) }
  }
}

extension SelectionRows {
  /// What the rows are written as, with or without repetitions.
  func layout(imagesPerClass: Int, classesPerSample: Int, repeats: Bool) -> SelectionLayout {
    var layout = SelectionLayout(
      classCount: firstLabels.count - 1, imagesPerClass: imagesPerClass,
      classesPerSample: classesPerSample)
    (layout.images, layout.labels, layout.repeats) = (imageCount, entries.count, repeats)
    return layout
  }

  /// Writes these rows to `path` as one durable file.
  /// - Throws: `FileError` naming `path`.
  func write(
    to path: String, imagesPerClass: Int, classesPerSample: Int, filling quotas: [Int]?
  ) throws {
    let file = try DurableFile(path: path)
    let layout = layout(
      imagesPerClass: imagesPerClass, classesPerSample: classesPerSample, repeats: quotas != nil)
    try write(layout, quotas: quotas ?? [], to: file)
    try file.commit()
  }

  /// Writes the file of these rows to `sink`; `quotas` are how many images each class is filled to,
  /// where `layout` has repetitions.
  /// - Throws: What writing to `sink` throws.
  /// - Complexity: O(labels) time, a megabyte of memory.
  func write(_ layout: SelectionLayout, quotas: [Int], to sink: some SelectionSink) throws {
    try layout.header.withUnsafeBytes { try sink.write($0) }
    let writer = ColumnWriter(sink)
    try forEachImage { image, _ in try writer.append(UInt32(image >> 32)) }
    try forEachImage { image, _ in try writer.append(UInt32(truncatingIfNeeded: image)) }
    try forEachImage { _, labels in try writer.append(UInt64(labels.lowerBound)) }
    try writer.append(UInt64(entries.count))
    for entry in entries { try writer.append(UInt32(label(entry).class)) }
    for entry in entries { try writer.append(UInt32(truncatingIfNeeded: entry.second)) }
    for entry in entries { try writer.append(UInt32(label(entry).rank)) }
    if layout.repeats {
      try forEachImage { _, labels in
        var repeats = 1
        for entry in entries.part(labels) {
          let (index, rank) = label(entry)
          let count = firstLabels[index + 1] - firstLabels[index]
          repeats = max(repeats, Self.repeats(rank: rank, count: count, quota: quotas[index]))
        }
        try writer.append(UInt32(clamping: repeats))
      }
    }
    try writer.finish()
  }

  /// How often the image of a rank stands in a pass, so that `count` images become `quota`: each
  /// quota/count times, and the first ranks once more for what is left over.
  static func repeats(rank: Int, count: Int, quota: Int) -> Int {
    guard count > 0, count < quota else { return 1 }
    return quota / count + (rank <= quota % count ? 1 : 0)
  }

  @inline(__always)
  private func forEachImage(_ body: (UInt64, Range<Int>) throws -> Void) rethrows {
    var start = 0
    while start < entries.count {
      let image = entries[start].first
      var end = start + 1
      while end < entries.count, entries[end].first == image { end += 1 }
      try body(image, start..<end)
      start = end
    }
  }
}
