/// The keys that timm writes into a model's `config.json`, and what becomes of each here.
///
/// Nothing is passed over that changes a number: a key is used, or it does not matter, or it may only
/// say what the networks here are. timm itself refuses keys that it does not know, except at the top.
enum TimmKeys {
  enum Meaning: Sendable {
    /// Read by `TimmConfig`.
    case used
    /// It says where something comes from, or concerns training, or other sizes on request.
    case harmless
    /// It may have one of these values only, or be null; the first is timm's default.
    case only([JSONValue])
  }

  /// Beside `pretrained_cfg`.
  static let top: [String: Meaning] = [
    "architecture": .used, "num_classes": .used, "label_names": .used, "labels": .used,
    "global_pool": .used, "model_args": .used, "pretrained_cfg": .used, "halcyon": .used,
    "label_descriptions": .harmless, "num_features": .harmless,
  ]

  /// In `pretrained_cfg`, or at the top of a flat file.
  static let pretrained: [String: Meaning] = [
    // What the network sees.
    "input_size": .used, "interpolation": .used, "crop_pct": .used, "crop_mode": .used,
    "mean": .used, "std": .used,
    // What timm sees only when asked to, and what follows from the network.
    "test_input_size": .harmless, "min_input_size": .harmless, "fixed_input_size": .harmless,
    "test_crop_pct": .harmless, "pool_size": .harmless, "test_pool_size": .harmless,
    "num_features": .harmless,
    // What comes out.
    "num_classes": .used, "label_names": .used, "labels": .used, "label_descriptions": .harmless,
    "label_offset": .only([.number(0)]),
    // Which tensors are which: their names are compared.
    "first_conv": .harmless, "classifier": .harmless, "state_dict": .only([]),
    // Where the weights were; here they lie beside the file.
    "url": .harmless, "file": .harmless, "hf_hub_id": .harmless, "hf_hub_filename": .harmless,
    "hf_hub": .harmless, "source": .harmless, "custom_load": .harmless,
    // About the model.
    "architecture": .harmless, "tag": .harmless, "license": .harmless, "description": .harmless,
    "origin_url": .harmless, "paper_name": .harmless, "paper_ids": .harmless, "notes": .harmless,
  ]

  /// In `model_args`: the arguments of timm's `ResNet`. Its stages' widths are checked by their tensors.
  static let arguments: [String: Meaning] = [
    "global_pool": .used, "num_classes": .used, "in_chans": .used,
    "cardinality": .used, "base_width": .used,
    "output_stride": .only([.number(32)]), "act_layer": .only([.text("relu")]),
    "norm_layer": .only([.text("batchnorm2d"), .text("batchnorm")]), "aa_layer": .only([]),
    "stem_width": .only([.number(64)]), "stem_type": .only([.text("")]),
    "replace_stem_pool": .only([.boolean(false)]), "block_reduce_first": .only([.number(1)]),
    "down_kernel_size": .only([.number(1)]), "avg_down": .only([.boolean(false)]),
    "channels": .only([.list([64, 128, 256, 512].map { .number($0) })]),
    "block_args": .only([.object([:])]), "features_only": .only([.boolean(false)]),
    "pruned": .only([.boolean(false)]), "checkpoint_path": .only([.text("")]),
    // Of training, of initial weights, and of how Python runs it.
    "drop_rate": .harmless, "drop_path_rate": .harmless, "drop_block_rate": .harmless,
    "zero_init_last": .harmless, "scriptable": .harmless, "exportable": .harmless,
    "no_jit": .harmless, "device": .harmless,
  ]
}
