import TestSupport
import Testing
import Training

@Suite("LearningRateSchedule")
struct LearningRateTests {
  @Test("a billion images in batches of 1536 are 651,042 steps")
  func billion() throws {
    // 1e9 / 1536 = 651,041.67
    let plan = try TrainingPlan(.pretraining, imageCount: 16_000_000)
    #expect(plan.steps == 651_042)
    #expect(plan.totalImages == 1_000_000_000)
    #expect(plan.passes == 62.5)
  }

  @Test("the paper's warm-up goes from 0.1 to 0.6 in 4,167 steps")
  func warmUp() throws {
    // 6.4e6 / 1536 = 4,166.67
    let schedule = try TrainingPlan(.pretraining, imageCount: 16_000_000).schedule
    #expect(schedule.warmUpSteps == 4_167)
    #expect(schedule.rate(atStep: 0) == 0.1)
    #expect(schedule.rate(atStep: 4_167) == 0.6)
    let half = schedule.rate(atStep: 2_084)  // 0.1 + 0.5 · 2084/4167
    #expect(abs(half - 0.35006) < 1e-5)
    #expect(schedule.rate(atStep: 4_166) < 0.6)
  }

  @Test("a warm-up that is not given is 1 % of a budget below 640 million images")
  func shortWarmUp() throws {
    let plan = try TrainingPlan(.supervised, imageCount: 1_281_167)
    #expect(plan.warmUpSteps == 1_628)  // 2.5e6 / 1536 = 1,627.6
  }

  @Test("13 halvings make 14 equal segments and end at 0.6 / 2^13")
  func halving() throws {
    let schedule = try TrainingPlan(.pretraining, imageCount: 16_000_000).schedule
    // 651,042 / 14 = 46,503: the first drop is exactly there.
    #expect(schedule.rate(atStep: 46_502) == 0.6)
    #expect(schedule.rate(atStep: 46_503) == 0.3)
    #expect(schedule.rate(atStep: 651_041) == 0.6 / 8_192)
    #expect(schedule.corners.count == 15)  // the start, the warm-up's end, 13 drops
    #expect(schedule.corners.last?.step == 604_539)  // 13 · 46,503
  }

  @Test("fine-tuning falls to a tenth after 30, 60 and 90 epochs of ImageNet")
  func fineTuning() throws {
    let plan = try TrainingPlan(.fineTuning, imageCount: 1_281_167)
    #expect(plan.steps == 83_410)  // 100 · 1,281,167 / 1536 = 83,409.31
    #expect(plan.warmUpSteps == 0)
    // 30 epochs: 38,435,010 / 1536 = 25,022.79; 60: 50,045.59; 90: 75,068.38
    #expect(plan.schedule.corners.map(\.step) == [0, 25_023, 50_046, 75_069])
    let rates = plan.schedule.corners.map(\.rate)
    for (rate, expected) in zip(rates, [0.0015, 0.00015, 0.000015, 0.0000015]) {
      #expect(abs(rate - expected) < expected * 1e-12)
    }
    #expect(plan.schedule.rate(atStep: 25_022) == 0.0015)
    #expect(plan.unreachedDrops.isEmpty)
  }

  @Test("drops behind the end are named")
  func unreachedDrops() throws {
    var training = TrainingSettings.fineTuning
    training.epochs = 60
    let plan = try TrainingPlan(training, imageCount: 1_536)
    #expect(plan.unreachedDrops == [60, 90])
    #expect(plan.schedule.corners.map(\.step) == [0, 30])
  }

  @Test("a cosine starts at the peak after the warm-up and ends near 0")
  func cosine() {
    let schedule = LearningRateSchedule(
      steps: 110, warmUpSteps: 10, warmUpFrom: 0, peak: 1, shape: .cosine)
    #expect(schedule.rate(atStep: 10) == 1)
    #expect(abs(schedule.rate(atStep: 60) - 0.5) < 1e-12)
    #expect(schedule.rate(atStep: 109) < 0.001)
    #expect(schedule.corners.map(\.step) == [0, 10, 109])
  }

