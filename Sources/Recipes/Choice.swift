public import ImageData
public import Models
public import Training

/// A value that is one of a few words, in a recipe and on the command line.
public protocol Choice: RawRepresentable, CaseIterable, Sendable where RawValue == String {
  /// What other programs call these, in lower case.
  static var otherNames: [String: Self] { get }
}

/// "auto, cpu or cuda".
func alternatives(_ words: [String]) -> String {
  let first = words.dropLast().joined(separator: ", ")
  return (first.isEmpty ? "" : first + " or ") + (words.last ?? "")
}

extension Choice {
  /// None.
  public static var otherNames: [String: Self] { [:] }

  /// The words there are: "auto, cpu or cuda".
  public static var words: String { alternatives(allCases.map(\.rawValue)) }

  /// The word that `text` was most likely meant to be, if any is near.
  public static func word(near text: String) -> String? {
    otherNames[text.lowercased()]?.rawValue ?? nearest(text, in: allCases.map(\.rawValue))
  }
}

extension Recipe.DeviceChoice: Choice {
  /// What a CUDA device is called elsewhere.
  public static var otherNames: [String: Self] {
    ["gpu": .cuda, "nvidia": .cuda, "cuda:0": .cuda]
  }
}

extension Recipe.PrecisionChoice: Choice {
  /// What the two formats are called elsewhere; float16 has a near relative here.
  public static var otherNames: [String: Self] {
    [
      "bfloat16": .bf16, "fp16": .bf16, "float16": .bf16, "half": .bf16, "amp": .bf16,
      "fp32": .float32, "f32": .float32, "float": .float32, "single": .float32, "full": .float32,
    ]
  }
}

extension Recipe.ScoringPrecision: Choice {
  /// What the formats are called elsewhere.
  public static var otherNames: [String: Self] {
    [
      "bfloat16": .bf16, "fp16": .bf16, "float16": .bf16, "half": .bf16, "amp": .bf16,
      "fp32": .float32, "f32": .float32, "float": .float32, "single": .float32, "full": .float32,
      "i8": .int8, "s8": .int8, "u8": .int8, "uint8": .int8, "quantized": .int8,
    ]
  }
}

extension Recipe.TeacherKind: Choice {
  /// What the kinds are called elsewhere.
  public static var otherNames: [String: Self] {
    [
      "k-nn": .knn, "neighbours": .knn, "nearest": .knn, "probe": .linear, "linear-probe": .linear,
      "linearprobe": .linear, "logistic": .linear, "scores": .given, "external": .given,
      "none": .given, "fine-tuned": .trained, "finetuned": .trained,
    ]
  }
}

extension CacheFormat.Encoding: Choice {
  /// What the two are called elsewhere.
  public static var otherNames: [String: Self] {
    ["jpg": .jpeg, "npy": .raw, "rgb": .raw, "uint8": .raw, "pixels": .raw]
  }
}

extension Stem: Choice {}
extension TrainingSettings.Schedule: Choice {}
extension TrainingSettings.Loss: Choice {}
extension TrainingSettings.Order: Choice {}
extension Recipe.Targets: Choice {}

extension TrainingSettings.Preset: Choice {
  /// What the recipes of "ResNet strikes back" are called there.
  public static var otherNames: [String: Self] {
    [
      "a1": .strongLong, "a2": .strongLong, "a3": .strong, "stronglong": .strongLong,
      "paper": .none,
    ]
  }
}

extension TrainingSettings.Augmentation.Policy: Choice {
  /// What these are called in torchvision's and timm's commands.
  public static var otherNames: [String: Self] {
    [
      "ta": .trivialAugment, "ta_wide": .trivialAugment, "ra": .randAugment, "rand": .randAugment,
      "original": .imagenet, "v0": .imagenet,
      "cifar": .cifar10,
    ]
  }
}
extension Recipe.Strategy: Choice {}
extension Recipe.Duplicates: Choice {}
extension TrainingSettings.Augmentation.Crop: Choice {}
extension ImageInput.Interpolation: Choice {}
