// A training loop of one's own: a small ResNet, as for CIFAR, on labelled pictures, without a recipe.
//
//   OwnLoop [FOLDER] [OUT]     (defaults: Debian's dataset-fashion-mnist, runs/own-loop)
//
// 30,000 pictures seen in a quarter of a minute on one core; some 83 % of the test pictures are right.
// `halcyon predict OUT PICTURE` asks the model that it leaves.

import Files
import Foundation
import ImageData
import Models
import Shards
import Torch
import Training

/// What the network sees: the whole grey picture.
func input() -> ImageInput {
  var input = ImageInput()
  (input.size, input.resize, input.channels) = (28, 28, 1)
  (input.mean, input.std) = ([0.286], [0.353])
  return input
}

func learn(_ network: any Network, on examples: Examples, _ input: ImageInput) throws {
  let (batch, steps) = (64, 470)
  let order = ShuffledOrder(count: examples.count, seed: 0)
  var augmentation = TrainingSettings.Augmentation()
  (augmentation.crop, augmentation.padding) = (.padded, 2)
  let loader = try BatchLoader(
    dataset: examples.dataset, order: order, positions: 0..<steps * batch, batchSize: batch,
    preset: .train(input.trainPreset(augmentation)), seed: 0, workers: 1, yieldsCores: true)
  let targets = Targets(examples, order: order)
  let pictures = try ImageTensor(input, device: .cpu)
  let optimizer = try SGD(network.weights.parameters, weightDecay: 5e-4, nesterov: true)
  let schedule = LearningRateSchedule(
    steps: steps, warmUpSteps: 40, warmUpFrom: 0.01, peak: 0.1, shape: .cosine)

  var sums = try LossSums(on: .cpu)
  for step in 0..<steps {
    guard let batch = try loader.next() else { break }
    let logits = try network(pictures(batch), .training)
    let rows = try targets.rows(for: batch)
    let loss = try targets.loss(logits, rows)
    try loss.backward()
    try optimizer.step(learningRate: schedule.rate(atStep: step))
    try optimizer.clearGradients()

    try sums.add(loss, hits: targets.hits(logits, rows), images: batch.count)
    guard (step + 1) % 94 == 0 else { continue }
    let (total, hits) = try sums.read()
    let count = Double(sums.images)
    print(
      "step \(step + 1): loss \(Format.fixed(total / count, 3)),",
      "top-1 \(Format.fixed(100 * Double(hits) / count, 1)) %")
    sums = try LossSums(on: .cpu)
  }
  if loader.badSamples.count > 0 { print(loader.badSamples.count, "pictures cannot be read") }
}

@main
struct OwnLoop {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    let folder = arguments.first ?? "/usr/share/datasets/fashion-mnist"
    let out = arguments.dropFirst().first ?? "runs/own-loop"
    do {
      try Libtorch.setThreads(1)  // A network of such small pictures is fastest on one thread.
      let learned = try openDataset(folder, split: "train")
      let tested = try openDataset(folder, split: "test")
      let options = NetworkOptions(
        model: "resnet8", classCount: learned.classes.count, inputChannels: 1, stem: .strided,
        width: 16)
      let network = try ModelCatalog.make(options, seed: 0)
      try learn(network, on: Examples(labelled: learned), input())

      let result = try evaluate(
        network, on: Examples(labelled: tested), input: input(), Runtime(batch: 500))
      print("test top-1 \(Format.fixed(result.top1 ?? .nan, 2)) % of \(result.count) pictures")
      let model = ModelFolder(
        path: out, options: options, classNames: learned.classes, input: input())
      try model.write(network)
      print("model:", model.path)
    } catch {
      FileHandle.standardError.write(Data("own-loop: \(error)\n".utf8))
      exit((error as? any ExitCoded)?.exitCode ?? 1)
    }
  }
}
