import Foundation
import Models
import Recipes
import TestSupport
import Testing
import Torch
import Training

@testable import Pipeline

@Suite("Importing vision transformers")
struct ImportTransformerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A vit_tiny of 48 px in the file `name`, without its last layer unless that is kept.
  private func weights(_ name: String, keepsLast: Bool = false) throws -> String {
    let network = try ModelCatalog.make(
      NetworkOptions(model: "vit_tiny_patch16_224", classCount: 3, inputSize: 48), seed: 1)
    let path = folder.path + "/" + name
    try Safetensors.write(
      network.weights.state.filter { keepsLast || !$0.name.hasPrefix("head.") }, to: path)
    return path
  }

  private func settings(_ size: Int? = nil, head: ImportSettings.Head = .new) -> ImportSettings {
    var settings = ImportSettings()
    settings.model = "vit_tiny_patch16_224"
    (settings.head, settings.inputSize) = (head, size)
    if head == .new { settings.classNames = ["owl", "kite"] }
    return settings
  }

  @Test("a file without a last layer gets a new one, and is resampled for the size asked for")
  func newHead() throws {
    let out = folder.path + "/out"
    let model = try importModel(weights("w.safetensors"), settings(32), to: out)
    #expect(
      model.notes.contains {
        $0.contains("3 × 3 patches are resampled to 2 × 2")
      }, "\(model.notes)")
    #expect(model.notes.contains { $0.contains("vit_tiny_patch16_224's are assumed: mean [0.5") })
    let read = try ModelFolder(contentsOf: out)
    #expect(read.classNames == ["owl", "kite"])
    #expect(read.input.size == 32 && read.options.inputSize == 32)
    #expect(read.input.interpolation == .bicubic)
    let network = try read.load(on: .cpu)
    let logits = try network(Tensor.full([1, 3, 32, 32], 0), .evaluation)
    #expect(logits.shape == [1, 2])
  }

  @Test("a bare file's network sees pictures of the size that its position embeddings are of")
  func ownSize() throws {
    let model = try importModel(weights("w.safetensors"), settings(), to: folder.path + "/out")
    #expect(model.folder.input.size == 48 && model.folder.options.inputSize == 48)
    // As much of the resized side as of 224 px, timm's 0.9 of it.
    #expect(model.folder.input.resize == 53)
    #expect(!model.notes.contains { $0.contains("resampled") }, "\(model.notes)")
  }

  @Test(
    "another size is no fault of weights whose position embeddings are resampled; other means are")
  func otherSize() throws {
    let out = folder.path + "/out"
    _ = try importModel(weights("w.safetensors"), settings(48), to: out)
    func warnings(_ change: (inout Recipe) -> Void) throws -> [String] {
      var recipe = Recipe(name: "a", labelled: "l", unlabelled: "u")
      (recipe.teacher.model, recipe.teacher.startFrom) = ("vit_tiny_patch16_224", out)
      recipe.input = try ModelFolder(contentsOf: out).input
      change(&recipe)
      var preflight = Preflight()
      try preflight.checkStartingWeights(of: recipe, classNames: [:]) { _ in false }
      #expect(preflight.problems.isEmpty)
      return preflight.warnings.map(\.message)
    }
    #expect(try warnings { $0.input.size = 32 } == [])
    let found = try warnings { ($0.input.size, $0.input.mean) = (32, [0.1, 0.1, 0.1]) }
    #expect(found.count == 1 && found[0].contains("input.mean") && !found[0].contains("input.size"))
  }

  @Test("without --head new the advice is to give it")
  func kept() throws {
    let path = try weights("w.safetensors")
    let error = #expect(throws: PipelineError.self) {
      try importModel(path, settings(48, head: .keep), to: folder.path + "/out")
    }
    #expect(error?.description.contains("head.weight [1, 192] is missing") == true)
    #expect(error?.description.contains("give --head new and its --classes") == true)
  }

  @Test("twins of one shape are named, whatever other networks' patches are")
  func twins() throws {
    let path = try weights("w.safetensors", keepsLast: true)
    var settings = ImportSettings()
    settings.inputSize = 16  // Smaller than the patches of some networks.
    let error = #expect(throws: PipelineError.self) {
      try importModel(path, settings, to: folder.path + "/out")
    }
    #expect(
      error?.description.contains("fits vit_tiny_patch16_224 and deit_tiny_patch16_224") == true,
      "\(error?.description ?? "")")
  }

  @Test("a folder without classes can be imported with new ones, and not be asked as it is")
  func withoutClasses() throws {
    let path = try weights("model.safetensors")
    try folder.write(
      """
      {"architecture": "vit_tiny_patch16_224", "num_classes": 0, "global_pool": "token",
       "pretrained_cfg": {"input_size": [3, 48, 48], "crop_pct": 0.9, "mean": [0.5, 0.5, 0.5],
       "std": [0.5, 0.5, 0.5]}}
      """, to: "config.json")
    let error = #expect(throws: TrainingError.self) { try LoadedModel(folder.path) }
    #expect(error?.description.contains("has no classes: it is vit_tiny_patch16_224") == true)
    var new = settings()
    new.model = nil
    let model = try importModel(folder.path, new, to: folder.path + "/out")
    #expect(model.folder.input.size == 48 && model.notes == [])
    #expect(model.parameters == 12 * 444_864 + 147_648 + 11 * 192 + 384 + 386)
    #expect(path.hasSuffix("model.safetensors"))
  }
}
