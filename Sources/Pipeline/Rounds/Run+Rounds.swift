import Files
import Recipes
import SystemPackage
import Terminal
import Training

extension Run {
  /// Does the rounds after the first, whose teachers are the students of those before them: each is a run of its own in
  /// this one's directory.
  /// - Throws: `PipelineError`; run again to go on from where it stopped.
  func laterRounds() throws {
    guard recipe.rounds > 1 else { return }
    for number in 2...recipe.rounds {
      let place = directory.round(number)
      let recipe = recipe.ofLaterRound(number)
      try onFirst { try begin(place, recipe) }
      console.say("round \(number) of \(self.recipe.rounds): the student is the teacher now")
      let round = try Run(
        RecipeReading(of: recipe), directory: place.path, redoing: isRedoing, stepGuard: stepGuard,
        group: group, console: console)
      try round.allStages()
    }
  }

  /// A later round that is finished.
  struct FinishedRound {
    let number: Int
    let directory: RunDirectory
    let summary: Summary
    /// What its stages left.
    let markers: [Stage: StageMarker]
  }

  /// The later rounds that are finished, as far as each one's teacher is the student of the one before as it is now.
  var finishedRounds: [FinishedRound] {
    var found: [FinishedRound] = []
    for number in directory.trainedRounds(of: recipe.rounds) {
      let place = directory.round(number)
      guard let summary = try? Summary(contentsOf: place.summaryPath) else { break }
      var markers: [Stage: StageMarker] = [:]
      for stage in Stage.pipeline {
        markers[stage] = try? StageMarker(in: place.folder(of: stage))
      }
      found.append(
        FinishedRound(number: number, directory: place, summary: summary, markers: markers))
    }
    return found
  }

  /// Gives a round that was not begun what this run knows of the pictures.
  private func begin(_ place: RunDirectory, _ recipe: Recipe) throws {
    guard !FilePath(text: place.recipePath).exists else { return }
    try SharedFiles.linkKnown(of: directory, to: place)
    try recipe.write(to: place.recipePath)
  }
}

extension Recipe {
  /// The recipe of a later round of this one: the teacher is the student of the round before, which is as it is.
  func ofLaterRound(_ number: Int) -> Recipe {
    var recipe = self
    recipe.name = "\(name)-round-\(number)"
    recipe.rounds = 1
    recipe.baseline.enabled = false
    recipe.baseline.long = false
    recipe.teacher = Teacher()
    (recipe.teacher.model, recipe.teacher.stem) = (student.model, student.stem)
    recipe.teacher.width = student.width
    recipe.teacher.training = fineTuning.training
    recipe.teacher.training.freezeBackbone = false
    recipe.ranking.teachers = []
    (recipe.data.tagged, recipe.data.taggedSplit, recipe.data.taggedTags) = (nil, nil, nil)
    return recipe
  }
}

extension RunDirectory {
  /// A round's folder in the run's directory.
  static func roundFolder(_ number: Int) -> String { "rounds/\(number)" }

  /// The directory of a round, the first of which is this one's own.
  public func round(_ number: Int) -> RunDirectory {
    number > 1 ? RunDirectory(path: "\(path)/\(Self.roundFolder(number))") : self
  }

  /// The later ones of so many rounds whose students are trained, as far as each one's teacher is the student of the one
  /// before as it is now.
  func trainedRounds(of count: Int) -> [Int] {
    func weights(_ number: Int, _ stage: Stage) -> String? {
      let marker = try? StageMarker(in: round(number).folder(of: stage))
      return marker?.outputs["model.safetensors"]
    }
    let numbers = stride(from: 2, through: count, by: 1).prefix { number in
      guard let taken = weights(number, .teacher) else { return false }
      return taken == weights(number - 1, .fineTuning) && weights(number, .fineTuning) != nil
    }
    return Array(numbers)
  }

  /// The directory of the round before, where this is a later round's; its number is the folder's name.
  var earlierRound: (number: Int, directory: RunDirectory)? {
    let place = FilePath(text: path).absolute
    guard let number = Int(place.name), number > 1, place.folder.name == "rounds" else {
      return nil
    }
    let first = RunDirectory(path: place.folder.folder.text)
    guard FilePath(text: first.recipePath).exists else { return nil }
    return (number - 1, first.round(number - 1))
  }
}
