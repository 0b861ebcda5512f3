import Files
import Pages

extension SelectionSection {
  /// Where the scores come from, where no teacher of this run made them, and how far several teachers
  /// agree.
  var origin: HTML {
    guard let source = data.source else { return .none }
    var text = "The scores are \(source.words)."
    if let pictures = source.pictures, let rows = source.rows {
      text +=
        " \(Format.counted(rows, "row was", "rows were")) read; "
        + "\(Format.counted(pictures, "picture has", "pictures have")) scores."
      if let extra = source.extraRows, extra > 0 {
        text += " \(Format.counted(extra, "key was", "keys were")) of no unlabelled picture."
      }
    }
    return """
      <h3>Where the scores come from</h3>
      <p>\(text) 2-ranking/source.json has the checksums.</p>
      \(agreement)
      """
  }

  private var agreement: HTML {
    guard let found = data.agreement, found.pictures > 0 else { return .none }
    return """
      <p>\(found.line.prefix(1).uppercased() + found.line.dropFirst()) that all of them have scores of.</p>
      \(pairs(of: found))
      \(classes(of: found))
      """
  }

  private func pairs(of found: TeacherAgreement) -> HTML {
    let heads = found.teachers.indices.map { index -> HTML in
      "<th scope=\"col\">\(index + 1)</th>"
    }
    let rows = found.teachers.enumerated().map { index, name -> HTML in
      let cells = found.pairs[index].map { count -> HTML in
        "<td>\(Probability.share(Double(count) / Double(found.pictures)))</td>"
      }
      return "<tr><th scope=\"row\" class=\"text\">\(index + 1): \(name)</th>\(cells)</tr>"
    }
    return """
      <table>
      <caption>Pictures that two teachers call the same, in percent.</caption>
      <thead><tr><th scope="col" class="text">Teacher</th>\(heads)</tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      """
  }

  private func classes(of found: TeacherAgreement) -> HTML {
    func share(_ count: TeacherAgreement.ClassCount) -> Double {
      Double(count.same) / Double(max(1, count.pictures))
    }
    let most = 25
    let shown = found.classes.filter { $0.pictures > 0 }.sorted { share($0) < share($1) }
      .prefix(most)
    let rows = shown.map { count -> HTML in
      """
      <tr><th scope="row" class="text">\(count.name)</th><td>\(Format.count(count.pictures))</td>\
      <td>\(Probability.share(share(count)))</td></tr>
      """
    }
    let caption =
      found.classes.count > most
      ? "The \(most) classes on whose pictures the teachers agree least."
      : "By the class that the mean of the teachers calls a picture; the least agreement first."
    return """
      <table>
      <caption>\(caption)</caption>
      <thead><tr><th scope="col" class="text">Class</th><th scope="col">pictures</th>\
      <th scope="col">all agree on, %</th></tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      """
  }
}
