import Files
import Foundation
import Ranking
import Recipes
import Training

extension Diagnosis {
  /// How many of the selected labels are right, measured or estimated.
  static func purity(_ data: ReportData) -> Finding? {
    guard let selection = data.selection else { return nil }
    var finding = Finding(
      question: "Are the selected labels right?", name: "Low purity", weight: .unknown,
      answer: "", key: "ranking.imagesPerClass", evidence: .figure2)
    let supervised = data.summary[.baseline].top1
    if let purity = selection.statistics.purity.map({ 100 * $0 }) {
      let share = "\(percent(purity)) of the selected labels are right"
      if let supervised, purity < supervised {
        finding.weight = .against
        finding.answer =
          "\(share), fewer than the baseline gets right by itself (\(percent(supervised)))."
      } else {
        if supervised != nil { finding.weight = .fine }
        finding.answer = "\(share)\(Self.alone(supervised, data))."
      }
    } else if let estimate = data.purity {
      if let supervised {
        if 100 * estimate.all.high < supervised { finding.weight = .against }
        if 100 * estimate.all.low >= supervised { finding.weight = .fine }
      }
      finding.answer =
        "an estimated \(percent(100 * estimate.all.share)) of the selected labels are right (95 % interval "
        + "\(Format.fixed(100 * estimate.all.low, 1)) to \(percent(100 * estimate.all.high))), where the teacher "
        + "itself says \(percent(100 * estimate.all.said))\(Self.alone(supervised, data)): by its precision on "
        + "\(Format.counted(estimate.images, "picture", "pictures")) \(estimate.source.words)."
        + estimate.source.caveat
    } else {
      finding.answer =
        "Not known: \(data.purityUnknown ?? "U has no labels, and no picture was held out from the teacher")."
      let byTags = [.tags, .tagsRanked].contains(data.recipe.ranking.strategy)
      finding.key = byTags ? nil : "data.validationFraction"
      return finding
    }
    if finding.weight == .against {
      finding.advice =
        "lower ranking.imagesPerClass, so that only what the teacher is surer of is kept"
    }
    return finding
  }

  /// What purity is compared with.
  private static func alone(_ supervised: Double?, _ data: ReportData) -> String {
    supervised.map { "; the baseline gets \(percent($0)) right by itself" }
      ?? (data.recipe.baseline.enabled
        ? "; what the baseline gets right is not known"
        : "; there is no baseline to compare with (baseline.enabled)")
  }

  /// Whether the last ranks are much worse than the first.
  static func ranks(_ data: ReportData) -> Finding? {
    guard let buckets = data.selection?.statistics.rankBuckets, buckets.count > 1,
      let last = buckets.last
    else { return nil }
    let ranks = "\(Format.count(last.ranks.lowerBound)) to \(Format.count(last.ranks.upperBound))"
    var finding = Finding(
      question: "Is K right?", name: "K is large", weight: .fine, answer: "",
      key: "ranking.imagesPerClass", evidence: .figure5)
    let known = buckets.dropLast().reduce(0) { $0 + $1.known }
    if let late = last.purity, known > 0 {
      let early = Double(buckets.dropLast().reduce(0) { $0 + $1.right }) / Double(known)
      if early - late >= 0.1 { finding.weight = .against }
      finding.answer =
        "at ranks \(ranks), \(percent(100 * late)) of the labels are right, before them "
        + "\(percent(100 * early))."
    } else if let (early, late) = data.purityByRanks {
      let isLower = early.share - late.share >= 0.1
      if isLower { finding.weight = late.high < early.share ? .against : .unknown }
      finding.answer =
        "at ranks \(ranks), an estimated \(percent(100 * late.share)) of the labels are right (95 % interval "
        + "\(Format.fixed(100 * late.low, 1)) to \(percent(100 * late.high))), before them "
        + "\(percent(100 * early.share))."
    } else {
      guard let sure = last.meanProbability else { return nil }
      finding.weight = sure < 0.5 ? .against : .unknown
      finding.answer =
        "at ranks \(ranks) the teacher itself gives its labels a mean probability of "
        + "\(percent(100 * sure)); how many are right is not known, and mostly fewer."
      if finding.weight == .unknown { finding.key = "data.validationFraction" }
    }
    if finding.weight == .against { finding.advice = "lower ranking.imagesPerClass" }
    return finding
  }

