import Files
import Foundation
import Training

/// What the log says of processes that shared the scoring: which shares there were, and in how many the
/// work was divided.
struct ShareEvent: Decodable {
  static let name = "share"

  var event: String
  var index: Int
  var count: Int

  /// The names of the shares whose shards are among `missing`, by the last division that the log
  /// knows: "shares 0, 2 and 3 of 4, counted from 0"; nil where the work was never divided.
  static func names(of missing: [Int], in log: String) -> String? {
    let lines = (try? AppendedFile.lines(of: log).whole) ?? []
    let last = lines.lazy.reversed().compactMap { line -> ShareEvent? in
      guard line.contains("\"\(name)\"") else { return nil }
      let event = try? JSON.read(ShareEvent.self, from: Data(line.utf8))
      return event?.event == name ? event : nil
    }.first { $0.count > 1 }
    guard let count = last?.count else { return nil }
    let shares = Set(missing.map { $0 % count }).sorted()
    let few = shares.prefix(8).map(String.init).joined(separator: ", ")
    return "\(shares.count == 1 ? "share" : "shares") \(few)\(shares.count > 8 ? ", …" : "") of "
      + "\(count), counted from 0"
  }
}
