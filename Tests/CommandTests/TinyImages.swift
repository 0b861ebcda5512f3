import Foundation
import TestSupport

/// Generated grey pictures of six classes: on noise, a bright square whose place is the class's.
struct TinyImages {
  static let classes = ["north", "north-east", "south-east", "south", "south-west", "north-west"]
  static let side = 12

  let pixels: [[UInt8]]
  let labels: [UInt8]

  /// So many pictures, the classes in turn.
  init(_ count: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var pixels: [[UInt8]] = []
    for index in 0..<count {
      let label = index % Self.classes.count
      var picture = (0..<Self.side * Self.side).map { _ in
        UInt8.random(in: 0...110, using: &generator)
      }
      let angle = Double(label) * .pi / 3
      let row = Int((4 - 4 * cos(angle)).rounded()), column = Int((4 + 4 * sin(angle)).rounded())
      for y in row..<row + 4 {
        for x in column..<column + 4 {
          picture[y * Self.side + x] = UInt8.random(in: 150...255, using: &generator)
        }
      }
      pixels.append(picture)
    }
    self.pixels = pixels
    labels = (0..<count).map { UInt8($0 % Self.classes.count) }
  }

  /// Writes an IDX file of the pictures, its labels and the classes' names into `folder`.
  func writeIDX(to folder: TemporaryFolder, _ path: String, prefix: String) throws {
    func header(_ sizes: [Int]) -> [UInt8] {
      [0, 0, 8, UInt8(sizes.count)]
        + sizes.flatMap { size in [24, 16, 8, 0].map { UInt8(size >> $0 & 255) } }
    }
    try folder.write(
      Data(header([pixels.count, Self.side, Self.side]) + pixels.flatMap { $0 }),
      to: "\(path)/\(prefix)-images-idx3-ubyte")
    try folder.write(
      Data(header([labels.count]) + labels), to: "\(path)/\(prefix)-labels-idx1-ubyte")
    try folder.write(
      Self.classes.joined(separator: "\n") + "\n", to: "\(path)/classes.txt")
  }

  /// Writes each picture as a PNG: into its class's folder, or all into one.
  func writePNG(to folder: TemporaryFolder, _ path: String, labelled: Bool) throws {
    for (index, picture) in pixels.enumerated() {
      let place = labelled ? "\(path)/\(Self.classes[Int(labels[index])])" : path
      try folder.write(Self.png(picture), to: "\(place)/\(index).png")
    }
  }

  /// A grey PNG whose data is stored, not compressed.
  static func png(_ picture: [UInt8]) -> Data {
    func word(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }
    func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
      var crc: UInt32 = .max
      for byte in Array(name.utf8) + body {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
      }
      return word(body.count) + Array(name.utf8) + body + word(Int(~crc))
    }
    // Each row begins with its filter: none.
    let rows = (0..<side).flatMap { [0] + picture[$0 * side..<($0 + 1) * side] }
    let size = [UInt8(rows.count & 255), UInt8(rows.count >> 8)]
    var (low, high) = (1, 0)
    for byte in rows {
      low = (low + Int(byte)) % 65_521
      high = (high + low) % 65_521
    }
    let body = [0x78, 0x01, 0x01] + size + size.map { ~$0 } + rows + word(high << 16 | low)
    return Data(
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        + chunk("IHDR", word(side) + word(side) + [8, 0, 0, 0, 0]) + chunk("IDAT", body)
        + chunk("IEND", []))
  }
}
