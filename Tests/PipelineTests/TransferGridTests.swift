import Foundation
import Models
import Recipes
import Testing
import Training

@testable import Pipeline

@Suite("What a transfer tries")
struct TransferGridTests {
  private func grid(
    _ rates: [Double]? = nil, _ decays: [Double]? = nil,
    _ schedules: [TrainingSettings.Schedule]? = nil
  ) -> TransferGrid {
    var request = TransferRequest("m", to: "d", mode: .full, out: "o")
    (request.learningRates, request.weightDecays) = (rates, decays)
    request.schedules = schedules
    return TransferGrid(request)
  }

  @Test("all settings once each, the usual ones first, and more trials only add to fewer")
  func whole() {
    let grid = grid()
    let all = grid.first(1_000)
    #expect(all.count == 30 && Set(all).count == 30)
    #expect(
      all[0] == .init(learningRate: 0.01, weightDecay: 1e-4, schedule: .cosine))
    #expect(grid.first(7) == Array(all.prefix(7)))
  }

  @Test(
    "any number of trials has each rate, decay and schedule as often as any other, give or take one"
  )
  func balance() {
    for trials in 1...30 {
      let some = grid().first(trials)
      func counts<Value: Hashable>(_ value: (TransferGrid.Choice) -> Value, _ kinds: Int) -> Int {
        let found = Dictionary(grouping: some, by: value).values.map(\.count)
        return (found.max() ?? 0) - (found.count < kinds ? 0 : found.min() ?? 0)
      }
      #expect(counts(\.learningRate, 5) <= 1)
      #expect(counts(\.weightDecay, 3) <= 1)
      #expect(counts(\.schedule, 2) <= 1)
    }
  }

  @Test("lists of lengths that share a factor are covered, too")
  func sharedFactors() {
    let grid = grid([1, 2, 3, 4], [1, 2], [.cosine, .steps])
    #expect(grid.count == 16 && Set(grid.first(16)).count == 16)
    #expect(Set(grid.first(2).map(\.weightDecay)).count == 2)
  }

  @Test("steps fall after 3, 6 and 9 tenths of the epochs, in the paper's 100 after 30, 60 and 90")
  func drops() {
    let choice = TransferGrid.Choice(learningRate: 0.1, weightDecay: 0, schedule: .steps)
    var training = TrainingSettings.fineTuning
    #expect(choice.settings(training).drops == [30, 60, 90])
    training.epochs = 2
    #expect(choice.settings(training).drops == [1])
  }

  @Test("a linear layer's weight decays go from 1 to 0.00001, each the same part of the one before")
  func decays() {
    #expect(linearWeightDecays(6) == [1, 0.1, 0.01, 0.001, 0.0001, 0.00001])
    #expect(linearWeightDecays(3) == [1, 0.00316, 0.00001])
    #expect(linearWeightDecays(1) == [0.001])
  }

  @Test("a training takes the keys of fineTuning.training, but for what is swept or has an option")
  func settings() throws {
    var request = TransferRequest("m", to: "/d", mode: .full, out: "o")
    request.settings = ["batch=16", "augmentation.erasing=0.5"]
    request.epochs = 7
    var input = ImageInput()
    let training = try request.training(for: input)
    #expect(training.batch == 16 && training.augmentation.erasing == 0.5 && training.epochs == 7)
    #expect(training.augmentation.crop == .randomResized)
    (input.size, input.resize) = (32, 32)
    let small = try request.training(for: input).augmentation
    #expect(small.crop == .padded && small.padding == 4)
    request.settings = ["learningRate=1"]
    let error = #expect(throws: PipelineError.self) { try request.training(for: input) }
    #expect(error?.description.contains("--learning-rate") == true)
    request.settings = ["batches=1"]
    #expect(throws: (any Error).self) { try request.training(for: input) }
  }
}
