import Files

/// Where the bytes of a selection go, in any order and from several threads: a file or memory.
protocol SelectionSink: Sendable {
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws
  /// Calls `body` with what was written from `start` to `end`, in order and in pieces.
  func forEachPiece(
    from start: Int, to end: Int, _ body: (UnsafeRawBufferPointer) -> Void) throws
  /// Lets what was written be durable, as far as that is known here.
  func flush() throws
}

extension DurableFile: SelectionSink {
  func forEachPiece(
    from start: Int, to end: Int, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws {
    let buffer = AlignedBytes(count: 1 << 20)
    for offset in stride(from: start, to: end, by: buffer.bytes.count) {
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: buffer.bytes[..<min(buffer.bytes.count, end - offset)])
      try read(piece, at: offset)
      body(UnsafeRawBufferPointer(piece))
    }
  }
}

/// The bytes of a selection in memory.
final class SelectionMemory: SelectionSink {
  let memory: AlignedBytes

  init(count: Int) { memory = AlignedBytes(count: count) }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    memory.bytes[offset..<(offset + bytes.count)].copyBytes(from: bytes)
  }

  func forEachPiece(from start: Int, to end: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    body(UnsafeRawBufferPointer(rebasing: memory.bytes[start..<end]))
  }

  func flush() {}
}

/// Writes rows as the file of a selection, some at a time, on several threads.
struct SelectionWriter: Sendable {
  let layout: SelectionLayout
  private let rows: SelectionRows
  /// How many images each class is filled to, where `layout` has repetitions.
  private let quotas: [Int]
  private let parts: [Part]
  private let threads: Int

  /// Neighbouring rows that begin and end with an image.
  private struct Part {
    var labels: Range<Int>
    var images: Range<Int>
  }

  /// About so many labels are written at a time: the columns fit the processor's cache.
  private static let step = 1 << 14

  /// - Parameters:
  ///   - rows: The rows.
  ///   - imagesPerClass: The most images of a class.
  ///   - classesPerSample: The classes of a sample that took part.
  ///   - quotas: How many images each class is filled to by repetition; nil repeats none.
  ///   - threads: How many threads write.
  init(
    _ rows: SelectionRows, imagesPerClass: Int, classesPerSample: Int, filling quotas: [Int]?,
    threads: Int
  ) {
    self.rows = rows
    self.quotas = quotas ?? []
    self.threads = threads
    var layout = SelectionLayout(
      classCount: rows.firstLabels.count - 1, imagesPerClass: imagesPerClass,
      classesPerSample: classesPerSample)
    parts = Self.parts(of: rows, threads: threads)
    (layout.images, layout.labels) = (parts.last?.images.upperBound ?? 0, rows.entries.count)
    layout.repeats = quotas != nil
    self.layout = layout
  }

  private static func parts(of rows: SelectionRows, threads: Int) -> [Part] {
    let entries = rows.entries
    var parts: [Part] = []
    var start = 0
    while start < entries.count {
      var end = min(start + step, entries.count)
      while end < entries.count, entries[end].first == entries[end - 1].first { end += 1 }
      parts.append(Part(labels: start..<end, images: 0..<0))
      start = end
    }
    let counts = UnsafeMutableBufferPointer<Int>.allocate(capacity: parts.count)
    defer { counts.deallocate() }
    let shared = SharedCounts(counts: counts)
    Threads.perform(threads, parts: parts.count) { [parts] part in
      var count = 0
      var last: UInt64?
      for entry in rows.entries.part(parts[part].labels) where entry.first != last {
        count += 1
        last = entry.first
      }
      shared.counts[part] = count
    }
    var sum = 0
    for index in parts.indices {
      parts[index].images = sum..<(sum + counts[index])
      sum += counts[index]
    }
    return parts
  }

