import ImageData

/// Gives the samples of one shard what the table beside it says, and reads it only when one of them
/// needs it.
final class ShardTableJoin {
  /// Why the table is not used, as soon as that is known.
  private(set) var problem: String?
  /// Whether a sample was without hashtags and caption, and the table could not be read for want of the
  /// library.
  private(set) var lacksLibrary = false
  private let table: ShardTable?
  private var rows: [[UInt8]: ShardTable.Row] = [:]
  private var isRead = false
  private var hasTexts = false

  init(_ table: ShardTable?) { self.table = table }

  /// Adds what the table says to what the sample's members do.
  /// - Throws: `StreamFailure` when the disk fails.
  func complete(_ sample: inout WebDatasetSample) throws {
    guard let table, problem == nil else { return }
    guard sample.metadata.tags.isEmpty || sample.metadata.label == nil else { return }
    // Where all have a .txt member, captions are never read.
    let needsTexts = sample.metadata.tags.isEmpty && !sample.metadata.hasText
    if table.isUnreadable {
      lacksLibrary = lacksLibrary || needsTexts
      return
    }
    if !isRead || needsTexts && !hasTexts { try read(table, withTexts: needsTexts) }
    guard !rows.isEmpty else { return }
    var row = rows[sample.stem]
    if row == nil, let slash = sample.stem.lastIndex(of: UInt8(ascii: "/")) {
      row = rows[Array(sample.stem[(slash + 1)...])]
    }
    guard let row else { return }
    if sample.metadata.tags.isEmpty {
      sample.metadata.tags = row.metadata.tags + (needsTexts ? row.texts.tags : [])
    }
    sample.metadata.label = sample.metadata.label ?? row.metadata.label
  }

  private func read(_ table: ShardTable, withTexts: Bool) throws {
    isRead = true
    hasTexts = withTexts
    rows = [:]
    do {
      rows = try table.rows(withTexts: withTexts)
    } catch let error as ImageDataError {
      problem = "\(error); nothing is taken from it"
    } catch {
      throw StreamFailure(.source, "\(error)")
    }
  }
}
