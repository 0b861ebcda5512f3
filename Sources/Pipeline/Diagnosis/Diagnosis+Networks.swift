import Files
import Foundation
import Recipes
import Training

extension Diagnosis {
  /// Whether the test pictures suffice to tell the gain from none.
  static func measuring(_ data: ReportData) -> Finding? {
    guard let interval = data.gainInterval, let gain = data.summary.gain,
      let set = data.measuredOn
    else { return nil }
    var finding = Finding(
      question: "Do the \(set.rawValue) pictures suffice to tell?",
      name: "Too few pictures to tell",
      weight: abs(gain) <= interval.margin ? .against : .fine, answer: "")
    let signed = ClassesSection.signed(gain, digits: 2)
    finding.answer =
      "The gain of \(signed) points has a 95 % interval of ± \(Format.fixed(interval.margin, 2)) on "
      + "\(Format.count(interval.count)) pictures (\(interval.words))."
    guard finding.weight == .against else { return finding }
    if let images = interval.images(toTell: gain), let seeds = interval.seeds(toTell: gain) {
      finding.answer +=
        " To tell a gain of that size from none four times of five takes "
        + "\(interval.arithmetic(gain)) = \(Format.count(images)) pictures, or, where it scatters as much from "
        + "seed to seed, \(Format.count(seeds)) seeds (by Student's t, \(interval.arithmetic(seeds: seeds)) points)."
    } else {
      finding.answer += " No number of pictures tells a gain of 0 from none."
    }
    finding.advice =
      "measure on more pictures (data.\(set.rawValue)), and run several seeds: `halcyon run --seeds 0,1,2`"
    finding.key = "data.\(set.rawValue)"
    return finding
  }

  /// Whether the teacher is better than the student's network on D alone.
  static func teacher(_ data: ReportData) -> Finding? {
    var finding = Finding(
      question: "Is the teacher better than the supervised student?", name: "Weak teacher",
      weight: .unknown, answer: "", key: "teacher.model", evidence: .table3)
    guard data.recipe.includes(.teacher) else {
      finding.answer = "The scores are another program's, whose accuracy the run does not know."
      return finding
    }
    guard let supervised = data.summary[.baseline].top1 else {
      finding.answer = "There is no supervised student to compare with (baseline.enabled)."
      finding.key = "baseline.enabled"
      return finding
    }
    guard let teacher = data.summary[.teacher].top1 else { return nil }
    let difference = teacher - supervised
    let margin = data.interval(of: .teacher, over: .baseline)?.margin ?? 0
    guard difference < 0, -difference > margin else {
      if difference >= 0 { finding.weight = .fine }
      finding.answer =
        "Its top-1 is \(Format.fixed(teacher, 2)) %, the supervised student's "
        + "\(Format.fixed(supervised, 2)) %: \(ClassesSection.signed(difference, digits: 2)) points"
        + (difference < 0 ? ", which may be chance (± \(Format.fixed(margin, 2)))." : ".")
      return finding
    }
    finding.weight = .against
    finding.answer =
      "its top-1 of \(Format.fixed(teacher, 2)) % is below the baseline's "
      + "\(Format.fixed(supervised, 2)) %. In the paper's Table 3 such a teacher costs accuracy."
    finding.advice = "a larger one, or teacher.startFrom, helps"
    return finding
  }

  /// Whether the teacher knows its own pictures much better than others.
  static func overFitting(_ data: ReportData) -> Finding? {
    guard data.recipe.teacher.kind == .trained, let training = data.training(.teacher),
      training.marker != nil, let set = data.measuredOn, let heldOut = data.summary[.teacher].top1
    else { return nil }
    var finding = Finding(
      question: "Does the teacher over-fit?", name: "Over-fitted teacher", weight: .unknown,
      answer: "", key: "teacher.training.augmentation.autoAugment", evidence: .options)
    let augmentation = data.recipe.teacher.training.augmentation
    guard augmentation.mixup == 0, augmentation.cutmix == 0 else {
      finding.answer =
        "Its training pictures are mixed, so that its accuracy on them says nothing."
      return finding
    }
    // The mean of the last tenth: a row alone is of few pictures.
    let rows = training.rows.compactMap(\.top1)
    let last = rows.suffix(max(1, rows.count / 10))
    guard !last.isEmpty else { return nil }
    let trained = last.reduce(0, +) / Double(last.count)
    finding.answer =
      "At its end it was right about \(percent(trained)) of its training pictures, which are "
      + "augmented, and is about \(percent(heldOut)) of the \(set.rawValue) pictures: "
      + "\(Format.fixed(trained - heldOut, 1)) points between them."
    let measured = training.rows.filter { $0.validationTop1 != nil }
    if let best = measured.max(by: { ($0.validationTop1 ?? 0) < ($1.validationTop1 ?? 0) }),
      let end = measured.last, let peak = best.validationTop1, let final = end.validationTop1
    {
      // Two standard errors of one accuracy.
      let count = Double(max(1, best.validationImages ?? data.validationImages ?? 1))
      let error = 200 * (peak / 100 * (1 - peak / 100) / count).squareRoot()
      if peak - final > max(1, error) {
        finding.weight = .against
        finding.answer =
          "its validation top-1 was \(percent(peak)) after \(Format.count(best.images)) images and is "
          + "\(percent(final)) at the end, after \(Format.count(end.images))."
        finding.key =
          "teacher.training.\(data.recipe.teacher.training.images == nil ? "epochs" : "images")"
        finding.advice = "lower \(finding.key ?? "")"
        return finding
      }
    }
    guard trained - heldOut >= 15 else {
      finding.weight = .fine
      return finding
    }
    finding.weight = .against
    finding.advice =
      "stronger views (teacher.training.augmentation.autoAugment: randAugment, or "
      + "teacher.training.preset: strong), erasing or weight decay narrow the gap"
    return finding
  }

  /// Whether fine-tuning helps the student.
  static func fineTuning(_ data: ReportData) -> Finding? {
    guard let before = data.summary[.student].top1, let after = data.summary[.fineTuning].top1
    else { return nil }
    let change = after - before
    let margin = data.interval(of: .fineTuning, over: .student)?.margin ?? 0
    let isChance = change < 0 && -change <= margin
    let rates = (
      data.recipe.student.training.learningRate, data.recipe.fineTuning.training.learningRate
    )
    let ratio =
      rates.1 > rates.0
      ? "\(Format.significant(rates.1 / max(rates.0, 1e-12), 3)) times"
      : "1/\(Format.count((rates.0 / max(rates.1, 1e-12)).rounded())) of"
    var finding = Finding(
      question: "Does fine-tuning help?", name: "Fine-tuning that costs accuracy",
      weight: isChance ? .unknown : change < 0 ? .against : .fine,
      answer:
        "the student reaches \(Format.fixed(before, 2)) % before fine-tuning and "
        + "\(Format.fixed(after, 2)) % after it: \(ClassesSection.signed(change, digits: 2)) points"
        + (isChance ? ", which may be chance (± \(Format.fixed(margin, 2)))" : "")
        + ". Its rate is "
        + "\(ratio) pre-training's (the paper's: 1/400).",
      key: "fineTuning.training.learningRate", evidence: .table2)
    if finding.weight == .against {
      finding.advice = "lower fineTuning.training.learningRate, or its length"
    }
    return finding
  }
}
