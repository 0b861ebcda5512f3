import Files
import Foundation
import Recipes
import Training

/// What may stand in the way of a gain, asked one after the other and answered by the numbers that a run left.
struct Diagnosis {
  /// The answers, in the order of the stages.
  let findings: [Finding]
  /// What a dry run of this recipe warns of.
  let warnings: [Preflight.Warning]
  /// What went less than well in the run.
  private let noted: [String]

  /// The answers that the figures of a run allow.
  init(_ data: ReportData) {
    let seesSelected = data.recipe.learnsSelected(.student)
    let ofSelection =
      seesSelected
      ? [Self.purity(data), Self.ranks(data), Self.ocean(data), Self.fill(data)] : []
    findings =
      ([Self.measuring(data), Self.teacher(data), Self.overFitting(data)] + ofSelection
      + [
        Self.leaks(data), Self.crossover(data), seesSelected ? Self.passes(data) : nil,
        Self.fineTuning(data),
      ]).compactMap { $0 } + Self.learningRates(data)
    warnings = data.planWarnings
    noted = data.warnings
  }

  /// What explains a missing gain, by the run's own numbers.
  var against: [Finding] { findings.filter { $0.weight == .against } }

  /// The warnings about keys that no finding already names.
  var otherWarnings: [Preflight.Warning] {
    let named = Set(against.compactMap(\.key))
    return warnings.filter { !named.contains($0.key) }
  }

  /// All likely reasons for a missing gain, in words.
  var reasons: [String] {
    against.map(\.reason)
      + otherWarnings.map { warning in
        let shown = warning.evidence.map { " (`\($0.command)`)" } ?? ""
        return "The dry run warns: \(warning.message)\(shown)."
      } + noted.map { "On the way: \($0)" }
  }

  /// A share in percent with a digit after the point.
  static func percent(_ value: Double) -> String { "\(Format.fixed(value, 1)) %" }
}
