import Files
import Recipes
import Testing

@testable import Pipeline

/// The model of many machines, against cases that are worked out by hand.
@Suite("A run on many machines")
struct MachinesModelTests {
  /// Machines of 96 GMAC/s with 10 Gb/s, 1.25 GB/s; pictures of 100 KB; 3 an hour.
  private func model(_ count: Int, storage: Double? = nil) -> MachinesModel {
    var machines = Machines(count: count)
    machines.gmacPerSecond = 96
    machines.imageBytes = .init(100e3, .given("--picture-size"))
    machines.storage = storage.map { .init($0, .given("--storage")) }
    machines.pricePerHour = 3
    return MachinesModel(machines, measured: 1000)
  }

  private func near(_ value: Double, _ expected: Double) -> Bool {
    abs(value - expected) <= 1e-9 * abs(expected)
  }

  @Test("a step of the paper's batch on 64 machines: each sends 2 · 63/64 of the gradients")
  func step() {
    // 25 million parameters: 100 MB in 4 buckets of 25 MiB.
    let step = model(64).step(batch: 1536, gmac: 4, parameters: 25_000_000)
    #expect(step.pictures == 24)
    // 3 · 4 · 24 / 96.
    #expect(near(step.computeSeconds, 3))
    #expect(near(step.sentBytes, 196_875_000))
    // 196.875 MB at 1.25 GB/s, and 4 · 2 · 6 messages of 50 µs.
    #expect(near(step.reduceSeconds, 0.1575 + 0.0024))
    // Three of four buckets, since the backward pass takes 2 s.
    #expect(near(step.hiddenSeconds, 0.75 * 0.1599))
    #expect(near(step.seconds, 3 + 0.25 * 0.1599))
  }

  @Test("a backward pass that is shorter than the sums hides no more than itself")
  func slowNetwork() {
    // 3 · 0.08 · 24 / 96 = 0.06 s, of which the backward pass is 0.04.
    let step = model(64).step(batch: 1536, gmac: 0.08, parameters: 25_000_000)
    #expect(near(step.hiddenSeconds, 0.04))
    #expect(near(step.seconds, 0.06 + 0.1599 - 0.04))
  }

  @Test("one machine sends nothing, and no more machines work than there are pictures")
  func ends() {
    let one = model(1).step(batch: 1536, gmac: 4, parameters: 25_000_000)
    #expect(one.sentBytes == 0 && one.reduceSeconds == 0)
    #expect(near(one.seconds, 192))
    let many = model(4096).step(batch: 1536, gmac: 4, parameters: 25_000_000)
    #expect(many.machines == 1536 && many.pictures == 1)
    // 96 machines are no power of two: a ring, of 2 · 95 messages.
    let ring = model(96).step(batch: 1536, gmac: 4, parameters: 1)
    #expect(near(ring.reduceSeconds, 0.0095 + 8.0 * 95 / 96 / 1.25e9))
    // 1,536 pictures over 1,000 machines: some have two, and all wait for those.
    #expect(model(1000).step(batch: 1536, gmac: 4, parameters: 10).pictures == 2)
  }

  @Test("a training: steps, checkpoints, bytes and money")
  func training() {
    let training = DryRun.Training(
      stage: .student, title: "student", model: "resnet50", parameters: 25_000_000, gmac: 4,
      pictures: 1000,
      images: 1_536_000, steps: 1000, passes: 1, learningRate: [], memoryBytes: 0, seconds: 0,
      key: "student.training", batch: 1536, parts: 64, checkpointBytes: 200e6)
    let stage = model(64).training(training, checkpointsEvery: 400)
    // Three checkpoints of 200 MB (at 400, 800 and the end) and a model of 100.
    #expect(near(stage.writtenBytes, 700e6))
    #expect(near(stage.seconds, 1000 * (3 + 0.25 * 0.1599) + 700e6 / 1.25e9))
    #expect(near(stage.readBytes, 1_536_000 * 100e3))
    // 64 · 196.875 MB a step, the weights to 63 at the start, pictures and checkpoints.
    #expect(near(stage.networkBytes, 1000 * 64 * 196_875_000 + 63 * 100e6 + 153.6e9 + 700e6))
    #expect(near(stage.machineHours, 64 * stage.seconds / 3600))
    #expect(near(stage.price ?? 0, 3 * stage.machineHours))
    #expect(!stage.waitsForPictures)
    // 153.6 GB from a storage of 10 MB/s take longer.
    let slow = model(64, storage: 10e6).training(training, checkpointsEvery: 400)
    #expect(slow.waitsForPictures)
    #expect(near(slow.seconds, 15_360 + 0.56))
  }

