import Files
import Foundation
import Pipeline
import Recipes

/// How the rows of an experiment transfer: to classes that are held out of D, or to pictures of their own.
public struct ExperimentTransfer: Sendable {
  /// The part of D's classes that is held out of all labels that the rows learn from, and transferred to; nil where
  /// they transfer to `data`.
  var heldOutShare: Double?
  /// The pictures that are transferred to, where no class is held out.
  var data: String?
  /// Passes over the training pictures of a transfer that fine-tunes all.
  var epochs: Int
  /// How many settings a transfer that fine-tunes all tries.
  var trials: Int
  /// The part of the training pictures that they are chosen on.
  var heldOut: Double
  /// The classes that are held out, once they are known.
  private(set) var classes: [String]?
  /// How many labelled pictures there are of them.
  private(set) var labelledCount: Int?

  init(heldOutShare: Double?, epochs: Int, trials: Int, heldOut: Double) {
    (self.heldOutShare, self.epochs) = (heldOutShare, epochs)
    (self.trials, self.heldOut) = (trials, heldOut)
  }

  /// Divides the classes of `recipe`: the last ones are held out, and labels are divided as the classes are.
  /// - Returns: What keeps the others alone, each as KEY=VALUE; nothing where no class is held out.
  mutating func holdOutClasses(of recipe: Recipe) throws -> [String] {
    guard let heldOutShare else { return [] }
    let all = try recipe.data.labelledClasses ?? labelledClasses(of: recipe)
    let count = Int((Double(all.count) * heldOutShare).rounded())
    guard count > 1, all.count - count > 1 else {
      throw ExperimentError(
        "of \(all.count) classes \(count) would be held out; it takes two classes on each side")
    }
    let kept = all.dropLast(count)
    classes = all.suffix(count)
    let texts = kept.map { name in
      "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    var settings = ["data.labelledClasses=[\(texts.joined(separator: ", "))]"]
    if let labels = recipe.data.labelledCount {
      let each = Double(labels) / Double(all.count)
      labelledCount = max(count, Int((each * Double(count)).rounded()))
      settings.append(
        "data.labelledCount=\(max(kept.count, Int((each * Double(kept.count)).rounded())))")
    }
    return settings
  }

  /// What a transfer from the model in `folder` takes, kept in a folder below `out` that is named after it.
  func request(
    _ mode: TransferMode, from folder: String, run: String, _ recipe: Recipe, out: String
  ) -> TransferRequest {
    var request = TransferRequest(folder, to: data ?? recipe.data.labelled, mode: mode, out: "")
    if data == nil {
      request.split = recipe.data.labelledSplit
      (request.test, request.testSplit) = (recipe.data.test, recipe.data.testSplit)
      (request.classes, request.labelledCount) = (classes, labelledCount)
    }
    // A linear layer takes seconds: it tries as many weight decays as `transfer` does by itself.
    if mode == .full {
      (request.trials, request.epochs, request.heldOut) = (trials, epochs, heldOut)
    }
    request.seed = recipe.seed
    request.compute.device = recipe.device
    request.compute.precision = recipe.precision
    // Another model of the same recipe, as another machine makes it, has a folder of its own.
    let model = (try? Checksum.sha256(file: "\(folder)/model.safetensors")) ?? ""
    let text =
      "\(self) \(model) \(request.data) \(request.split ?? "") \(request.test ?? "") \(request.testSplit ?? "")"
    let name = Checksum.sha256(Data(text.utf8)).prefix(8)
    request.out = "\(out)/\(run)-\(mode.rawValue)-\(name)"
    return request
  }
}
