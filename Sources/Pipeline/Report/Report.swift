import Foundation
import Pages
import Recipes

/// `report.html`: one file that says what a run came to, readable without a network.
struct Report {
  private let data: ReportData

  /// The report of what was gathered.
  init(_ data: ReportData) { self.data = data }

  /// The page.
  var html: String {
    let sections: [HTML] = [
      ResultSection(data).html, DiagnosisSection(data).html, RoundsSection(data).html,
      CurvesSection(data).html, TagsSection(data).html, ClassesSection(data).html,
      ConfusionSection(data).html, MistakesSection(data).html, LabelErrorsSection(data).html,
      SelectionSection(data).html, ImagesSection(data).html,
      MakingSection(data).html,
    ]
    return Page.html(title: "\(data.recipe.name): report", sections)
  }
}
