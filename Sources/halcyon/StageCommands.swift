import ArgumentParser
import Pipeline
import Recipes
import Torch

/// `halcyon pretrain-teacher`: stage 0.
struct PretrainTeacherCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain-teacher",
    abstract: "0: let the teacher learn the tags of data.tagged, where a recipe has them.")

  @OptionGroup var options: RunOptions

  @OptionGroup var processes: DistributedOptions

  func run() throws {
    try processes.perform(Self.self) {
      try PretrainTeacher.perform(in: options.open(computing: [.pretraining], group: $0))
    }
  }
}

/// `halcyon train-teacher`: stage 1.
struct TrainTeacherCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-teacher", abstract: "1: train the teacher on the labelled pictures.")

  @OptionGroup var options: RunOptions

  @OptionGroup var processes: DistributedOptions

  func run() throws {
    try processes.perform(Self.self) {
      try TrainTeacher.perform(in: options.open(computing: [.taskTuning, .teacher], group: $0))
    }
  }
}

/// `halcyon pretrain`: stage 3.
struct PretrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain", abstract: "3: pre-train the student on the selected pictures.",
    discussion: """
      Given the folder of `halcyon select --to` in place of a run, a run of its own begins in --out: with \
      the other's teacher and scores and with this selection. Fine-tune it there; the other run stays \
      as it is.
      """)

  @OptionGroup var options: RunOptions

  @OptionGroup var processes: DistributedOptions

  func run() throws { try processes.perform(Self.self, [:], run(among:)) }

  private func run(among group: any ProcessGroup) throws {
    var options = options
    var isMade = false
    if let selection = options.selection {
      guard group.size == 1 else {
        throw PipelineError.usage(
          "\(selection) is a selection beside a run: one process begins the run of its own, and several go on with "
            + "it")
      }
      guard let out = options.out else {
        throw PipelineError.usage(
          "\(selection) is a selection beside a run: give --out a new folder for the run that begins "
            + "with it")
      }
      isMade = try BranchRun.make(out, of: options.openBeside(selection), selectedIn: selection)
      options.recipe = out
    }
    let run: Run
    do {
      run = try options.open(computing: [.student], group: group)
    } catch {
      if isMade { BranchRun.withdraw(options.recipe) }
      throw error
    }
    try PretrainStudent.perform(in: run)
  }
}

/// `halcyon fine-tune`: stage 4.
struct FineTuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fine-tune", abstract: "4: fine-tune the student on the labelled pictures.")

  @OptionGroup var options: RunOptions

  @OptionGroup var processes: DistributedOptions

  func run() throws {
    try processes.perform(Self.self) {
      try FineTuneStudent.perform(in: options.open(computing: [.fineTuning], group: $0))
    }
  }
}
