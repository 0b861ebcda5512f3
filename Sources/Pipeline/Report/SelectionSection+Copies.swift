import Files
import Pages
import Ranking

extension SelectionSection {
  /// The classes that share most pictures.
  func pairs(_ selected: ReportData.Selected) -> HTML {
    let shown = selected.statistics.overlaps.prefix(10)
    guard !shown.isEmpty else { return .none }
    let rows = shown.map { pair -> HTML in
      """
      <tr><th scope="row" class="text">\(data.classNames[pair.first])</th>\
      <th scope="row" class="text">\(data.classNames[pair.second])</th>\
      <td>\(Format.count(pair.images))</td></tr>
      """
    }
    return """
      <table>
      <caption>The pairs of classes that share most pictures.</caption>
      <thead><tr><th scope="col" class="text">Class</th><th scope="col" class="text">and class</th>\
      <th scope="col">pictures</th></tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      """
  }

  /// What was dropped or left out.
  var leftOut: HTML {
    guard let found = data.inspection else { return .none }
    var texts: [String] = []
    if !found.missingShards.isEmpty {
      texts.append(
        "\(Format.counted(found.missingShards.count, "shard", "shards")) had no scores when this was "
          + "selected: 2-ranking/missing-shards.txt.")
    }
    let copies = found.duplicates
    if copies != Inspection.Copies() {
      texts.append(
        "Of the candidates \(Format.count(copies.exact)) were exact copies of better ones and "
          + "\(Format.count(copies.near)) looked the same: 2-ranking/duplicates.csv.")
    }
    for (set, copies) in found.leftOut.sorted(by: { $0.key < $1.key }) {
      texts.append(
        "As \(set) pictures \(Format.count(copies.exact)) were left out by their bytes and "
          + "\(Format.count(copies.near)) by their looks: 2-ranking/excluded.csv.")
    }
    if found.passedOver > 0 {
      texts.append(
        "\(Format.counted(found.passedOver, "member", "members")) of shards "
          + "\(found.passedOver == 1 ? "was" : "were") no sample: 2-ranking/bad-samples.csv.")
    }
    guard !texts.isEmpty else { return .none }
    let items = texts.map { text -> HTML in "<li>\(text)</li>" }
    return """
      <h3>Copies and left-out pictures</h3>
      <ul>
      \(items)
      </ul>
      """
  }
}