  @Test("scoring 10⁹ pictures on 1,000 machines: ten shards of 10,000 each, or eleven")
  func scoring() {
    let stage = model(1000).scoring(
      pictures: 1_000_000_000, shards: 100_000, gmac: 9.6, parameters: 1_000_000,
      bytesPerImage: 124)
    // A million pictures a machine, 0.1 s each.
    #expect(near(stage.seconds, 100_000))
    #expect(stage.mostShards == 100)
    #expect(near(stage.writtenBytes, 124e9))
    #expect(near(stage.networkBytes, 100e12 + 124e9 + 1000 * 4e6))
    // One shard more, and its machine has 101.
    let odd = model(1000).scoring(
      pictures: 1_000_010_000, shards: 100_001, gmac: 9.6, parameters: 1, bytesPerImage: 124)
    #expect(odd.mostShards == 101)
    #expect(near(odd.seconds, 101_000))
    // 10 GB of pictures in 10 shards on 1,000 machines: ten of them work.
    #expect(
      model(1000).scoring(
        pictures: 100_000, shards: 10, gmac: 1, parameters: 1, bytesPerImage: 68
      ).machines == 10)
  }

  @Test("scoring waits for pictures that the network does not bring fast enough")
  func scoringReads() {
    // 10⁶ pictures of 100 KB over two networks of 1.25 GB/s take 40 s, computing 5.
    let stage = model(2).scoring(
      pictures: 1_000_000, shards: 2, gmac: 0.00096, parameters: 1, bytesPerImage: 68)
    #expect(stage.waitsForPictures)
    #expect(near(stage.seconds, 40))
  }

  @Test("one machine selects: as fast as the scores come, and 3.25 µs a selected picture")
  func selecting() {
    let stage = model(64).selecting(
      bytes: 68e9, selected: 16_000_000, dropsCopies: true, selectionBytes: 1e9)
    #expect(stage.machines == 1)
    #expect(near(stage.seconds, 68 / 1.25 + 52))
    #expect(stage.waitsForPictures)
    let exact = model(64).selecting(
      bytes: 68e9, selected: 16_000_000, dropsCopies: false, selectionBytes: 1e9)
    #expect(near(exact.seconds, 54.4))
  }

  @Test("speeds and sizes as people write them, in bits and in bytes")
  func bytes() {
    #expect(ByteText.bytes("10Gb/s", aSecond: true) == 1.25e9)
    #expect(ByteText.bytes("100 Gbit/s", aSecond: true) == 12.5e9)
    #expect(ByteText.bytes("25Gbps", aSecond: true) == 3.125e9)
    #expect(ByteText.bytes("1.25GB/s", aSecond: true) == 1.25e9)
    #expect(ByteText.bytes("110KB", aSecond: false) == 110_000)
    #expect(ByteText.bytes("2GiB", aSecond: false) == 2_147_483_648.0)
    for wrong in ["10", "10Gb", "fast", "-1Gb/s", "0Gb/s", "10 Xb/s"] {
      #expect(ByteText.bytes(wrong, aSecond: true) == nil, "\(wrong)")
    }
  }
}
