import Files
import Foundation
import ImageData
import Models
import Torch

/// What a model's `config.json` says, ours or one that timm has written, nested or flat.
struct TimmConfig {
  let options: NetworkOptions
  let classNames: [String]
  let input: ImageInput
  let cropMode: CropMode
  /// Keys that are not known and that timm passes over too.
  let unknownKeys: [String]
  /// What is assumed where the file leaves a question open; a line each.
  let assumptions: [String]

  /// Reads `file`.
  /// - Throws: `TrainingError.data` naming the key whose value cannot be followed.
  init(contentsOf file: String, _ data: Data) throws {
    let decoded: JSONValue
    do {
      decoded = try JSON.read(JSONValue.self, from: data)
    } catch {
      throw TrainingError.data("\(file) is not a model's description: it is not JSON")
    }
    guard let all = decoded.object else {
      throw TrainingError.data("\(file) is not a model's description: it is no JSON object")
    }
    let top = Keys(file: file, path: "", values: all)
    let isNested = try top.object("pretrained_cfg") != nil
    let pretrained = try top.object("pretrained_cfg") ?? top
    let arguments = try top.object("model_args") ?? Keys(file: file, path: "", values: [:])
    let ours = try top.object("halcyon")

    let known = TimmKeys.top.merging(isNested ? [:] : TimmKeys.pretrained) { first, _ in first }
    unknownKeys = all.keys.filter { known[$0] == nil }.sorted()
    // timm reads these in `pretrained_cfg` alone; in a flat file it refuses what it does not know.
    if let key = unknownKeys.first(where: { !isNested || TimmKeys.pretrained[$0] != nil }) {
      throw top.error(key, isNested ? "belongs into pretrained_cfg" : "is not a key of timm's")
    }
    try top.check(known.filter { !isNested || TimmKeys.top[$0.key] != nil }, everyKey: false)
    if isNested { try pretrained.check(TimmKeys.pretrained) }

    guard let architecture = try top.text("architecture") else {
      throw TrainingError.data("\(file) is not a model's description: it lacks architecture")
    }
    guard let model = TimmNames.network(architecture) else {
      throw TrainingError.data(
        "\(file): no architecture is named \(architecture); `halcyon models` lists them")
    }
    try arguments.check(TimmKeys.arguments(of: model))
    try Self.checkGroups(of: model, arguments)

    let names =
      top.value("label_names") ?? pretrained.value("label_names")
      ?? top.value("labels") ?? pretrained.value("labels")
    let given = try top.integer("num_classes") ?? pretrained.integer("num_classes")
    let argument = try arguments.integer("num_classes")
    guard let count = given ?? argument ?? names?.list?.count else {
      throw TrainingError.data("\(file) says neither num_classes nor label_names")
    }
    guard argument ?? count == count else {
      throw arguments.error("num_classes", "is \(argument ?? 0), but num_classes is \(count)")
    }
    // 0 is a network without its last layer: something to start from.
    guard 0...10_000_000 ~= count else {
      throw top.error("num_classes", "is \(count); it must be at least 0")
    }
    classNames = try Self.classNames(names, count: count, top)

    let size = try Self.inputSize(pretrained, arguments)
    let pooling = try Self.pooling(of: model, top, arguments, hasClasses: count > 0)
    let width = try ours?.integer("width") ?? 64
    let stem = try ours?.text("stem") ?? Stem.standard.rawValue
    guard let stem = Stem(rawValue: stem), 1...1 << 16 ~= width else {
      throw TrainingError.data(
        "\(file): stem \(stem) and width \(width) are not one of "
          + "\(Stem.allCases.map(\.rawValue).joined(separator: ", ")) and 1 to 65536")
    }
    var options = NetworkOptions(
      model: model, classCount: count, inputChannels: size[0], stem: stem, width: width,
      inputSize: size[1], pooling: pooling)
    options.vote = try ours?.object("vote").map { try Self.vote($0) }
    self.options = options
    input = try Self.input(size, pretrained, isOurs: ours != nil)
    cropMode = try Self.cropMode(pretrained, mean: input.mean)
    try Self.checkLayerNames(pretrained, options)
    assumptions = Self.assumptions(pretrained, classNames, input).map { "\(file): \($0)" }
  }

  // MARK: - Parts

  private static func assumptions(
    _ pretrained: Keys, _ classNames: [String], _ input: ImageInput
  ) -> [String] {
    var lines: [String] = []
    let values = [("mean", input.mean), ("std", input.std)].filter {
      pretrained.value($0.0) == nil
    }
    if !values.isEmpty {
      let names = values.map(\.0).joined(separator: " and ")
      let taken = values.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
      lines.append("it has no \(names); ImageNet's are assumed, as timm does: \(taken)")
    }
    if let (first, second) = ClassName.firstTwins(classNames) {
      lines.append(
        "label_names calls the classes \(first) and \(second) \(classNames[first]); they are taken "
          + "for two classes")
    }
    return lines
  }

