import Models
import Recipes
import TestSupport
import Testing
import Torch
import Training

@testable import Pipeline

@Suite("Memory")
struct MemoryShortageTests {
  @Test("this machine has memory, and no more of it is free than there is")
  func machine() {
    #expect(Memory.free > 1e6)
    #expect(Memory.free <= Memory.limit)
    #expect(Memory.limit < 1e16)
  }

  @Test("a training takes its weights thrice and each picture's activations")
  func training() throws {
    let cost = try ModelCatalog.cost(NetworkOptions(model: "resnet18"), size: 224)
    let float = TrainingMemory(cost, size: 224, channels: 3, precision: .float32)
    // Weights, gradients and momenta of 11,689,512 parameters in float32.
    #expect(float.fixed == 12 * 11_689_512)
    #expect(float.savedPerImage == 4 * Double(cost.savedElements))
    let half = TrainingMemory(cost, size: 224, channels: 3, precision: .bf16)
    #expect(half.savedPerImage == float.savedPerImage / 2)
    // The largest activation is the stem's: 64 of 112 × 112.
    #expect(half.perImage - half.savedPerImage == 8 * 64 * 112 * 112 + 16 * 3 * 224 * 224)
    #expect(half.fixed > float.fixed)

    /// What it takes a weight, in bytes, beside momenta.
    func bytes(
      processes: Int = 1, _ change: (inout Recipe.Training) -> Void
    ) -> Double {
      var training = Recipe.Training.supervised
      change(&training)
      let memory = TrainingMemory(
        cost, size: 224, channels: 3, precision: .float32, training, processes: processes)
      return memory.fixed / 11_689_512
    }
    #expect(bytes { $0.optimizer = "adamw" } == 16)
    #expect(bytes { $0.ema = 0.999 } == 16)
    // Of eight rounds the sums of two and of four wait for those that follow.
    #expect(bytes { $0.accumulate = 8 } == 20)
    #expect(bytes { $0.accumulate = 3 } == 12)
    #expect(bytes { $0.replicas = 4 } == 24)
    #expect(bytes(processes: 2) { $0.replicas = 4 } == 20)
  }
}

@Suite("Model folder")
struct ModelFolderTests {
  @Test("the evaluation's resize survives config.json for every size and crop")
  func resize() throws {
    let folder = try TemporaryFolder()
    var wrong: [String] = []
    for resize in [28, 32, 36, 73, 128, 182, 256, 257, 331, 438] {
      for size in stride(from: max(8, resize / 2), through: resize, by: 7) {
        var input = Recipe.Input()
        (input.size, input.resize) = (size, resize)
        let options = NetworkOptions(model: "resnet8", classCount: 2, width: 4)
        let model = ModelFolder(
          path: folder.path, options: options, classNames: ["a", "b"], input: input)
        try model.write(ModelCatalog.make(options))
        let read = try ModelFolder(contentsOf: folder.path)
        if read.input != input || read.options != model.options {
          wrong.append("\(size) of \(resize)")
        }
      }
    }
    #expect(wrong == [])
  }
}
