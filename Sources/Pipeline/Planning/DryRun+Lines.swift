import Files
import Foundation
import Recipes
import Training

extension DryRun {
  /// The dry run for people.
  public var lines: [String] {
    let found =
      problems.map { "problem: \($0.message)" } + warnings.map { "warning: \($0)" }
    return planned.isEmpty ? found : planned + (found.isEmpty ? [] : [""]) + found
  }

  private var planned: [String] {
    guard let classes, let labelledImages, let unlabelledImages, let selectedAtMost, let device,
      let precision, let machineGmacPerSecond, let scoringSeconds, let totalSeconds, let diskBytes
    else { return [] }
    var lines = [
      "classes \(Format.count(classes))   labelled \(Format.count(labelledImages))   "
        + "unlabelled \(Format.count(unlabelledImages))   selected at most "
        + Format.count(selectedAtMost),
      taggedLine,
      "device \(device), \(precision), \(Format.count(machineGmacPerSecond)) GMAC/s measured"
        + (machineMemoryBytes.map { ", memory \(Format.bytes($0))" } ?? ""),
      "",
    ].compactMap { $0 }
    for training in trainings {
      lines += [
        "\(training.title): \(training.model), \(Format.count(training.parameters)) parameters, "
          + "\(Format.significant(training.gmac, 4)) GMAC",
        "  \(Format.count(training.images)) images, \(Format.count(training.steps)) steps, "
          + "\(Format.fixed(training.passes, 1)) passes over \(Format.count(training.pictures))",
        "  memory \(Format.bytes(training.memoryBytes)), at this machine's full speed "
          + Self.time(training.seconds),
        "  learning rate: "
          + training.learningRate.map {
            "\(Format.significant($0.rate, 4)) at step \(Format.count($0.step))"
          }.joined(separator: ", "),
      ]
      if !training.options.isEmpty {
        lines.append("  options: \(training.options.joined(separator: ", "))")
      }
      let stage = training.stage
      let earlier = trainings.prefix { $0.stage != stage }.last { $0.stage.isOfTeacher }
      if stage.isOfTeacher, let earlier {
        lines.append("  starts from \(earlier.stage.folder), with a new last layer")
      } else if let key = stage.facts.startFrom?.key, let note = startingWeights[key] {
        lines.append("  \(note)")
      }
    }
    if let featureSeconds {
      lines.append(
        "teacher: a frozen network's features of \(Format.count(labelledImages)) pictures, "
          + Self.time(featureSeconds))
      if let note = startingWeights[Recipe.teacherStart.key] { lines.append("  \(note)") }
    }
    lines += [
      teacherKind == Recipe.TeacherKind.given.rawValue
        ? "scoring: none, scores are given"
        : "scoring: \(Format.count(unlabelledImages)) pictures, " + Self.time(scoringSeconds)
    ]
    if let laterRounds, let roundSeconds {
      lines.append(
        "\(Format.counted(laterRounds, "later round", "later rounds")), whose teacher is the student before: "
          + "scoring, pre-training and fine-tuning, \(Self.time(roundSeconds)) each")
    }
    lines += [
      "in all: " + Self.time(totalSeconds) + " at this machine's full speed",
      "disk \(Format.bytes(diskBytes))",
    ]
    lines += cache?.lines ?? []
    if let machines { lines += [""] + machines.lines }
    guard let secondsLeft else { return lines }
    return lines + ["", "this run was begun:"] + progress.map { Self.line(of: $0) } + [
      "  left: " + (secondsLeft > 0 ? Self.time(secondsLeft) : "nothing")
    ]
  }

  private var taggedLine: String? {
    guard let taggedImages, let tagClasses else { return nil }
    return "tagged \(Format.count(taggedImages)), of \(Format.count(tagClasses)) classes"
  }

  private static func line(of progress: Progress) -> String {
    let unit = progress.stage == .ranking ? "shard" : "step"
    let state =
      progress.done
      ? "done"
      : progress.step == 0
        ? "not begun"
        : "after \(unit) \(Format.count(progress.step)) of \(Format.count(progress.steps)), "
          + "\(time(progress.secondsLeft)) left"
    return "  \(progress.title): \(state)"
  }

  static func time(_ seconds: Double) -> String {
    seconds < 1 ? "under a second" : Format.period(seconds)
  }
}
