public import ImageData
public import Models

extension ImageInput {
  /// How pictures are cut for evaluation.
  public var evaluationPreset: EvaluationPreset {
    let filter: ImageData.Interpolation =
      switch interpolation {
      case .bilinear: .bilinear
      case .bicubic: .bicubic
      }
    return EvaluationPreset(resize: resize, crop: size, channels: channels, interpolation: filter)
  }

  /// How pictures are cut and varied for training.
  public func trainPreset(_ augmentation: TrainingSettings.Augmentation) -> TrainPreset {
    let crop: TrainPreset.Crop =
      switch augmentation.crop {
      case .randomResized: .randomResized(scale: augmentation.scale, ratio: augmentation.ratio)
      case .padded: .padded(augmentation.padding)
      case .none: .none
      }
    let operations: AutoAugment? =
      switch augmentation.autoAugment {
      case .none: nil
      case .randAugment:
        .randAugment(operations: augmentation.operations, magnitude: augmentation.magnitude)
      case .trivialAugment: .trivialAugment
      case .imagenet: .imagenet
      case .cifar10: .cifar10
      }
    // Erased rectangles have the mean colour.
    let fill = mean.map { UInt8(max(0, min(255, ($0 * 255).rounded()))) }
    return TrainPreset(
      size: size, channels: channels, crop: crop, flip: augmentation.flip,
      autoAugment: operations,
      erasing: augmentation.erasing > 0
        ? .init(probability: augmentation.erasing, fill: fill) : nil)
  }
}
