import Files
import ImageData

/// Which columns of a table of scores say what.
///
/// Case, spaces, underscores and hyphens in their names make no difference. A table with a column of
/// classes and one of scores has a row a pair; every other one has a row a picture, and a column a class, as has one of
/// `halcyon predict --probabilities`.
struct ScoreColumns {
  /// The column of the pictures' keys.
  let key: Int
  /// Whether rows are pairs, or have all classes.
  let layout: ScoreLayout
  /// With pairs: the column of the class and that of its score. Else the column of each of D's classes.
  let scores: [Int]
  /// Columns that are passed over.
  let passedOver: [Int]
  /// Of `halcyon predict`'s tables the column that says why a picture could not be read: it has no scores then.
  private(set) var error: Int?

  private static let keyNames = [
    "key", "__key__", "image_key", "sample_key", "path", "file_path", "file_name", "file",
    "image_path", "image_name", "image_file", "image", "img_path", "img",
  ]
  private static let classNames = [
    "class_name", "label_name", "class", "label", "category", "class_index", "class_id",
  ]
  private static let scoreNames: [ScoreKind: [String]] = [
    .probabilities: ["probability", "prob", "p", "confidence", "score"],
    .logits: ["logit", "score"], .logOdds: ["log_odds", "score"],
  ]
  /// What pandas calls its numbering of rows.
  private static let numberings: Set = ["", "unnamed:0", "indexlevel0"]

  /// Finds the columns of the file at `path` among those called `names`.
  /// - Parameters:
  ///   - names: The names as they stand in the file.
  ///   - path: The file.
  ///   - classes: D's classes.
  ///   - given: What the columns mean, in their order, where the user says it.
  ///   - kind: What the scores are.
  /// - Throws: `PipelineError.data` naming the columns.
  init(
    _ names: [String], of path: String, classes: [String], given: [String]?, kind: ScoreKind
  ) throws {
    func refusal(_ reason: String) -> PipelineError {
      .data("\(path): \(reason); columns found: \(Self.list(names))")
    }
    guard let key = try Self.column(Self.keyNames, "the key", among: names, refusal) else {
      throw refusal("no column is named key, path, image or __key__, which says what a row is of")
    }
    self.key = key
    let isClass = Set(classes.map { ClassName.trimmed($0) })
    if kind == .probabilities, given == nil,
      let columns = try Self.predicted(classes, among: names, path)
    {
      layout = .wide
      scores = columns
      passedOver = names.indices.filter { $0 != key && !columns.contains($0) }
      error = names.firstIndex(of: "error")
      return
    }
    if let label = try Self.column(Self.classNames, "the class", among: names, refusal),
      let score = try Self.column(
        Self.scoreNames[kind] ?? [], "the score", among: names, refusal),
      !isClass.contains(ClassName.trimmed(names[label]))
        || !isClass.contains(ClassName.trimmed(names[score]))
    {
      layout = .pairs
      scores = [label, score]
      passedOver = names.indices.filter { ![key, label, score].contains($0) }
      return
    }
    layout = .wide
    let numbering = names.indices.filter {
      Self.numberings.contains(Self.plain(names[$0]))
        && !isClass.contains(ClassName.trimmed(names[$0]))
    }
    let columns = names.indices.filter { $0 != key && !numbering.contains($0) }
    passedOver = numbering
    if let given, given.count != columns.count {
      throw refusal(
        "\(Format.counted(columns.count, "column", "columns")) of scores for the "
          + "\(Format.counted(given.count, "class", "classes")) of --classes")
    }
    let found = (given ?? columns.map { names[$0] }).map { ClassName.trimmed($0) }
    do {
      scores = try Self.places(of: classes, among: found, path).map { columns[$0] }
    } catch PipelineError.data(let reason) {
      throw PipelineError.data(
        "\(reason). Every column but \(names[key]) is to be a class's; leave others out")
    }
  }

  /// Where each of D's `classes` stands among those of the file at `path`.
  /// - Throws: `PipelineError.data` naming the classes that only one of the two has.
  static func places(of classes: [String], among found: [String], _ path: String) throws -> [Int] {
    let places = Dictionary(zip(found, found.indices)) { first, _ in first }
    let order = classes.compactMap { places[ClassName.trimmed($0)] }
    guard order.count == classes.count, Set(order).count == found.count else {
      try requireSameClasses(
        found, "the classes of \(path)", classes.map { ClassName.trimmed($0) },
        "the labelled set's")
      throw PipelineError.data("the classes of \(path) are not the labelled set's")
    }
    return order
  }

  /// The columns p_CLASS that `predict` writes beside those of the best classes when asked for all; nil where not
  /// every one of D's classes has one.
  /// - Throws: `PipelineError.data` naming the classes that D lacks.
  private static func predicted(_ classes: [String], among names: [String], _ path: String) throws
    -> [Int]?
  {
    let columns = names.indices.filter { names[$0].hasPrefix("p_") }
    let found = columns.map { ClassName.trimmed(String(names[$0].dropFirst(2))) }
    guard Set(found).isSuperset(of: classes.map { ClassName.trimmed($0) }) else { return nil }
    return try places(of: classes, among: found, path).map { columns[$0] }
  }

  /// The first of the `wanted` names that a column has.
  private static func column(
    _ wanted: [String], _ what: String, among names: [String], _ refusal: (String) -> PipelineError
  ) throws -> Int? {
    for name in wanted {
      let found = names.indices.filter { plain(names[$0]) == plain(name) }
      guard found.count < 2 else {
        throw refusal("\(what) may be in any of the columns \(list(found.map { names[$0] }))")
      }
      if let first = found.first { return first }
    }
    return nil
  }

  /// Whether a column of this name has keys.
  static func isKey(_ name: String) -> Bool { keyNames.contains { plain($0) == plain(name) } }

  private static func plain(_ name: String) -> String {
    name.lowercased().filter { !" \t_-\u{A0}".contains($0) }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(20).map { $0.isEmpty ? "(no name)" : String($0.prefix(60)) }
      .joined(separator: ", ") + (names.count > 20 ? ", … (\(names.count))" : "")
  }
}

/// The classes that pairs name, by name or by number.
struct ClassWords {
  private let places: [String: Int]
  private let order: [Int]

  /// Words for D's `classes`; numbers count in `given`, or in D's order.
  init(_ classes: [String], given: [String]?, of path: String) throws {
    places = Dictionary(zip(classes.map { ClassName.trimmed($0) }, classes.indices)) { first, _ in
      first
    }
    guard let given else {
      order = Array(classes.indices)
      return
    }
    let found = given.map { ClassName.trimmed($0) }
    let places = try ScoreColumns.places(of: classes, among: found, path)
    var order = [Int](repeating: 0, count: classes.count)
    for (index, place) in places.enumerated() { order[place] = index }
    self.order = order
  }

  /// The class with the name or number `text`; nil where there is none.
  func place(of text: String) -> Int? {
    let name = ClassName.trimmed(text)
    if let place = places[name] { return place }
    return Int(name).flatMap { place(ofNumber: $0) }
  }

  /// The class with this number; names that are numbers go first.
  func place(ofNumber number: Int) -> Int? {
    if let place = places[String(number)] { return place }
    return order.indices.contains(number) ? order[number] : nil
  }
}
