import Files
import Foundation
import ImageData
import SystemPackage

/// The unreadable pictures of a run's labelled, validation and test sets, as the run's folder `known`
/// keeps them: `unreadable.json` counts them, `unreadable.csv` names them (10,000 of a set at most).
struct UnreadableList {
  /// One of the sets.
  typealias Part = (set: String, dataset: any ImageDataset, noted: NotedContents.Noted)

  /// The sets; D is whole here, with what is held out of it.
  let sets: [UnreadableImages]
  /// Classes of which no picture that is trained on can be read.
  let lostClasses: [String]
  /// Whether the validation pictures are a part of D.
  private let isHeldOut: Bool
  private let rows: [(set: String, entry: BadSamples.Entry)]

  /// Counts the pictures of the sets; with `heldOut`, the validation pictures are D's.
  init(_ parts: [Part], heldOut: Bool) {
    let order = ["labelled", "validation", "test"]
    let parts = order.flatMap { name in parts.filter { $0.set == name } }
    sets = parts.map { part in
      let isWhole = heldOut && part.set == "labelled"
      let all = isWhole ? parts.filter { $0.set != "test" } : [part]
      return UnreadableImages(set: part.set, of: all.map { ($0.dataset, $0.noted) })
    }
    lostClasses =
      parts.first { $0.set == "labelled" }.map {
        UnreadableImages(set: $0.set, of: [($0.dataset, $0.noted)]).lostClasses
      } ?? []
    isHeldOut = heldOut
    rows = parts.flatMap { part in part.noted.unreadable.map { (part.set, $0) } }
  }

  /// What was counted when the run whose `folder` this is was opened with its pictures.
  init(keptIn folder: String) {
    sets = (try? JSON.read([UnreadableImages].self, at: "\(folder)/unreadable.json")) ?? []
    lostClasses = []
    isHeldOut = false
    rows = []
  }

  /// Why the sets cannot be used: a class to be learned without one readable picture, a set without
  /// any, or more unreadable ones than `limit` allows; one line for each such set.
  func problems(_ limit: BadSamples.Limit) -> [(key: String, message: String)] {
    sets.compactMap { set in
      // What is held out of D is judged as a part of D.
      let isPart = set.set == "validation" && isHeldOut
      let lost = set.set == "labelled" ? lostClasses : []
      return set.problem(isPart ? .none : limit, list: nil, lost: lost).map {
        ("data.\(set.set)", $0)
      }
    }
  }

  /// What is said of sets with unreadable pictures that can be used.
  func lines(list: String?) -> [(key: String, message: String)] {
    sets.filter { $0.count > 0 && !(isHeldOut && $0.set == "validation") }.map { set in
      let rest = set.count > set.first.count ? list.map { "; all are in \($0)" } ?? "" : ""
      return ("data.\(set.set)", "\(set.set): \(set.line)\(rest)")
    }
  }

  /// Writes both files into `folder`; without unreadable pictures there is no list.
  /// - Throws: `FileError`.
  func write(to folder: String) throws {
    try RunDirectory.makeFolder(folder)
    try DurableFile.write(try JSON.pretty(sets), to: "\(folder)/unreadable.json")
    let path = Self.path(in: folder)
    guard !rows.isEmpty else {
      FilePath(text: path).unlink()
      return
    }
    let file = try CSVWriter(path: path, header: ["set", "key", "reason"])
    for (set, entry) in rows { try file.append([set, entry.key, entry.reason]) }
    try file.commit()
  }

  /// The list that names them.
  static func path(in folder: String) -> String { "\(folder)/unreadable.csv" }
}
