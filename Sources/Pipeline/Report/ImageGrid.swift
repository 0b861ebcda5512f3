import ImageData
import Ranking
import Recipes
import Shards

/// The paper's Figure 2: for a class a row, the pictures at chosen ranks.
struct ImageGrid {
  /// One picture of a class's list.
  struct Cell {
    /// The rank in the class, from 1.
    var rank: Int
    /// What is shown.
    var content: Content
    /// The picture's key.
    var key = ""
    /// Its log-odds for the class.
    var score: Float = 0
    /// Its true class, where that is known.
    var truth: Int?
  }

  /// What a cell shows.
  enum Content {
    /// The picture.
    case picture(Thumbnail)
    /// The class's list ends before this rank.
    case none
    /// Why there is no picture.
    case missing(String)
  }

  /// One class.
  struct Row {
    /// Its index.
    var `class`: Int
    /// Its pictures, by rank.
    var cells: [Cell]
  }

  /// The ranks, ascending.
  var ranks: [Int]
  /// The classes that are shown.
  var rows: [Row]
  /// Which classes are shown, when not all are.
  var choice: String?

  /// The most classes that are shown.
  static let mostClasses = 100
  /// The most cells, so that many ranks do not make a page that nobody can load.
  static let mostCells = 2_400
  /// The most bytes of pictures, which base64 makes a third larger.
  static let mostBytes = 6_000_000

  /// The pictures of `selection` at the ranks that the recipe names.
  init(of selection: Selection, in run: Run, _ data: ReportData) {
    let statistics = data.selection?.statistics.classes ?? []
    let ranks = Self.ranks(
      run.recipe.report.ranks, imagesPerClass: selection.imagesPerClass,
      longest: statistics.map(\.count).max() ?? 0)
    let most = min(Self.mostClasses, max(1, Self.mostCells / max(1, ranks.count)))
    let (shown, choice) = Self.classes(data, most: most)

    let dataset = run.data.unlabelled
    // One picture of a compressed shard costs the reading of all before it: those kept for training do.
    let gathered = dataset.isRandomAccess ? nil : GatherSelection.kept(of: selection, in: run)
    let isTruthKnown = run.data.isTruthKnown
    var budget = Self.mostBytes
    let found = Self.labels(of: selection, classes: shown, ranks: ranks)
    let rows = shown.map { index in
      Row(
        class: index,
        cells: ranks.map { rank in
          guard let (row, id, score) = found[Place(class: index, rank: rank)] else {
            return Cell(rank: rank, content: .none)
          }
          let place = dataset.index(of: id)
          var cell = Cell(rank: rank, content: .none, score: score)
          guard place < dataset.count else {
            cell.content = .missing("no longer there")
            return cell
          }
          cell.key = dataset.key(at: place)
          cell.truth = isTruthKnown ? dataset.label(at: place) : nil
          guard dataset.absence == nil else {
            cell.content = .missing("no longer there")
            return cell
          }
          guard dataset.isRandomAccess || gathered != nil else {
            cell.content = .missing("in a shard that is read in order")
            return cell
          }
          cell.content = Self.content(
            of: gathered ?? dataset, at: gathered == nil ? place : row,
            maxPixels: run.recipe.data.maxPixels, budget: &budget)
          return cell
        })
    }
    self.init(ranks: ranks, rows: rows, choice: choice)
  }

  /// A grid of given rows.
  init(ranks: [Int], rows: [Row], choice: String? = nil) {
    self.ranks = ranks
    self.rows = rows
    self.choice = choice
  }

  /// The ranks to show: the asked ones, else 1, K/16, K/8, K/4, K/2 and K. No list that stays
  /// shorter than K would fill the last of these, so K is then the longest list.
  static func ranks(_ asked: [Int], imagesPerClass: Int, longest: Int) -> [Int] {
    let last = longest > 0 ? min(imagesPerClass, longest) : imagesPerClass
    let ranks = asked.isEmpty ? [1] + [16, 8, 4, 2, 1].map { last / $0 } : asked
    return Set(ranks.filter { $0 >= 1 }).sorted()
  }

  /// All classes, or the `most` with the most to see.
  static func classes(_ data: ReportData, most: Int) -> ([Int], choice: String?) {
    let all = data.classNames.indices
    guard all.count > most else { return (Array(all), nil) }
    let fills = data.selection?.statistics.classes ?? []
    let isTruthKnown = fills.contains { $0.known > 0 }
    func doubt(_ index: Int) -> Double {
      guard fills.indices.contains(index) else { return 0 }
      let fill = fills[index]
      return isTruthKnown ? fill.purity ?? -1 : Double(fill.lowestScore ?? -.infinity)
    }
    let doubtful = all.sorted { (doubt($0), $0) < (doubt($1), $1) }
    let lowest = isTruthKnown ? "the lowest purity" : "the lowest score at their last rank"
    let changes = ClassChange.all(data).filter { $0.change != nil }
    guard changes.count > most / 2 else {
      let choice = "The \(most) of \(all.count) classes with \(lowest)."
      return (doubtful.prefix(most).sorted(), choice)
    }
    let improved = changes.sorted { ($0.change ?? 0) > ($1.change ?? 0) }.prefix(most / 2)
      .map(\.class)
    let rest = doubtful.filter { !improved.contains($0) }.prefix(most - improved.count)
    let choice =
      "\(most) of \(all.count) classes: the \(improved.count) that gained most and the "
      + "\(rest.count) others with \(lowest)."
    return ((improved + rest).sorted(), choice)
  }

  private struct Place: Hashable {
    let `class`: Int
    let rank: Int
  }

  private static func labels(of selection: Selection, classes: [Int], ranks: [Int])
    -> [Place: (row: Int, id: SampleID, score: Float)]
  {
    let classes = Set(classes.map(UInt32.init)), ranks = Set(ranks.map(UInt32.init))
    var found: [Place: (row: Int, id: SampleID, score: Float)] = [:]
    for (row, id) in selection.images.enumerated() {
      for label in selection.labelOffsets[row]..<selection.labelOffsets[row + 1]
      where ranks.contains(selection.ranks[label]) && classes.contains(selection.classes[label]) {
        let place = Place(
          class: Int(selection.classes[label]), rank: Int(selection.ranks[label]))
        found[place] = (row, id, selection.scores[label])
      }
    }
    return found
  }

  /// The picture at `place`, while `budget` has bytes left for it.
  static func content(
    of dataset: any ImageDataset, at place: Int, maxPixels: Int, budget: inout Int
  ) -> Content {
    guard budget > 0 else { return .missing("left out: the page would be too large") }
    do {
      let thumbnail = try Thumbnail(
        of: dataset.read(at: place), maxPixels: maxPixels, key: dataset.key(at: place))
      budget -= thumbnail.bytes.count
      return .picture(thumbnail)
    } catch ImageDataError.unreadable(_, let reason) {
      return .missing(reason)
    } catch {
      return .missing("\(error)")
    }
  }
}
