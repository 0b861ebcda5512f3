import Files
import Foundation

/// The unreadable pictures of a data set: each counted once, the first ones named, and an end to the
/// run when there are too many.
///
/// Real crawls hold about one broken picture in a thousand. One in a hundred, or a hundred in a row,
/// means that something else is wrong: a wrong folder, a disk that went away.
public final class BadSamples: @unchecked Sendable {
  /// A picture that could not be read.
  public struct Entry: Codable, Sendable, Hashable {
    /// Its sample key.
    public let key: String
    /// Why it could not be read.
    public let reason: String

    /// The picture `key`, which could not be read for `reason`.
    public init(key: String, reason: String) {
      self.key = key
      self.reason = reason
    }
  }

  /// When to give up.
  ///
  /// A set of 20 pictures or more may have one unreadable picture, since one of 24 is already 4 % and
  /// happens to anybody; else the share counts, for 3 pictures as for a million. So of 3 pictures none
  /// may be unreadable, of 24 one, of 1,000 ten and of a million 10,000 where the share is 1 %. A share
  /// of 0 allows none.
  public struct Limit: Sendable, Hashable {
    /// The share of a set's pictures that may be unreadable.
    public var fraction: Double
    /// While a set is read, so many pictures of it are judged as one set; fewer tell no share.
    public var afterTried: Int
    /// How many different pictures may be unreadable one after another.
    public var inRow: Int

    /// 1 %, judged on at least 1,000 or all there are, or 100 in a row.
    public init(fraction: Double = 0.01, afterTried: Int = 1000, inRow: Int = 100) {
      self.fraction = fraction
      self.afterTried = afterTried
      self.inRow = inRow
    }

    /// From so many pictures on one may be unreadable whatever the share.
    private static let leastForOne = 20

    /// Never.
    public static let none = Limit(fraction: 1, afterTried: .max, inRow: .max)

    /// How many of `count` pictures may be unreadable.
    public func allowed(of count: Int) -> Int {
      guard fraction > 0 else { return 0 }
      return max(count < Self.leastForOne ? 0 : 1, Int((fraction * Double(count)).nextUp))
    }
  }

  /// How many entries are kept by name; the others are only counted.
  public static let mostNamed = 10_000

  private let lock = NSLock()
  private let dataset: String
  private let sampleCount: Int
  private let limit: Limit
  private let path: String?
  private let seesEachOnce: Bool
  /// The samples that were bad, where one may come again; else only how many.
  private var bad: Set<Int> = []
  private var badCount = 0
  private var named: [Entry] = []
  private var latest: [Entry] = []
  private var attempts = 0
  /// The unreadable samples since the last readable one; one that comes again counts once.
  private var streak: Set<Int> = []

  /// Collects the bad samples of a data set.
  /// - Parameters:
  ///   - dataset: The data set, for its name and size.
  ///   - limit: When to give up.
  ///   - path: Where `bad-samples.csv` goes when the limit is reached or `write()` is called.
  ///   - seesEachOnce: Whether no sample is tried twice, so that none need be remembered.
  public init(
    of dataset: any ImageDataset, limit: Limit = Limit(), path: String? = nil,
    seesEachOnce: Bool = false
  ) {
    self.dataset = dataset.name
    sampleCount = dataset.count
    self.limit = limit
    self.path = path
    self.seesEachOnce = seesEachOnce
  }

  /// How many different samples could not be read.
  public var count: Int { locked { badCount } }

  /// How many samples were tried, at most as many as there are.
  public var tried: Int { locked { min(attempts, sampleCount) } }

  /// The first bad samples, in the order of the run.
  public var entries: [Entry] { locked { named } }

  /// Notes a sample that was read.
  public func recordGood() {
    locked {
      attempts += 1
      if !streak.isEmpty { streak.removeAll() }
    }
  }

  /// Notes a sample that could not be read.
  /// - Throws: `ImageDataError.tooManyUnreadable` when the limit is reached.
  public func recordBad(index: Int, key: String, reason: String) throws {
    let text: String? = locked {
      attempts += 1
      if streak.count < limit.inRow { streak.insert(index) }
      if seesEachOnce || bad.insert(index).inserted {
        badCount += 1
        let entry = Entry(key: key, reason: reason)
        if named.count < Self.mostNamed { named.append(entry) }
        if latest.count == 3 { latest.removeFirst() }
        latest.append(entry)
      }
      return limitMessage()
    }
    guard let text else { return }
    try write()
    throw ImageDataError.tooManyUnreadable(text)
  }

  /// Adds what other processes have found; what this one has found, too, counts once.
  package func add(_ others: [Entry]) {
    locked {
      var keys = Set(named.map(\.key))
      for entry in others where keys.insert(entry.key).inserted {
        badCount += 1
        if named.count < Self.mostNamed { named.append(entry) }
      }
    }
  }

  /// Judges what all processes have found in a set that they shared.
  /// - Throws: `ImageDataError.tooManyUnreadable` where that is more than the limit allows of the whole set.
  package func requireFew() throws {
    let text: String? = locked {
      guard badCount > limit.allowed(of: sampleCount) else { return nil }
      let names = named.suffix(3).map { "\($0.key) (\($0.reason))" }.joined(separator: ", ")
      return
        "\(badCount) of \(sampleCount) pictures of \(dataset) are unreadable, the last \(names)"
        + (path.map { "; all are in \($0)" } ?? "")
    }
    guard let text else { return }
    try write()
    throw ImageDataError.tooManyUnreadable(text)
  }

  /// Writes `key,reason` lines, the first 10,000 at most, when a path was given.
  /// - Throws: `FileError` naming the path.
  public func write() throws {
    guard let path else { return }
    let entries = self.entries
    let file = try CSVWriter(path: path, header: ["key", "reason"])
    for entry in entries { try file.append([entry.key, entry.reason]) }
    try file.commit()
  }

  /// The first `count` pictures that the list at `path` names, at most five; none where there is no
  /// list.
  public static func first(_ count: Int, listedIn path: String) -> [Entry] {
    var entries: [Entry] = []
    guard let reader = try? CSVReader(path: path), (try? reader.next()) == true else { return [] }
    while entries.count < min(count, 5), (try? reader.next()) == true, reader.count == 2 {
      entries.append(Entry(key: reader.text(0), reason: reader.text(1)))
    }
    return entries
  }

  private func limitMessage() -> String? {
    let tried = min(attempts, sampleCount)
    let inRow = streak.count >= limit.inRow
    let judged = max(tried, min(limit.afterTried, sampleCount))
    guard inRow || badCount > limit.allowed(of: judged) else { return nil }
    let what =
      inRow
      ? "\(streak.count) pictures in a row of \(dataset) are unreadable"
      : "\(badCount) of \(max(tried, badCount)) pictures of \(dataset) are unreadable"
    let names = latest.map { "\($0.key) (\($0.reason))" }.joined(separator: ", ")
    return "\(what), the last \(names)" + (path.map { "; all are in \($0)" } ?? "")
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    lock.lock()
    defer { lock.unlock() }
    return body()
  }
}
