import Models

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
    // Which tensors are which.
    "first_conv": .used, "classifier": .used, "state_dict": .only([]),
    // Where the weights were; here they lie beside the file.
    "url": .harmless, "file": .harmless, "hf_hub_id": .harmless, "hf_hub_filename": .harmless,
    "hf_hub": .harmless, "source": .harmless, "custom_load": .harmless,
    // About the model.
    "architecture": .harmless, "tag": .harmless, "license": .harmless, "description": .harmless,
    "origin_url": .harmless, "paper_name": .harmless, "paper_ids": .harmless, "notes": .harmless,
  ]

  /// In `model_args`: the arguments of timm's constructor of `model`. What shapes and names of tensors
  /// follow from is checked by these.
  static func arguments(of model: String) -> [String: Meaning] {
    let own: [String: Meaning]
    if model.hasSuffix("_dinov3") {
      own = dinoV3
    } else if isTransformer(model) {
      own = vit
    } else if model.hasPrefix("resnet") || model.hasPrefix("resnext") {
      own = resNet
    } else {
      own = [:]
    }
    return all.merging(own) { _, own in own }.merging(valued(model)) { _, valued in valued }
  }

  /// Whether `model` makes tokens of a picture of one size.
  static func isTransformer(_ model: String) -> Bool {
    model.hasPrefix("vit_") || model.hasPrefix("deit_")
  }

  /// timm's names of a pooling of pictures.
  static let poolings: [String: Pooling] = [
    "avg": .average, "fastavg": .average, "max": .max, "fastmax": .max, "avgmax": .averageMax,
    "fastavgmax": .averageMax,
  ]

  /// Those of tokens.
  static let tokenPoolings: [String: Pooling] = [
    "token": .token, "avg": .average, "max": .max, "avgmax": .averageMax,
  ]

  private static let all: [String: Meaning] = [
    "global_pool": .used, "num_classes": .used, "in_chans": .used,
    "features_only": .only([.boolean(false)]), "pruned": .only([.boolean(false)]),
    "checkpoint_path": .only([.text("")]),
    // Of training, of initial weights, and of how Python runs it.
    "drop_rate": .harmless, "drop_path_rate": .harmless, "scriptable": .harmless,
    "exportable": .harmless, "no_jit": .harmless, "device": .harmless,
  ]

  private static let resNet: [String: Meaning] = [
    "cardinality": .used, "base_width": .used,
    "output_stride": .only([.number(32)]), "act_layer": .only([.text("relu")]),
    "norm_layer": .only([.text("batchnorm2d"), .text("batchnorm")]), "aa_layer": .only([]),
    "stem_width": .only([.number(64)]), "stem_type": .only([.text("")]),
    "replace_stem_pool": .only([.boolean(false)]), "block_reduce_first": .only([.number(1)]),
    "down_kernel_size": .only([.number(1)]), "avg_down": .only([.boolean(false)]),
    "channels": .only([.list([64, 128, 256, 512].map { .number($0) })]),
    "block_args": .only([.object([:])]),
    "drop_block_rate": .harmless, "zero_init_last": .harmless,
  ]

  /// Of every transformer.
  private static let transformer: [String: Meaning] = [
    "img_size": .used,
    // Tensors have their names and shapes by these; a factor's first value is of training.
    "patch_size": .harmless, "embed_dim": .harmless, "depth": .harmless, "mlp_ratio": .harmless,
    "class_token": .harmless, "no_embed_class": .harmless, "qkv_bias": .harmless,
    "init_values": .harmless,
    // At the network's own size the same.
    "dynamic_img_size": .harmless, "dynamic_img_pad": .only([.boolean(false)]),
    "qk_norm": .only([.boolean(false)]),
    "pos_drop_rate": .harmless, "patch_drop_rate": .harmless, "proj_drop_rate": .harmless,
    "attn_drop_rate": .harmless,
  ]

  private static let vit = transformer.merging([
    "reg_tokens": .harmless, "pre_norm": .harmless, "weight_init": .harmless,
    "fix_init": .harmless, "fc_norm": .only([]), "final_norm": .only([.boolean(true)]),
    "pool_include_prefix": .only([.boolean(false)]), "pos_embed": .only([.text("learn")]),
    "proj_bias": .only([.boolean(true)]), "scale_attn_norm": .only([.boolean(false)]),
    "scale_mlp_norm": .only([.boolean(false)]), "embed_norm_layer": .only([]),
    "attn_layer": .only([.text(""), .text("attn")]),
  ]) { _, own in own }

  private static let dinoV3 = transformer.merging([
    "num_reg_tokens": .harmless, "head_init_scale": .harmless, "qkv_fused": .harmless,
    "swiglu_mlp": .harmless, "use_abs_pos_emb": .harmless,
    "use_rot_pos_emb": .only([.boolean(true)]), "rope_type": .only([.text("dinov3")]),
    "rope_temperature": .only([.number(100)]), "rope_rotate_half": .only([.boolean(true)]),
    "rope_grid_offset": .only([.number(0)]), "rope_grid_indexing": .only([.text("ij")]),
    "rope_shift_coords": .harmless, "rope_jitter_coords": .harmless,
    "rope_rescale_coords": .harmless, "use_fc_norm": .only([.boolean(false)]),
    "scale_mlp": .only([.boolean(false)]), "scale_attn_inner": .only([.boolean(false)]),
    "attn_type": .only([.text("eva")]), "use_post_norm": .only([.boolean(false)]),
  ]) { _, own in own }

  /// What no tensor tells, and is another in one network than in the next.
  private static func valued(_ model: String) -> [String: Meaning] {
    let heads = ["tiny": 3, "small": 6, "base": 12, "large": 16, "giant": 24]
    let parts = model.split(separator: "_")
    guard isTransformer(model), parts.count > 1, let count = heads[String(parts[1])]
    else { return [:] }
    var keys: [String: Meaning] = ["num_heads": .only([.number(Double(count))])]
    guard parts.last != "dinov3" else { return keys }
    let isSmooth = parts.contains("quickgelu")
    let activation = isSmooth ? "quick_gelu" : parts[1] == "giant" ? "silu" : "gelu"
    keys["act_layer"] = .only([.text(activation)])
    // timm's layernorm has an epsilon of 1e-6, and CLIP's another.
    keys["norm_layer"] = .only(parts.contains("clip") ? [] : [.text("layernorm")])
    return keys
  }
}
