import Files
import Foundation
import ImageData

/// Which hashtags mean which classes.
///
/// A CSV file of `tag,class` lines; a first line that says just that is passed over. A tag may stand
/// for several classes and a class may have many tags. Case and a leading # make no difference.
public struct TagMap: Sendable, Equatable {
  /// The classes that occur, in bytewise order.
  public let classes: [String]
  private let classesOfTag: [String: [String]]

  /// Reads the map at `path`.
  /// - Parameter path: The CSV file.
  /// - Throws: `ImageDataError.line` with the line's number, or `.dataset`.
  public init(contentsOf path: String) throws {
    var pairs: [(tag: String, class: String)] = []
    do {
      let reader = try CSVReader(path: path)
      var isFirst = true
      while try reader.next() {
        let fields = reader.texts.map { ClassName.trimmed($0) }
        defer { isFirst = false }
        if isFirst, fields.map({ $0.lowercased() }) == ["tag", "class"] { continue }
        func wrong(_ reason: String) -> ImageDataError {
          .line(path: path, line: reader.line, reason: reason)
        }
        guard fields.count == 2, !Self.plain(fields[0]).isEmpty, !fields[1].isEmpty else {
          throw wrong("expected a tag, a comma and a class")
        }
        guard !fields.contains(where: { $0.unicodeScalars.contains("\u{FFFD}") }) else {
          throw wrong("it is not UTF-8; save the file as UTF-8")
        }
        pairs.append((fields[0], fields[1]))
      }
    } catch let error as CSVError {
      throw ImageDataError.line(path: path, line: error.line, reason: error.reason)
    } catch let error as FileError {
      throw ImageDataError.dataset(path: path, reason: error.reason)
    }
    guard !pairs.isEmpty else {
      throw ImageDataError.dataset(path: path, reason: "no tag,class lines in it")
    }
    self.init(pairs)
  }

  /// The map of these pairs.
  public init(_ pairs: [(tag: String, class: String)]) {
    var classesOfTag: [String: [String]] = [:]
    for (tag, name) in pairs {
      let tag = Self.plain(tag)
      if classesOfTag[tag]?.contains(name) != true { classesOfTag[tag, default: []].append(name) }
    }
    self.classesOfTag = classesOfTag
    classes = Set(pairs.map(\.class)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The classes that `tag` means, in the order of their lines; empty when there are none.
  public func classes(ofTag tag: String) -> [String] {
    classesOfTag[Self.plain(tag)] ?? []
  }

  /// Whether any of `tags` means a class.
  public func matches(_ tags: [String]) -> Bool {
    tags.contains { classesOfTag[Self.plain($0)] != nil }
  }

  /// A text that is the same for equal maps only: what an index made with this map depends on.
  var fingerprint: String {
    classesOfTag.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .joined(separator: "\n")
  }

  /// What spellings of a tag have in common: no # before it, nothing unseen around it, small letters.
  /// Swift takes Unicode's compositions of one letter for the same.
  package static func plain(_ tag: some StringProtocol) -> String {
    ClassName.trimmed(String(tag.drop { $0 == "#" || $0 == " " })).lowercased()
  }
}
