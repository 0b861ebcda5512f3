import Files
import Foundation
import ImageData
import Recipes
import SystemPackage
import Torch
import Training

/// `transfer.json`: what everything in a transfer's folder depends on. How many settings are tried, and which, is no
/// part of it: trials are kept by their settings, and a later start only adds to them.
struct TransferRecord: Codable, Equatable {
  static let name = "transfer.json"

  /// What was asked for, each by the words that a refusal has for it.
  var values: [String: String]

  init(
    _ request: TransferRequest, _ pictures: TransferPictures, _ frozen: FrozenNetwork,
    _ runtime: Runtime
  ) throws {
    let dataset = pictures.train.dataset
    let names = SetIdentity(of: dataset)
    values = [
      "--mode": request.mode.rawValue, "--seed": "\(request.seed)",
      "the model": frozen.sha256, "the network": "\(frozen.options)",
      "what it sees of a picture": "\(frozen.input), \(frozen.cropMode)",
      "the training pictures": names.keys, "their labels": names.labels,
      "their files": names.states, "the device": runtime.device.kind.rawValue,
      "the precision": runtime.precision.rawValue,
    ]
    values["--classes"] = request.classes.map { $0.joined(separator: ",") } ?? "all"
    values["--labelled-count"] = request.labelledCount.map { "\($0)" } ?? "all"
    guard request.mode == .full else { return }
    // What is swept says each trial's own name.
    let swept = TransferGrid.Choice(learningRate: 0, weightDecay: 0, schedule: .cosine)
    values["--epochs"] = "\(request.epochs ?? TransferGrid.epochs)"
    values["--held-out"] = "\(request.heldOut ?? TransferGrid.heldOut)"
    values["--batch"] = "\(runtime.batch)"
    var training = try request.training(for: frozen.input)
    (training.epochs, training.drops) = (1, [])
    values["--set"] = "\(swept.settings(training))"
  }

  /// What differs from `earlier`, in words; short values with what they were and are.
  func differences(from earlier: TransferRecord) -> [String] {
    Set(values.keys).union(earlier.values.keys).sorted().compactMap { key in
      let (was, now) = (earlier.values[key], values[key])
      guard was != now else { return nil }
      guard let was, let now, was.count < 20, now.count < 20 else { return key }
      return "\(key) (\(was) → \(now))"
    }
  }

  /// The record in `folder`; nil where it has none.
  static func read(in folder: String) throws -> TransferRecord? {
    try JSON.read(TransferRecord.self, at: "\(folder)/\(name)")
  }

  func write(to folder: String) throws {
    try DurableFile.write(JSON.pretty(self), to: "\(folder)/\(Self.name)")
  }
}

/// What a set of pictures is, by what can be told without reading any.
struct SetIdentity {
  /// The SHA-256 of all keys, of classes and labels, and of the states of the files; the last is empty where they are
  /// not known.
  let keys, labels, states: String

  init(of dataset: any ImageDataset) {
    var keys = Data()
    var labels = Data(dataset.classes.map { $0 + "\0" }.joined().utf8)
    var states: [UInt64] = []
    for index in 0..<dataset.count {
      keys.append(contentsOf: dataset.key(at: index).utf8)
      keys.append(0)
      let label = Int32(dataset.label(at: index) ?? -1).littleEndian
      withUnsafeBytes(of: label) { labels.append(contentsOf: $0) }
      states.append(dataset.fileState(at: index))
    }
    self.keys = Checksum.sha256(keys)
    self.labels = Checksum.sha256(labels)
    self.states =
      dataset.indexIdentity
      ?? (states.contains { $0 != 0 } ? states.withUnsafeBytes { Checksum.sha256($0) } : "")
  }

  /// All of it in one word.
  var text: String { Checksum.sha256(Data("\(keys) \(labels) \(states)".utf8)) }
}
