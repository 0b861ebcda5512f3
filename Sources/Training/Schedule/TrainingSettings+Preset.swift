extension TrainingSettings {
  /// A training recipe of today: settings that go together.
  public enum Preset: String, CaseIterable, Sendable {
    /// The defaults: the paper's.
    case none
    /// What makes recipe A3 of R. Wightman et al., "ResNet strikes back" (arXiv:2110.00476), strong in 100 epochs.
    case strong
    /// What makes its recipe A1 strong in 600 epochs.
    case strongLong = "strong-long"
  }

  /// Takes the settings of `preset`: schedule, loss, targets and augmentation. How long it trains, the optimiser, its
  /// rates and the batch stay: they depend on the pictures and the network.
  public mutating func apply(_ preset: Preset) {
    self.preset = preset
    guard preset != .none else { return }
    schedule = .cosine
    loss = .sigmoid
    targetThreshold = 0.2
    augmentation.autoAugment = .randAugment
    augmentation.mixup = 0.1
    augmentation.cutmix = 1
    guard preset == .strongLong else { return }
    labelSmoothing = 0.1
    dropPath = 0.05
    augmentation.mixup = 0.2
  }
}