  @Test("a constant rate has one corner")
  func constant() {
    let schedule = LearningRateSchedule(
      steps: 5, warmUpSteps: 0, warmUpFrom: 0, peak: 0.2, shape: .constant)
    #expect(schedule.corners.map(\.step) == [0])
    #expect(schedule.corners.map(\.rate) == [0.2])
  }

  @Test("a warm-up never starts above the peak")
  func warmUpBelowPeak() {
    let schedule = LearningRateSchedule(
      steps: 100, warmUpSteps: 10, warmUpFrom: 0.1, peak: 0.05, shape: .constant)
    #expect(schedule.rate(atStep: 0) == 0.05)
  }

  @Test("the rate changes its course at the corners and nowhere else", arguments: 0..<40)
  func cornersAreComplete(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let steps = Int.random(in: 1...400, using: &generator)
    let warmUp = Int.random(in: 0..<steps, using: &generator)
    let shape: LearningRateSchedule.Shape =
      seed.isMultiple(of: 2)
      ? .halving(Int.random(in: 0...20, using: &generator))
      : .drops(
        atSteps: (0..<3).map { _ in Int.random(in: 0...500, using: &generator) }.sorted(),
        factor: 0.1)
    let schedule = LearningRateSchedule(
      steps: steps, warmUpSteps: warmUp, warmUpFrom: 0.1, peak: 0.6, shape: shape)
    let corners = Set(schedule.corners.map(\.step))
    #expect(schedule.corners.allSatisfy { $0.rate == schedule.rate(atStep: $0.step) })
    for step in stride(from: warmUp + 1, to: steps, by: 1) {
      let changes = schedule.rate(atStep: step) != schedule.rate(atStep: step - 1)
      #expect(!changes || corners.contains(step), "step \(step) of \(schedule)")
    }
    let fromWarmUp = (warmUp..<steps).map(schedule.rate(atStep:))
    #expect(zip(fromWarmUp, fromWarmUp.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test("a training of nothing, or all warm-up, is refused")
  func refused() {
    #expect(throws: TrainingError.self) { try TrainingPlan(.pretraining, imageCount: 0) }
    var training = TrainingSettings()
    training.images = 1_000
    training.warmUpImages = 1_000
    let error = #expect(throws: TrainingError.self) {
      try TrainingPlan(training, imageCount: 10)
    }
    #expect(error?.exitCode == 64)
    training.warmUpImages = nil
    training.epochs = 3
    #expect(throws: TrainingError.self) { try TrainingPlan(training, imageCount: 10) }
  }

  @Test("a budget below one batch is one step without warm-up")
  func oneStep() throws {
    var training = TrainingSettings()
    training.images = 700
    let plan = try TrainingPlan(training, imageCount: 10)
    #expect(plan.steps == 1)
    #expect(plan.warmUpSteps == 0)
    #expect(plan.schedule.rate(atStep: 0) == 0.6)
  }

  @Test("settings beyond any use are refused or have no effect, and none overflows")
  func extremes() throws {
    var settings = TrainingSettings.pretraining
    settings.images = .max
    #expect(throws: TrainingError.self) { try TrainingPlan(settings, imageCount: 10) }
    settings = .pretraining
    settings.batch = .max
    #expect(throws: TrainingError.self) { try TrainingPlan(settings, imageCount: 10) }
    settings = .pretraining
    settings.halvings = -1
    #expect(throws: TrainingError.self) { try TrainingPlan(settings, imageCount: 10) }
    settings = .fineTuning
    settings.drops = [.max]
    let plan = try TrainingPlan(settings, imageCount: 10)
    #expect(plan.unreachedDrops == [.max])
    #expect(plan.schedule.rate(atStep: plan.steps - 1) == settings.learningRate)
    let schedule = LearningRateSchedule(
      steps: 10, warmUpSteps: 0, warmUpFrom: 0, peak: 1, shape: .halving(-3))
    #expect(schedule.rate(atStep: 9) == 1 && schedule.corners.count == 1)
  }
}
