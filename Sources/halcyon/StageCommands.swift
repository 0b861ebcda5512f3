import ArgumentParser
import Pipeline

/// `halcyon train-teacher`: stage 1.
struct TrainTeacherCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-teacher", abstract: "1: train the teacher on the labelled pictures.")

  @OptionGroup var options: RunOptions

  func run() throws { try TrainTeacher.perform(in: options.open(computing: [.teacher])) }
}

/// `halcyon pretrain`: stage 3.
struct PretrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain", abstract: "3: pre-train the student on the selected pictures.")

  @OptionGroup var options: RunOptions

  func run() throws { try PretrainStudent.perform(in: options.open(computing: [.student])) }
}

/// `halcyon fine-tune`: stage 4.
struct FineTuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fine-tune", abstract: "4: fine-tune the student on the labelled pictures.")

  @OptionGroup var options: RunOptions

  func run() throws { try FineTuneStudent.perform(in: options.open(computing: [.fineTuning])) }
}