  /// The layers that see the pictures and make the logits must be the network's.
  private static func checkLayerNames(_ pretrained: Keys, _ options: NetworkOptions) throws {
    guard let network = try? ModelCatalog.make(options, device: .meta) else { return }
    let names = [
      ("first_conv", ModelFolder.firstConvolution(of: network)),
      ("classifier", ModelFolder.classifier(of: network)),
    ]
    for (key, name) in names {
      if let given = try pretrained.text(key), given != name {
        throw pretrained.error(key, "is \"\(given)\"; \(options.model) has \"\(name)\"")
      }
    }
  }

  /// Whose vote stands in place of a last layer.
  private static func vote(_ keys: Keys) throws -> NeighbourVote {
    guard let pictures = try keys.integer("pictures"), 1...1 << 30 ~= pictures,
      let neighbours = try keys.integer("neighbours"), 1...1 << 30 ~= neighbours,
      let temperature = try keys.number("temperature"), 0.01...1000 ~= temperature
    else {
      throw TrainingError.data(
        "\(keys.file): halcyon.vote has no pictures and neighbours of 1 and more, or no temperature of "
          + "0.01 and more")
    }
    return NeighbourVote(
      pictures: pictures, neighbours: neighbours, temperature: temperature)
  }

  private static func checkGroups(of model: String, _ arguments: Keys) throws {
    // resnext50_32x4d has 32 groups of 4 channels in its first stage.
    let parts = model.split(separator: "_").last?.dropLast().split(separator: "x") ?? []
    let groups = model.contains("resnext") ? parts.compactMap { Int($0) } : [1, 64]
    for (key, value) in zip(["cardinality", "base_width"], groups) {
      if let given = try arguments.integer(key), given != value {
        throw arguments.error(key, "is \(given), but \(model) has \(value)")
      }
    }
  }

  /// The names in the order of the logits: from a list, or from an object of numbers and names, which
  /// may have gaps; a class without a name is called by its number.
  private static func classNames(_ value: JSONValue?, count: Int, _ top: Keys) throws -> [String] {
    var names = (0..<count).map(String.init)
    switch value {
    case nil: break
    case .list(let list):
      guard list.count == count else {
        throw TrainingError.data("\(top.file) has \(list.count) label_names for \(count) classes")
      }
      for (index, name) in list.enumerated() {
        guard let name = name.text else {
          throw top.error("label_names", "has \(name.shown), which is no name")
        }
        names[index] = name
      }
    case .object(let object):
      for (number, name) in object {
        guard let index = Int(number), let name = name.text else {
          throw top.error(
            "label_names", "has \"\(number)\": \(name.shown), not a number and a name")
        }
        guard names.indices.contains(index) else {
          throw top.error("label_names", "has a class \(index) of \(count) classes from 0")
        }
        names[index] = name
      }
    case .some(let other):
      throw top.error("label_names", "must be a list or an object of names, not \(other.shown)")
    }
    return names
  }

  private static func inputSize(_ pretrained: Keys, _ arguments: Keys) throws -> [Int] {
    var size = try pretrained.numbers("input_size") ?? [3, 224, 224]
    if let channels = try arguments.integer("in_chans"), !size.isEmpty {
      size[0] = Double(channels)
    }
    // A number, or a list of two.
    switch arguments.value("img_size") {
    case .list(let sides) where sides.count == 2:
      size = size.prefix(1) + sides.compactMap(\.number)
    case .some:
      size = size.prefix(1) + [Double](repeating: try arguments.number("img_size") ?? 0, count: 2)
    case nil: break
    }
    let whole = size.compactMap { Int(exactly: $0) }
    guard size.count == 3, whole.count == 3, whole[1] == whole[2], 1...16_384 ~= whole[1],
      whole[0] == 1 || whole[0] == 3
    else {
      throw pretrained.error(
        "input_size",
        "\(JSONValue.list(size.map { .number($0) }).shown) is not [1 or 3, side, "
          + "side], the side at most 16384")
    }
    return whole
  }

