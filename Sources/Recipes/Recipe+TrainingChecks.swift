import ImageData
import Training

extension Recipe {
  /// Notes what is wrong with the training whose keys lie below `path`.
  func checkTraining(
    _ training: Training, _ path: String, _ found: inout RecipeProblems
  ) {
    func key(_ name: String) -> String { "\(path).\(name)" }
    found.refuse(
      training.images == nil && training.epochs == nil, [key("images"), key("epochs"), path],
      "\(path) has neither images nor epochs; give one of them")
    found.refuse(
      training.images != nil && training.epochs != nil, [key("epochs"), key("images"), path],
      "\(path) has both images and epochs; remove one of them")
    found.atLeast(1, training.images, key("images"))
    found.atLeast(1, training.epochs, key("epochs"))
    found.atLeast(1, training.batch, key("batch"), atMost: 1 << 24)
    found.atLeast(1, training.accumulate, key("accumulate"))
    found.atLeast(1, training.replicas, key("replicas"), atMost: 1024)
    let accumulate = max(training.accumulate, 1)
    let (product, overflow) = accumulate.multipliedReportingOverflow(by: max(training.replicas, 1))
    let parts = overflow ? .max : product
    let (partKeys, partWords, partsOf) =
      training.replicas > 1
      ? (
        [key("replicas"), key("accumulate"), key("batch")], "accumulate × replicas (\(parts))",
        "\(key("accumulate")) × replicas (\(parts))"
      )
      : (
        [key("accumulate"), key("batch")], "accumulate (\(training.accumulate))",
        "\(key("accumulate")) (\(training.accumulate))"
      )
    found.refuse(
      training.accumulate > 0 && training.batch % parts != 0, partKeys,
      "\(key("batch")) (\(training.batch)) is not divisible by \(partWords); a batch is computed in "
        + "equal parts")
    // Batch norm takes its statistics of a micro-batch: one picture's hide what tells it from others.
    found.refuse(
      training.accumulate > 0 && training.batch >= 1 && training.batch / parts == 1
        && !training.freezeBackbone, partKeys,
      "\(key("batch")) (\(training.batch)) in \(partsOf) parts is one picture at a time, "
        + "from which batch norm learns nothing; make the batch larger or the parts fewer")
    found.refuse(
      training.learningRate <= 0, key("learningRate"),
      "\(key("learningRate")) is \(training.learningRate); it must be above 0")
    found.atLeast(0, training.warmUpFrom, key("warmUpFrom"))
    found.atLeast(0, training.warmUpImages, key("warmUpImages"))
    if let warmUp = training.warmUpImages, let images = training.images, warmUp > 0 {
      found.refuse(
        warmUp >= images, [key("warmUpImages"), key("images")],
        "\(key("warmUpImages")) (\(warmUp)) leaves nothing of \(images) images; make it less")
    }
    found.within(0...1_000, training.halvings, key("halvings"))
    let ascending = zip(training.drops, training.drops.dropFirst()).allSatisfy { $0 < $1 }
    found.refuse(
      !ascending || training.drops.contains { !(1...1 << 30).contains($0) }, key("drops"),
      "\(key("drops")) is \(training.drops.yaml); it must be ascending epochs, 1 to \(1 << 30)")
    found.refuse(
      training.dropFactor <= 0 || training.dropFactor > 1, key("dropFactor"),
      "\(key("dropFactor")) is \(training.dropFactor); it must be above 0 and at most 1")
    let near = nearest(training.optimizer, in: Optimizers.names).map { "did you mean \($0)?" }
    found.refuse(
      !Optimizers.names.contains(training.optimizer), key("optimizer"),
      "\(key("optimizer")): no optimiser is named \(training.optimizer.yaml); "
        + (near ?? "there are \(Optimizers.names.joined(separator: ", "))"))
    found.within(0..<1, training.momentum, key("momentum"))
    found.refuse(
      training.nesterov && training.momentum == 0, key("nesterov"),
      "\(key("nesterov")) needs a momentum above 0; set it to false")
    found.atLeast(0, training.weightDecay, key("weightDecay"))
    found.refuse(
      training.layerDecay <= 0 || training.layerDecay > 1, key("layerDecay"),
      "\(key("layerDecay")) is \(training.layerDecay); it must be above 0 and at most 1")
    found.refuse(
      training.layerDecay < 1 && !Optimizers.decayingByLayer.contains(training.optimizer),
      key("layerDecay"),
      "\(key("layerDecay")) needs \(key("optimizer")): "
        + "\(Optimizers.decayingByLayer.joined(separator: " or ")); set it to 1")
    found.within(0..<1, training.dropPath, key("dropPath"))
    found.within(0..<1, training.ema, key("ema"))
    checkTargets(training, path, &found)
    checkAugmentation(training.augmentation, key("augmentation"), &found)
  }

  private func checkAugmentation(
    _ augmentation: TrainingSettings.Augmentation, _ path: String, _ found: inout RecipeProblems
  ) {
    let scale = augmentation.scale
    found.refuse(
      scale.lowerBound <= 0 || scale.upperBound > 1, "\(path).scale",
      "\(path).scale is \(scale.yaml); it must lie above 0 and at most at 1")
    found.refuse(
      augmentation.ratio.lowerBound <= 0, "\(path).ratio",
      "\(path).ratio is \(augmentation.ratio.yaml); it must lie above 0")
    found.atLeast(0, augmentation.padding, "\(path).padding", atMost: 16_384)
    found.within(0...1, augmentation.flip, "\(path).flip")
    found.within(0...1, augmentation.erasing, "\(path).erasing")
    found.atLeast(1, augmentation.operations, "\(path).operations", atMost: 100)
    found.within(0...AutoAugment.mostMagnitude, augmentation.magnitude, "\(path).magnitude")
    let defaults = TrainingSettings.Augmentation()
    for (name, isSet) in [
      ("operations", augmentation.operations != defaults.operations),
      ("magnitude", augmentation.magnitude != defaults.magnitude),
    ] {
      found.refuse(
        isSet && augmentation.autoAugment != .randAugment, "\(path).\(name)",
        "\(path).\(name) has no meaning for autoAugment: \(augmentation.autoAugment.rawValue); remove it, or set "
          + "autoAugment: randAugment")
    }
    found.within(0...100, augmentation.mixup, "\(path).mixup")
    found.within(0...100, augmentation.cutmix, "\(path).cutmix")
  }

  /// Notes what is wrong with what a training's loss compares with.
  private func checkTargets(_ training: Training, _ path: String, _ found: inout RecipeProblems) {
    found.within(0..<1, training.labelSmoothing, "\(path).labelSmoothing")
    if let threshold = training.targetThreshold {
      found.within(0..<1, threshold, "\(path).targetThreshold")
    }
    found.refuse(
      training.targetThreshold != nil && training.loss != .sigmoid,
      ["\(path).targetThreshold", "\(path).loss"],
      "\(path).targetThreshold has no meaning for loss: \(training.loss.rawValue); remove it, or set loss: sigmoid"
    )
  }
}
