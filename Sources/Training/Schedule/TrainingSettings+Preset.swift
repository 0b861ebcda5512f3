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

  /// Takes the settings of `preset`: schedule, loss, targets and augmentation; `none` undoes those of another. How
  /// long it trains, the optimiser, its rates and the batch stay: they depend on the pictures and the network.
  public mutating func apply(_ preset: Preset) {
    let isNone = preset == .none
    let isLong = preset == .strongLong
    if !isNone { schedule = .cosine } else if self.preset != .none { schedule = .halving }
    loss = isNone ? .softmax : .sigmoid
    targetThreshold = isNone ? nil : 0.2
    labelSmoothing = isLong ? 0.1 : 0
    dropPath = isLong ? 0.05 : 0
    augmentation.autoAugment = isNone ? .none : .randAugment
    augmentation.mixup = isNone ? 0 : isLong ? 0.2 : 0.1
    augmentation.cutmix = isNone ? 0 : 1
    self.preset = preset
  }

  /// Takes the settings of `preset` where its own preset's stand; what is otherwise was given besides, and stays.
  public mutating func change(to preset: Preset) {
    var (own, changed) = (self, self)
    own.apply(self.preset)
    changed.apply(preset)
    func keep<Value: Equatable>(_ member: WritableKeyPath<TrainingSettings, Value>) {
      if self[keyPath: member] != own[keyPath: member] {
        changed[keyPath: member] = self[keyPath: member]
      }
    }
    keep(\.loss)
    keep(\.targetThreshold)
    keep(\.labelSmoothing)
    keep(\.dropPath)
    keep(\.augmentation.autoAugment)
    keep(\.augmentation.mixup)
    keep(\.augmentation.cutmix)
    // Without a preset each stage has a schedule of its own.
    let isOwn = self.preset == .none && (schedule == .halving || schedule == .steps)
    if !isOwn, self.preset == .none || schedule != own.schedule { changed.schedule = schedule }
    self = changed
  }
}