  /// How the last stage is pooled where that is not as in the network by itself.
  private static func pooling(
    of model: String, _ top: Keys, _ arguments: Keys, hasClasses: Bool
  ) throws -> Pooling? {
    let isTransformer = TimmKeys.isTransformer(model)
    let names = isTransformer ? TimmKeys.tokenPoolings : TimmKeys.poolings
    func pooling(_ keys: Keys) throws -> Pooling? {
      try keys.text("global_pool").flatMap { name in
        // What has no last layer need not be pooled.
        if name.isEmpty, !hasClasses { return nil }
        guard let pooling = names[name] else {
          throw keys.error(
            "global_pool",
            "\"\(name)\" is not \(isTransformer ? "token, " : "")avg, max or avgmax")
        }
        return pooling
      }
    }
    let own = try ModelCatalog.pooling(of: model)
    let built = try pooling(arguments) ?? own
    // timm tells with it what the network is, and builds it from the arguments.
    guard try pooling(top) ?? built == built else {
      throw top.error(
        "global_pool", "is not that of model_args, from which timm builds the network")
    }
    return built == own ? nil : built
  }

  private static func input(
    _ size: [Int], _ pretrained: Keys, isOurs: Bool
  ) throws -> ImageInput {
    var input = ImageInput()
    input.size = size[1]
    input.channels = size[0]
    let part = try pretrained.number("crop_pct") ?? 0.875
    guard part > 0.01, part <= 1 else {
      throw pretrained.error("crop_pct", "\(part) is not a part of 1")
    }
    // Rounded down as timm does; in our older files what only the division's last bit puts below a
    // whole number is that number.
    input.resize = Int((Double(size[1]) / part + (isOurs ? 1e-9 : 0)).rounded(.down))
    let interpolation =
      try pretrained.text("interpolation") ?? ImageInput.Interpolation.bicubic.rawValue
    guard let interpolation = ImageInput.Interpolation(rawValue: interpolation) else {
      throw pretrained.error("interpolation", "\(interpolation) is not bilinear or bicubic")
    }
    input.interpolation = interpolation
    input.mean = try pretrained.numbers("mean") ?? input.mean
    input.std = try pretrained.numbers("std") ?? input.std
    guard input.mean.count == size[0], input.std.count == size[0], input.std.allSatisfy({ $0 > 0 })
    else {
      throw TrainingError.data(
        "\(pretrained.file): mean and std must have \(size[0]) "
          + (size[0] == 1 ? "number" : "numbers") + ", those of std above 0")
    }
    return input
  }

  private static func cropMode(_ pretrained: Keys, mean: [Double]) throws -> CropMode {
    switch try pretrained.text("crop_mode") ?? "center" {
    case "center": .center
    case "squash": .squash
    case "border":
      .border(
        fill: mean.map { UInt8((255 * min(max($0, 0), 1)).rounded(.toNearestOrEven)) })
    case let other:
      throw pretrained.error("crop_mode", "\(other) is not center, squash or border")
    }
  }
}

extension TimmConfig {
  /// The keys of one object of the file. Null is as good as no key, as in timm.
  struct Keys {
    let file: String
    /// What the object is called, with a dot behind it.
    let path: String
    let values: [String: JSONValue]

    func error(_ key: String, _ what: String) -> TrainingError {
      .data("\(file): \(path)\(key) \(what)")
    }

    /// - Throws: `TrainingError.data` naming a key that may not have its value, or is not known.
    func check(_ meanings: [String: TimmKeys.Meaning], everyKey: Bool = true) throws {
      for (key, value) in values.sorted(by: { $0.key < $1.key }) where value != .null {
        switch meanings[key] {
        case .used, .harmless: break
        case .only(let allowed):
          guard !allowed.contains(value) else { continue }
          let only = allowed.first.map { "; the networks here have \($0.shown)" } ?? ""
          throw error(key, "is \(value.shown), which is not supported\(only)")
        case nil:
          if everyKey { throw error(key, "is not known, and may change what the model says") }
        }
      }
    }

    func value(_ key: String) -> JSONValue? {
      values[key].flatMap { $0 == .null ? nil : $0 }
    }

    func text(_ key: String) throws -> String? { try read(key, "a text", \.text) }

    func integer(_ key: String) throws -> Int? { try read(key, "a whole number", \.integer) }

    func number(_ key: String) throws -> Double? { try read(key, "a number", \.number) }

    func numbers(_ key: String) throws -> [Double]? {
      try read(key, "a list of numbers") { value in
        let numbers = value.list?.compactMap(\.number)
        return numbers?.count == value.list?.count ? numbers : nil
      }
    }

    func object(_ key: String) throws -> Keys? {
      try read(key, "an object", \.object).map {
        Keys(file: file, path: "\(path)\(key).", values: $0)
      }
    }

    private func read<Value>(
      _ key: String, _ kind: String, _ take: (JSONValue) -> Value?
    ) throws -> Value? {
      guard let value = value(key) else { return nil }
      guard let taken = take(value) else {
        throw error(key, "must be \(kind), not \(value.shown)")
      }
      return taken
    }
  }
}
