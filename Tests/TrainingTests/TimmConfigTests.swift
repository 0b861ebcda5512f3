import Foundation
import ImageData
import Models
import Testing
import Torch

@testable import Training

@Suite("Other programs' models")
struct TimmConfigTests {
  private static let pretrained = """
    "input_size": [3, 64, 64], "fixed_input_size": false, "interpolation": "bicubic",
    "crop_pct": 0.95, "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.25, 0.3], "pool_size": [2, 2],
    "first_conv": "conv1", "classifier": "fc", "license": "apache-2.0", "tag": "a1_in1k"
    """

  private func read(_ json: String) throws -> TimmConfig {
    try TimmConfig(contentsOf: "m/config.json", Data(json.utf8))
  }

  /// A file as timm writes it, with `top` beside `pretrained_cfg` and `inside` in it.
  private func nested(_ top: String = "", _ inside: String = "") -> String {
    """
    {"architecture": "resnet50", "num_classes": 3, "num_features": 2048, \(top)
     "pretrained_cfg": {\(inside) \(Self.pretrained)}}
    """
  }

  private func refusal(_ json: String) -> String {
    do {
      _ = try read(json)
      return "read"
    } catch {
      return "\(error)"
    }
  }

  @Test("the nested and the flat form say the same")
  func forms() throws {
    let flat = try read(
      """
      {"architecture": "resnet50", "num_classes": 3, "num_features": 2048, "labels": ["a", "b", "c"],
       \(Self.pretrained)}
      """)
    let nested = try read(nested(#""label_names": ["a", "b", "c"],"#))
    for config in [flat, nested] {
      #expect(config.options == NetworkOptions(model: "resnet50", classCount: 3, inputSize: 64))
      #expect(config.classNames == ["a", "b", "c"])
      #expect(config.input.size == 64)
      #expect(config.input.resize == 67)  // 64 / 0.95 = 67.4
      #expect(config.input.interpolation == .bicubic)
      #expect(config.input.mean == [0.5, 0.4, 0.3])
      #expect(config.input.std == [0.2, 0.25, 0.3])
      #expect(config.cropMode == .center)
      #expect(config.unknownKeys == [])
    }
  }

  @Test("a vote in place of a last layer is ours to say, and what cannot vote is refused")
  func vote() throws {
    func config(_ vote: String) -> String {
      nested("\"halcyon\": {\"stem\": \"standard\", \"width\": 64, \"vote\": \(vote)},")
        .replacingOccurrences(of: "\"classifier\": \"fc\"", with: "\"classifier\": \"bank\"")
    }
    let vote = try read(config(#"{"pictures": 9, "neighbours": 3, "temperature": 0.07}"#))
    #expect(
      vote.options.vote == NeighbourVote(pictures: 9, neighbours: 3, temperature: 0.07))
    for wrong in [
      #"{"neighbours": 3, "temperature": 0.07}"#,
      #"{"pictures": 0, "neighbours": 3, "temperature": 0.07}"#,
      #"{"pictures": 9, "neighbours": 3, "temperature": 0}"#,
    ] {
      #expect(refusal(config(wrong)).contains("halcyon.vote has no pictures"), "\(wrong)")
    }
    #expect(refusal(config("7")).contains("halcyon.vote must be an object"))
  }

  @Test("what is not said is what timm takes then: bicubic, 0.875 of 224, ImageNet's mean")
  func defaults() throws {
    let config = try read(#"{"architecture": "resnet18", "num_classes": 2, "pretrained_cfg": {}}"#)
    var expected = ImageInput()
    expected.interpolation = .bicubic
    #expect(config.input == expected)
    #expect(config.classNames == ["0", "1"])
    #expect(
      config.assumptions == [
        "m/config.json: it has no mean and std; ImageNet's are assumed, as timm does: mean [0.485, 0.456, "
          + "0.406], std [0.229, 0.224, 0.225]"
      ])
    let null = #"{"architecture": "resnet18", "num_classes": 2, "label_names": null, "mean": null}"#
    #expect(try read(null).input == expected)
  }

  @Test("an object of names may have gaps, and gives each class its own")
  func labelObjects() throws {
    let config = try read(nested(#""label_names": {"2": "owl", "0": "kite"},"#))
    #expect(config.classNames == ["kite", "1", "owl"])
    #expect(
      refusal(nested(#""label_names": {"3": "owl"},"#))
        == "m/config.json: label_names has a class 3 of 3 classes from 0")
    #expect(
      refusal(nested(#""label_names": {"owl": 1},"#))
        == #"m/config.json: label_names has "owl": 1, not a number and a name"#)
    #expect(
      refusal(nested(#""label_names": ["a"],"#)) == "m/config.json has 1 label_names for 3 classes")
  }

  @Test("two classes of one name are told, and stay two")
  func twins() throws {
    let config = try read(nested(#""label_names": ["crane", "owl", "crane"],"#))
    #expect(config.classNames == ["crane", "owl", "crane"])
    #expect(
      config.assumptions == [
        "m/config.json: label_names calls the classes 0 and 2 crane; they are taken for two classes"
      ])
    #expect(try read(nested()).assumptions == [])
  }

  @Test("pooling, crop modes and channels are followed")
  func followed() throws {
    #expect(
      try read(nested(#""global_pool": "max", "model_args": {"global_pool": "max"},"#))
        .options.pooling == .max)
    #expect(
      try read(nested(#""model_args": {"global_pool": "avgmax", "drop_rate": 0.2},"#))
        .options.pooling == .averageMax)
    #expect(try read(nested("", #""crop_mode": "squash","#)).cropMode == .squash)
    // 255 × (0.5, 0.4, 0.3) = 127.5, 102, 76.5, halves to the even number as Python rounds.
    #expect(
      try read(nested("", #""crop_mode": "border","#)).cropMode == .border(fill: [128, 102, 76]))
    let far = nested("", #""crop_mode": "border","#).replacing(
      "0.5, 0.4, 0.3", with: "1e30, -1, 0.3")
    #expect(try read(far).cropMode == .border(fill: [255, 0, 76]))
    let grey = """
      {"architecture": "resnet18", "num_classes": 2, "model_args": {"in_chans": 1},
       "pretrained_cfg": {"mean": [0.5], "std": [0.5]}}
      """
    #expect(try read(grey).options.inputChannels == 1)
  }

  @Test(
    "names with a tag, timm's former names and our own are the network they mean",
    arguments: [
      ("resnet50.a1_in1k", "resnet50"), ("swsl_resnet18", "resnet18"),
      ("gluon_resnet34_v1b", "resnet34"), ("tv_resnext50_32x4d", "resnext50_32x4d"),
      ("gluon_resnet50_v1d", "resnet50d"), ("gluon_seresnext50_32x4d", "seresnext50_32x4d"),
      ("convnext_tiny.fb_in1k", "convnext_tiny"), ("efficientnet_b0.ra_in1k", "efficientnet_b0"),
      ("mobilenetv3_large_100.ra_in1k", "mobilenetv3_large_100"),
      ("regnety_032.ra_in1k", "regnety_032"), ("resnet101d.ra2_in1k", "resnet101d"),
      ("halcyon_resnet8", "resnet8"), ("resnet14", "resnet14"),
    ])
  func names(architecture: String, model: String) throws {
    let config = try read(#"{"architecture": "\#(architecture)", "num_classes": 2}"#)
    #expect(config.options.model == model)
  }

  @Test(
    "what would change the numbers is refused by name",
    arguments: [
      (#""model_args": {"act_layer": "silu"},"#, "", #"model_args.act_layer is "silu", which is"#),
      (#""model_args": {"output_stride": 16},"#, "", "model_args.output_stride is 16"),
      (#""model_args": {"stem_type": "deep"},"#, "", "model_args.stem_type is"),
      (#""model_args": {"aa_layer": "blurpool"},"#, "", "model_args.aa_layer is"),
      (#""model_args": {"block_args": {"attn_layer": "se"}},"#, "", "model_args.block_args is"),
      (#""model_args": {"cardinality": 32},"#, "", "model_args.cardinality is 32, but resnet50"),
      (#""model_args": {"img_size": 64},"#, "", "model_args.img_size is not known"),
      (#""model_args": {"num_classes": 4},"#, "", "model_args.num_classes is 4, but"),
      (#""model_args": {"global_pool": "catavgmax"},"#, "", "model_args.global_pool"),
      ("", #""first_conv": "conv1.0","#, "pretrained_cfg.first_conv is"),
      ("", #""classifier": "head.fc","#, "pretrained_cfg.classifier is"),
      (#""global_pool": "max","#, "", "global_pool is not that of model_args"),
      (#""crop_pct": 0.9,"#, "", "crop_pct belongs into pretrained_cfg"),
      ("", #""crop_mode": "stretch","#, "pretrained_cfg.crop_mode stretch is not center, squash"),
      ("", #""interpolation": "random","#, "pretrained_cfg.interpolation random is not"),
      ("", #""label_offset": 1,"#, "pretrained_cfg.label_offset is 1"),
      ("", #""new_key": 1,"#, "pretrained_cfg.new_key is not known"),
      ("", #""crop_pct": "0.9","#, "pretrained_cfg.crop_pct must be a number, not \"0.9\""),
      ("", #""mean": 0.5,"#, "pretrained_cfg.mean must be a list of numbers, not 0.5"),
      ("", #""input_size": [3, 64, 96],"#, "input_size [3, 64, 96] is not [1 or 3, side, side]"),
    ])
  func refused(top: String, inside: String, message: String) {
    // Of a key that stands twice JSON's reader takes one: take out the one that `pretrained` has.
    var text = nested(top, inside)
    if let key = inside.split(separator: ":").first, !inside.isEmpty,
      let own = text.ranges(of: key).dropFirst().last
    {
      text.replaceSubrange(own, with: #""notes""#)
    }
    let line = refusal(text)
    #expect(line.hasPrefix("m/config.json: ") && line.contains(message), "\(line)")
  }

  /// A vision transformer's file, with `arguments` and what the top says.
  private func vit(_ model: String, _ arguments: String = "", _ top: String = "") -> String {
    """
    {"architecture": "\(model)", "num_classes": 3, \(top) "model_args": {\(arguments)},
     "pretrained_cfg": {"input_size": [3, 224, 224], "fixed_input_size": true, "crop_pct": 0.9}}
    """
  }

  @Test("of transformers size and pooling are followed, and what tensors tell may be said")
  func transformers() throws {
    let plain = try read(vit("vit_small_patch16_224.augreg_in1k", "", #""global_pool": "token","#))
    #expect(plain.options == NetworkOptions(model: "vit_small_patch16_224", classCount: 3))
    #expect(plain.input.resize == 248)
    for side in ["384", "[384, 384]"] {
      let larger = try read(
        vit("vit_base_patch16_224", #""img_size": \#(side), "num_heads": 12, "depth": 12"#))
      #expect(larger.options.inputSize == 384 && larger.input.size == 384)
    }
    let mean = try read(
      vit("deit_tiny_patch16_224", #""global_pool": "avg""#, #""global_pool": "avg","#))
    #expect(mean.options.pooling == .average)
    let token = try read(vit("vit_small_patch16_dinov3", #""global_pool": "token""#))
    #expect(token.options.pooling == .token)
    #expect(
      try read(vit("vit_small_patch16_dinov3", #""global_pool": "avg""#)).options.pooling == nil)
  }

  @Test(
    "of transformers what would change the numbers is refused by name",
    arguments: [
      ("vit_base_patch16_224", #""num_heads": 6"#, "", "num_heads is 6"),
      ("vit_base_patch16_224", #""act_layer": "silu""#, "", "here have \"gelu\""),
      ("vit_base_patch16_clip_224", #""norm_layer": "layernorm""#, "", "norm_layer is"),
      ("vit_base_patch16_224", #""global_pool": "map""#, "", "\"map\" is not token, avg"),
      ("vit_base_patch16_224", #""img_size": [224, 256]"#, "", "is not [1 or 3, side, side]"),
      ("vit_base_patch16_224", #""img_size": "large""#, "", "img_size must be a number"),
      ("vit_base_patch16_224", "", #""global_pool": "avg","#, "global_pool is not that of"),
      ("vit_small_patch16_dinov3", #""rope_temperature": 10"#, "", "rope_temperature is 10"),
      ("vit_base_patch16_224", #""cardinality": 1"#, "", "cardinality is not known"),
      ("cifar_resnet20", #""base_width": 64"#, "", "base_width is not known"),
    ])
  func refusedTransformers(model: String, arguments: String, top: String, message: String) {
    let line = refusal(vit(model, arguments, top))
    #expect(line.hasPrefix("m/config.json: ") && line.contains(message), "\(line)")
  }

  @Test("no classes is a network to start from, which computes nothing")
  func withoutClasses() throws {
    let text = """
      {"architecture": "vit_small_patch14_dinov2", "num_classes": 0, "global_pool": "",
       "pretrained_cfg": {"input_size": [3, 518, 518], "crop_pct": 1.0}}
      """
    let config = try read(text)
    #expect(config.options.classCount == 0 && config.classNames == [])
    #expect(config.options.inputSize == 518)
    let folder = NSTemporaryDirectory() + "halcyon-config-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    try text.write(toFile: folder + "/config.json", atomically: true, encoding: .utf8)
    let error = #expect(throws: TrainingError.self) {
      try ModelFolder(contentsOf: folder).load(on: .cpu)
    }
    #expect(error?.description.contains("has no classes") == true)
  }

  @Test(
    "what is written of a transformer is read again",
    arguments: [Pooling?.none, .average, .token])
  func transformerFolder(pooling: Pooling?) throws {
    let folder = NSTemporaryDirectory() + "halcyon-config-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var input = try ModelCatalog.input(of: "vit_tiny_patch16_224")
    (input.size, input.resize) = (32, 36)
    let options = NetworkOptions(
      model: "vit_tiny_patch16_224", classCount: 2, inputSize: 32,
      pooling: pooling == .token ? nil : pooling)
    let model = ModelFolder(path: folder, options: options, classNames: ["a", "b"], input: input)
    try model.write(ModelCatalog.make(options))
    let read = try ModelFolder(contentsOf: folder)
    #expect(read.options == options)
    #expect(read.input == input)
    #expect(read.notes == [])
    _ = try read.load(on: .cpu)
  }

  @Test("a flat file's unknown key is refused; one that stands beside pretrained_cfg is said")
  func unknownKeys() throws {
    #expect(
      refusal(#"{"architecture": "resnet18", "num_classes": 2, "shape": 3}"#)
        == "m/config.json: shape is not a key of timm's")
    #expect(
      try read(nested(#""my_note": "x", "accuracy": 3,"#)).unknownKeys == ["accuracy", "my_note"])
  }

  @Test(
    "our description has timm's name only where timm builds the same network",
    arguments: [
      (NetworkOptions(model: "resnet18"), "resnet18"),
      (NetworkOptions(model: "resnext50_32x4d", inputChannels: 1), "resnext50_32x4d"),
      (NetworkOptions(model: "resnet18", stem: .small), "halcyon_resnet18"),
      (NetworkOptions(model: "resnet18", stem: .strided), "halcyon_resnet18"),
      (NetworkOptions(model: "resnet18", width: 32), "halcyon_resnet18"),
      (NetworkOptions(model: "resnet8"), "halcyon_resnet8"),
    ])
  func ourNames(options: NetworkOptions, name: String) {
    #expect(TimmNames.architecture(options) == name)
    #expect(TimmNames.network(name) == options.model)
  }

  @Test("timm, which rounds down, has the resized side back from what we write", arguments: 1...64)
  func cropPart(seed: Int) throws {
    let folder = NSTemporaryDirectory() + "halcyon-config-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var input = ImageInput()
    input.size = 4 * seed
    input.resize = 4 * seed + seed * 7 % 61
    let options = NetworkOptions(model: "resnet8", classCount: 2, stem: .small, width: 1)
    let model = ModelFolder(
      path: folder, options: options, classNames: ["a", "b"], input: input)
    try model.write(ModelCatalog.make(options))
    let read = try ModelFolder(contentsOf: folder)
    #expect(read.input == input)
    #expect(read.options == model.options)
    struct Written: Decodable {
      struct Details: Decodable { let crop_pct: Double }
      let pretrained_cfg: Details
    }
    let config = try JSONDecoder().decode(
      Written.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/config.json")))
    let part = config.pretrained_cfg.crop_pct
    #expect(Int((Double(input.size) / part).rounded(.down)) == input.resize)
  }
}
