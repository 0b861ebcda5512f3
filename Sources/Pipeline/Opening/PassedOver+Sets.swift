import ImageData

extension PassedOver {
  /// A line for each of the sets in which something was passed over, once for those that are parts of
  /// one.
  static func lines(of sets: [any ImageDataset]) -> [String] {
    var lines: [String] = []
    for set in sets {
      guard let line = set.passedOver.line(in: set.name), !lines.contains(line) else { continue }
      lines.append(line)
    }
    return lines
  }
}