  /// Writes everything to `sink`.
  /// - Throws: What writing to `sink` throws.
  /// - Complexity: O(labels) time, half a megabyte of memory a thread.
  func write(to sink: some SelectionSink) throws {
    try layout.header.withUnsafeBytes { try sink.write($0, at: 0) }
    let queue = PartQueue(count: parts.count)
    _ = try Threads.results(max(1, min(threads, parts.count))) { _ in
      do {
        while let part = queue.next() { try write(parts[part], to: sink) }
      } catch {
        queue.stop()
        throw error
      }
    }
    let columns = layout.columns
    try withUnsafeBytes(of: UInt64(layout.labels).littleEndian) {
      try sink.write($0, at: columns.labelOffsets + 8 * layout.images)
    }
    let end = SelectionLayout.headerBytes + layout.bodyBytes
    let padding = end - columns.end
    try Array(repeating: UInt8(0), count: padding).withUnsafeBytes {
      try sink.write($0, at: columns.end)
    }
    // The disk is waited for while the checksum is computed.
    let checksums = try Threads.results(2) { thread in
      var hash = XXHash64()
      if thread == 0 {
        try sink.forEachPiece(from: SelectionLayout.headerBytes, to: end) { hash.update($0) }
      } else {
        try sink.flush()
      }
      return hash.value
    }
    try withUnsafeBytes(of: checksums[0].littleEndian) { try sink.write($0, at: end) }
  }

  private func write(_ part: Part, to sink: some SelectionSink) throws {
    let columns = layout.columns
    let (images, labels) = (part.images, part.labels)
    try withUnsafeTemporaryAllocation(
      of: UInt32.self, capacity: 5 * images.count + 3 * labels.count
    ) { numbers in
      var used = 0
      func column(_ count: Int) -> UnsafeMutableBufferPointer<UInt32> {
        defer { used += count }
        return UnsafeMutableBufferPointer(rebasing: numbers[used..<(used + count)])
      }
      let (shards, positions, repeats) = (
        column(images.count), column(images.count), column(images.count)
      )
      let (classes, scores, ranks) = (
        column(labels.count), column(labels.count), column(labels.count)
      )
      let offsets = column(2 * images.count)
      var image = -1
      var last: UInt64?
      var place = 0
      for index in 0..<labels.count {
        let entry = rows.entries[labels.lowerBound + index]
        if entry.first != last {
          image += 1
          last = entry.first
          let id = rows.images.id(entry.first, near: &place)
          shards[image] = id.shard.littleEndian
          positions[image] = id.position.littleEndian
          repeats[image] = 1
          let offset = UInt64(labels.lowerBound + index)
          offsets[2 * image] = UInt32(truncatingIfNeeded: offset).littleEndian
          offsets[2 * image + 1] = UInt32(offset >> 32).littleEndian
        }
        let label = rows.label(entry)
        classes[index] = UInt32(label.class).littleEndian
        scores[index] = UInt32(truncatingIfNeeded: entry.second).littleEndian
        ranks[index] = UInt32(label.rank).littleEndian
        if layout.repeats {
          let count = rows.firstLabels[label.class + 1] - rows.firstLabels[label.class]
          let number = Self.repeats(rank: label.rank, count: count, quota: quotas[label.class])
          repeats[image] =
            max(
              UInt32(littleEndian: repeats[image]), UInt32(clamping: number)
            ).littleEndian
        }
      }
      func write(_ column: UnsafeMutableBufferPointer<UInt32>, at offset: Int) throws {
        try sink.write(UnsafeRawBufferPointer(column), at: offset)
      }
      try write(shards, at: columns.shards + 4 * images.lowerBound)
      try write(positions, at: columns.positions + 4 * images.lowerBound)
      try write(offsets, at: columns.labelOffsets + 8 * images.lowerBound)
      try write(classes, at: columns.classes + 4 * labels.lowerBound)
      try write(scores, at: columns.scores + 4 * labels.lowerBound)
      try write(ranks, at: columns.ranks + 4 * labels.lowerBound)
      if layout.repeats { try write(repeats, at: columns.repeats + 4 * images.lowerBound) }
    }
  }

  /// How often the image of a rank stands in a pass, so that `count` images become `quota`: each
  /// quota/count times, and the first ranks once more for what is left over.
  static func repeats(rank: Int, count: Int, quota: Int) -> Int {
    guard count > 0, count < quota else { return 1 }
    return quota / count + (rank <= quota % count ? 1 : 0)
  }
}

/// Numbers of which several threads write different ones.
private struct SharedCounts: @unchecked Sendable {
  let counts: UnsafeMutableBufferPointer<Int>
}
