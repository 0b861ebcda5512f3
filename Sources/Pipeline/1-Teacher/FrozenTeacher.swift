import Files
import Foundation
import ImageData
import Models
import Recipes
import Shards
import SystemPackage
import Terminal
import Torch
import Training

/// Stage 1 where the network stays as it is: its features of D are computed once, and a linear layer or a
/// vote of the nearest pictures is put behind it.
enum FrozenTeacher {
  /// Pictures a shard of D's features, after each of which a stop loses nothing.
  private static let shardSize = 10_000

  /// Makes the teacher of a run, its model folder, and measures it.
  /// - Throws: `PipelineError`, `TorchError`.
  static func make(in run: Run) throws -> StageOutcome {
    let start = Stopwatch()
    let options = run.options(of: .teacher)
    let network = try run.firstNetwork(of: .teacher, options, seed: run.seed(.teacher))
    let (shards, before) = try computedFeatures(of: network, options, in: run)
    let bank = try FeatureBank(
      shards, run.data.labelled, of: "teacher",
      advice: "data.labelledCount takes fewer, or train a teacher of kind trained with "
        + "training.freezeBackbone")
    let teacher =
      try run.recipe.teacher.kind == .knn
      ? voter(behind: network, bank, options, in: run)
      : linear(behind: network, bank, options, in: run)
    let folder = run.directory.folder(of: .teacher)
    try ModelFolder(
      path: folder, options: teacher.options, classNames: run.data.classNames,
      input: run.recipe.input
    ).write(teacher.network)
    try DurableFile.write(JSON.pretty(teacher.record), to: FrozenTeacherRecord.path(in: folder))
    run.console.note("teacher: \(teacher.record.result)")
    return StageOutcome(
      outputs: ["model.safetensors", "config.json", FrozenTeacherRecord.name],
      seconds: before + start.seconds, imagesSeen: bank.classes.count,
      accuracies: try run.measure(teacher.network, .teacher))
  }

  /// The features of D, computed where they are not there, and the seconds that earlier starts took for them.
  static func computedFeatures(
    of network: any Network, _ options: NetworkOptions, in run: Run
  ) throws -> (shards: FeatureShards, before: Double) {
    let shards = try features(of: network, options, in: run)
    let before = (0..<shards.pictures.shardCount).reduce(0) {
      $0 + (shards.record($1)?.seconds ?? 0)
    }
    try shards.compute(
      with: Inference(network, input: run.recipe.input, runtime(of: run), making: .features),
      run.console)
    return (shards, before)
  }

  /// As U is scored, so that a picture has the same features there.
  private static func runtime(of run: Run) -> Runtime {
    run.runtime(batch: run.recipe.ranking.batch, setBy: "ranking.batch")
  }

  /// Where the features of D are kept, those of other weights or settings taken away.
  private static func features(
    of network: any Network, _ options: NetworkOptions, in run: Run
  ) throws -> FeatureShards {
    let shards = FeatureShards(
      folder: "\(run.directory.folder(of: .teacher))/features",
      pictures: EvenShards(run.data.labelled.dataset, shardSize: shardSize),
      kind: try FeatureKind(
        .npy, of: network, options, model: run.inputs.given[Recipe.teacherStart.key] ?? "",
        input: run.recipe.input, runtime(of: run)))
    try shards.beginAnew(run.console, title: "teacher")
    return shards
  }

  private typealias Made = (
    network: any Network, options: NetworkOptions, record: FrozenTeacherRecord
  )

  private static func linear(
    behind network: any Network, _ bank: FeatureBank, _ options: NetworkOptions, in run: Run
  ) throws -> Made {
    let progress = run.console.progress("teacher", total: 6 * 5 + 1)
    let probe = try LinearProbe(
      bank.features, classes: bank.classes, classCount: run.data.classNames.count,
      step: {
        try StopSignal.check()
        progress.advance(by: 1)
      })
    progress.finish()
    try network.takeLastLayer(probe.layer)
    var record = FrozenTeacherRecord(.linear, bank.features.shape)
    (record.weightDecay, record.trials) = (probe.weightDecay, probe.trials)
    (record.heldOutTop1, record.steps) = (probe.heldOutTop1, probe.layer.steps)
    record.isOptimal = probe.layer.isOptimal
    return (network, options, record)
  }

  private static func voter(
    behind network: any Network, _ bank: FeatureBank, _ options: NetworkOptions, in run: Run
  ) throws -> Made {
    let teacher = run.recipe.teacher
    let count = bank.classes.count
    let vote = NeighbourVote(
      pictures: count, neighbours: min(teacher.neighbours, count), temperature: teacher.temperature)
    if vote.neighbours < teacher.neighbours {
      run.console.note(
        "teacher: all \(Format.count(count)) labelled pictures vote, fewer than teacher.neighbours")
    }
    var options = options
    options.vote = vote
    let (voter, heldOutTop1) = try bank.voter(
      behind: network, vote, classCount: run.data.classNames.count)
    var record = FrozenTeacherRecord(.knn, bank.features.shape)
    (record.neighbours, record.temperature) = (vote.neighbours, vote.temperature)
    record.heldOutTop1 = heldOutTop1
    return (voter, options, record)
  }
}
