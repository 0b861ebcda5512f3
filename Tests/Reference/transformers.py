"""Tiny vision transformers out of timm's own classes, and everything one training step does to them.

Every parameter is drawn away from where it would begin, so that a forgotten one shows. They are as small
as their files have to be.
"""

from functools import partial

# Before timm, which imports torchvision.
from networks import CLASSES, STABLE, soft_targets, values
from reference_file import relative_error

import timm
import torch
from timm.layers import LayerNorm, SwiGLUPacked, resample_abs_pos_embed
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer
from torch import nn
from torch.nn import functional

SMALL = dict(img_size=32, patch_size=8, embed_dim=24, depth=2, num_heads=3, num_classes=CLASSES)

TRANSFORMERS = {
    "vit": partial(VisionTransformer, **SMALL),
    "vit-registers": partial(  # DINOv2's giant
        VisionTransformer, **SMALL, init_values=1e-5, reg_tokens=4, no_embed_class=True,
        mlp_ratio=2.66667 * 2, mlp_layer=SwiGLUPacked, act_layer=nn.SiLU,
    ),
    "vit-clip": partial(
        VisionTransformer, **SMALL, pre_norm=True, norm_layer=partial(LayerNorm, eps=1e-5),
        act_layer="quick_gelu",
    ),
    "vit-mean": partial(
        VisionTransformer, **SMALL, class_token=False, global_pool="avg", qkv_bias=False
    ),
    "dinov3": partial(
        Eva, **SMALL, dynamic_img_size=True, qkv_bias=False, init_values=1e-5, rope_type="dinov3",
        rope_temperature=100, rope_rotate_half=True, use_rot_pos_emb=True, use_abs_pos_emb=False,
        num_reg_tokens=4, use_fc_norm=False, norm_layer=partial(LayerNorm, eps=1e-5),
    ),
}


def randomise(network):
    for name, parameter in network.named_parameters():
        if "norm" in name and name.endswith("weight") or "gamma" in name:
            nn.init.uniform_(parameter, 0.5, 1.5)
        elif parameter.dim() == 1:
            nn.init.normal_(parameter, std=0.1)
        elif parameter.dim() == 3:
            nn.init.normal_(parameter, std=0.5)
        else:
            nn.init.normal_(parameter, std=(parameter[0].numel()) ** -0.5)


def record(network, input, target, dtype):
    """Every tensor of one reference file, computed in `dtype`."""
    result = {f"weights.{name}": value for name, value in values(network.named_parameters()).items()}
    result |= {"input": input, "target": target}
    network = network.to(dtype).train()
    network.zero_grad()
    logits = network(input.to(dtype))
    loss = functional.cross_entropy(logits, target.to(dtype))
    loss.backward()
    result |= {"logits": logits.detach(), "loss": loss.detach()}
    gradients = [(name, p.grad) for name, p in network.named_parameters()]
    result |= {f"grad.{name}": value for name, value in values(gradients).items()}
    with torch.no_grad():
        result["evaluation.logits"] = network.eval()(input.to(dtype))
        result["evaluation.features"] = network.forward_head(
            network.forward_features(input.to(dtype)), pre_logits=True
        )
    network.zero_grad()
    network.to(torch.float32)
    return result


def build(name):
    """The network of that name with its weights: (network, tensors, settings)."""
    torch.manual_seed(1)
    network = TRANSFORMERS[name]()
    randomise(network)
    input, target = torch.randn(3, 3, 32, 32), soft_targets(3, 1)
    exact = record(network, input, target, torch.float64)
    single = record(network, input, target, torch.float32)
    error = max(relative_error(single[key], exact[key]) for key in exact)
    if error > STABLE:
        raise RuntimeError(f"{name}: float32 differs from float64 by {error:.2g}")
    about = {
        "about": "training mode: logits, loss, grad.*; evaluation.logits: the same weights; "
        "evaluation.features: timm's pre_logits",
        "network": str({k: str(v) for k, v in TRANSFORMERS[name].keywords.items()}),
        "computed": f"in float64, rounded; PyTorch's float32 differs by at most {error:.2g}",
        "timm": timm.__version__,
    }
    return network, exact, about


def half_precision(network, tensors):
    """Logits under bfloat16 autocast."""
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        return {"evaluation.logits": network.eval()(tensors["input"].float()).float()}


def positions():
    """Embeddings of 5x5 places after one token, resampled as timm does."""
    embeddings = torch.randn(1, 1 + 25, 6, generator=torch.Generator().manual_seed(2))
    tensors = {"embeddings": embeddings}
    for side in (3, 5, 8):
        tensors[f"resampled.{side}"] = resample_abs_pos_embed(embeddings, (side, side))
        tensors[f"resampled.{side}.without"] = resample_abs_pos_embed(
            embeddings[:, 1:], (side, side), num_prefix_tokens=0
        )
    return tensors, {"about": "SIDE: to SIDE x SIDE places, bicubic, antialias; without: the token"}


# Of the whole networks, with 1000 classes at 224 px.
NAMES = (
    "vit_tiny_patch16_224", "vit_small_patch16_224", "vit_base_patch16_224",
    "vit_base_patch32_224", "vit_large_patch16_224", "deit_tiny_patch16_224",
    "deit_small_patch16_224", "deit_base_patch16_224", "vit_small_patch14_dinov2",
    "vit_base_patch14_dinov2", "vit_large_patch14_dinov2", "vit_giant_patch14_dinov2",
    "vit_small_patch14_reg4_dinov2", "vit_base_patch14_reg4_dinov2",
    "vit_large_patch14_reg4_dinov2", "vit_giant_patch14_reg4_dinov2",
    "vit_base_patch32_clip_224", "vit_base_patch16_clip_224", "vit_large_patch14_clip_224",
    "vit_base_patch32_clip_quickgelu_224", "vit_base_patch16_clip_quickgelu_224",
    "vit_large_patch14_clip_quickgelu_224", "vit_small_patch16_dinov3",
    "vit_base_patch16_dinov3", "vit_large_patch16_dinov3",
)
MODELS = {
    name: (partial(timm.create_model, name, num_classes=1000, img_size=224), (3, 224, 224))
    for name in NAMES
}