  /// Whether there are enough unlabelled pictures to choose from.
  static func ocean(_ data: ReportData) -> Finding? {
    guard let selection = data.selection else { return nil }
    let wanted = selection.imagesPerClass * data.classNames.count
    let ocean = data.recipe.ranking.part(of: data.summary.unlabelledImages)
    var finding = Finding(
      question: "Is there enough to choose from?", name: "Few unlabelled pictures", weight: .fine,
      answer: "", key: "data.unlabelled", evidence: .figure3)
    let share =
      "K × classes is \(Format.count(wanted)), of \(Format.count(ocean)) unlabelled pictures"
      + (data.recipe.ranking.fraction < 1 ? " that ranking.fraction leaves" : "")
    guard wanted > ocean else {
      let ratio = Double(ocean) / Double(max(1, data.summary.labelledImages))
      finding.answer =
        "\(share); these are \(Format.significant(ratio, 3)) for each labelled one."
      return finding
    }
    finding.weight = .against
    let isPart = data.recipe.ranking.fraction < 1
    finding.answer =
      "K × classes is \(Format.count(wanted)), more than the \(Format.count(ocean)) "
      + "\(isPart ? "that ranking.fraction leaves" : "there are"), so that nearly all are selected, the wrong ones too."
    finding.advice =
      "\(isPart ? "raise ranking.fraction" : "name more pictures in data.unlabelled"), or lower ranking.imagesPerClass"
    if isPart { finding.key = "ranking.fraction" }
    return finding
  }

  /// Whether the classes have as many pictures as they should; nil where they are not to have as many.
  static func fill(_ data: ReportData) -> Finding? {
    guard let selection = data.selection, data.recipe.ranking.strategy != .unbalanced else {
      return nil
    }
    let short = selection.statistics.shortClasses
    var finding = Finding(
      question: "Did every class fill?", name: "Classes that did not fill",
      weight: short.isEmpty ? .fine : .against, answer: "", key: "ranking.labelsPerImage",
      evidence: .figure5)
    let most = "K = \(Format.count(selection.imagesPerClass))"
    guard !short.isEmpty else {
      finding.answer = "Every class has as many pictures as it should, \(most) at most."
      return finding
    }
    let names = short.prefix(3).map {
      "\(data.classNames[$0]) (\(Format.count(selection.statistics.classes[$0].count)))"
    }
    finding.answer =
      "\(Format.counted(short.count, "class has", "classes have")) fewer than \(most) pictures: "
      + "\(names.joined(separator: ", "))\(short.count > names.count ? ", …" : "")."
    finding.advice =
      "raise ranking.labelsPerImage (P is \(selection.labelsPerImage)) or lower ranking.imagesPerClass"
    return finding
  }

  /// Whether test pictures may have been learned from.
  static func leaks(_ data: ReportData) -> Finding? {
    guard let inspection = data.inspection else { return nil }
    let leaveOut = data.recipe.ranking.leaveOut
    var finding = Finding(
      question: "Do pictures leak from D or the test set into U?", name: "Leaks", weight: .fine,
      answer: "", key: "ranking.leaveOut")
    guard leaveOut != .keep else {
      finding.weight = .unknown
      finding.answer =
        "Not looked for (ranking.leaveOut: keep): test pictures in U would flatter the student, those of D "
        + "teach it nothing new."
      return finding
    }
    let found = inspection.leftOut.sorted { $0.key < $1.key }.map { set, copies in
      "\(Format.count(copies.exact + copies.near)) of the \(set) pictures (\(Format.count(copies.near)) only look alike)"
    }
    let dropped = inspection.duplicates.exact + inspection.duplicates.near
    finding.answer =
      (found.isEmpty
        ? "No copy of a labelled, validation or test picture was found in U"
        : "Left out of U as copies: \(found.joined(separator: ", "))")
      + (leaveOut == .exact ? ", by their bytes alone" : "")
      + "; \(Format.counted(dropped, "copy", "copies")) among the candidates \(dropped == 1 ? "was" : "were") dropped."
    return finding
  }
}
