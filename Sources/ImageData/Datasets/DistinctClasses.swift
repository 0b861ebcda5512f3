extension ImageDataset {
  /// Refuses two classes of one name.
  ///
  /// What the same name is: files, folders and keys are the same when their bytes are, since the system
  /// keeps `café` with one letter é and `café` with e and an accent apart. A class is the same when
  /// people read the same, however it is written: the classes of two data sets are matched so. Inside
  /// one data set two spellings of one class, as a set that was merged from a Mac and a Linux machine has
  /// them, are a mistake that only its owner can mend.
  /// - Parameters:
  ///   - path: The data set's path.
  ///   - kind: What its classes are: "class folders".
  ///   - advice: How to make one of two: "bring their pictures into one folder".
  /// - Throws: `ImageDataError.dataset` naming both so that they look different.
  func requireDistinctClasses(in path: String, _ kind: String, _ advice: String) throws {
    var places: [String: Int] = [:]
    for (place, name) in classes.enumerated() {
      guard let first = places.updateValue(place, forKey: name) else { continue }
      let counts = samplesPerClass
      func named(_ place: Int) -> String {
        "\(Self.spelled(classes[place])) (\(counts[place]) picture\(counts[place] == 1 ? "" : "s"))"
      }
      let isRepeated = classes[first].utf8.elementsEqual(name.utf8)
      throw ImageDataError.dataset(
        path: path,
        reason: isRepeated
          ? "the \(kind) have \(name) twice; \(advice)"
          : "the \(kind) \(named(first)) and \(named(place)) are one name, written with other Unicode "
            + "characters; \(advice), or rename one of them")
    }
  }

  /// The name with every character but ASCII's by its number, as in Swift: `caf\u{00E9}`.
  private static func spelled(_ name: String) -> String {
    name.unicodeScalars.map { $0.isASCII ? String($0) : $0.escaped(asASCII: true) }.joined()
  }
}
