"""What torchvision's and timm's models are made of, as hashes and counts, and how their weights start."""

import hashlib
import math
from functools import partial

import torch
from torch import nn

import transformers
from vision import torchvision

import timm

models = torchvision.models


def resnext101(width_per_group):
    def build():
        return models.ResNet(
            models.resnet.Bottleneck, [3, 4, 23, 3], groups=32, width_per_group=width_per_group
        )

    return build


IMAGE, CLIP = (3, 224, 224), (3, 16, 112, 112)

MODELS = {
    "resnet18": (models.resnet18, IMAGE),
    "resnet34": (models.resnet34, IMAGE),
    "resnet50": (models.resnet50, IMAGE),
    "resnet101": (models.resnet101, IMAGE),
    "resnext50_32x4d": (models.resnext50_32x4d, IMAGE),
    "resnext101_32x4d": (resnext101(4), IMAGE),
    "resnext101_32x8d": (models.resnext101_32x8d, IMAGE),
    "resnext101_32x16d": (resnext101(16), IMAGE),
    "resnext101_32x48d": (resnext101(48), IMAGE),
    "r2plus1d_18": (models.video.r2plus1d_18, CLIP),
} | transformers.MODELS

TIMM = (
    "resnet26d", "resnet34d", "resnet50d", "resnet101d", "seresnet50", "seresnext50_32x4d",
    "regnety_004", "regnety_006", "regnety_008", "regnety_016", "regnety_032", "regnety_040",
    "regnety_064", "regnety_080", "regnety_008_tv", "regnety_080_tv",
    "convnext_tiny", "convnext_small", "convnext_base",
    "efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4",
    "mobilenetv3_large_100", "mobilenetv3_small_100",
)
MODELS |= {name: (partial(timm.create_model, name), IMAGE) for name in TIMM}


def seen(name):
    """What timm's default weights see of a picture: the size it is cut to, and resized to before."""
    config = timm.get_pretrained_cfg(name)
    size = config.input_size[1]
    return {
        "size": size,
        "resize": math.floor(size / config.crop_pct),
        "interpolation": config.interpolation,
        "mean": list(config.mean),
        "std": list(config.std),
    }


def line(name, tensor):
    return f"{name} {'x'.join(map(str, tensor.shape)) or 'scalar'}\n"


def sha256(lines):
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def multiply_accumulates(network, shape):
    """Multiply-accumulates of the convolutions, the linear layers and the two products of each attention
    for one input, on shapes alone."""
    total = 0

    def count(module, _, output):
        nonlocal total
        each = module.weight[0].numel()  # products for one output value
        total += output[0].numel() * each

    def count_attention(module, input, _):
        nonlocal total
        tokens = input[0].shape[1]
        total += 2 * tokens * tokens * module.num_heads * module.head_dim

    hooks = [
        module.register_forward_hook(count_attention)
        for module in network.modules()
        if hasattr(module, "qkv")
    ]
    hooks += [
        module.register_forward_hook(count)
        for module in network.modules()
        if isinstance(module, (nn.Conv2d, nn.Conv3d, nn.Linear))
    ]
    with torch.no_grad():
        network.eval()(torch.empty(1, *shape, device="meta"))
    for hook in hooks:
        hook.remove()
    return total


def catalogue():
    entries = {}
    for name, (build, shape) in MODELS.items():
        with torch.device("meta"):
            network = build()
        state = network.state_dict()
        counted = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
        entries[name] = {
            "input": list(shape),
            "parameters": sum(p.numel() for p in network.parameters()),
            "multiply_accumulates": multiply_accumulates(network, shape),
            "tensors": len(state),
            "sha256": sha256(line(k, v) for k, v in state.items()),
            "tensors_without_counters": len(counted),
            "sha256_without_counters": sha256(line(k, v) for k, v in counted.items()),
            "sha256_sorted_without_counters": sha256(
                sorted(line(k, v) for k, v in counted.items())
            ),
        }
        if name in TIMM:
            entries[name]["seen"] = seen(name)
    return {
        "about": "Of each model with 1000 classes (r2plus1d_18: 400): sha256 of the lines "
        "'NAME SHAPE\\n' with SHAPE like 64x3x7x7, or 'scalar', in state_dict order; the counters "
        "are num_batches_tracked; sorted is by the bytes of the lines. multiply_accumulates are "
        "those of one input's convolutions, linear layers and attention products.",
        "models": entries,
    }


def initialisation():
    """The distribution each parameter of a fresh resnet50 is drawn from, checked against a sample."""
    torch.manual_seed(0)
    network = models.resnet50()
    entries = []
    for path, module in network.named_modules():
        for name, parameter in module.named_parameters(prefix=path, recurse=False):
            entry = {"name": name, "shape": list(parameter.shape)}
            if isinstance(module, nn.Conv2d):
                fan_out = parameter.shape[0] * parameter[0, 0].numel()
                entry |= {"distribution": "normal", "mean": 0.0, "std": math.sqrt(2 / fan_out)}
            elif isinstance(module, nn.BatchNorm2d):
                value = 1.0 if name.endswith("weight") else 0.0
                entry |= {"distribution": "constant", "mean": value, "std": 0.0}
            else:
                bound = 1 / math.sqrt(module.in_features)
                entry |= {"distribution": "uniform", "mean": 0.0, "std": bound / math.sqrt(3)}
                entry["bound"] = bound
            check(entry, parameter.detach().double())
            entries.append(entry)
    return {
        "about": "resnet50, zero_init_residual off. normal: std = sqrt(2 / fan_out), fan_out = "
        "output channels x kernel area; uniform: within +-bound, bound = 1 / sqrt(inputs). A sample "
        "of n values should have its mean within 5 std / sqrt(n) and its std within "
        "5 std / sqrt(2 n) of these.",
        "parameters": entries,
    }


def check(entry, sample):
    n = sample.numel()
    off = abs(sample.mean().item() - entry["mean"])
    spread = abs(sample.std(correction=0).item() - entry["std"])
    inside = "bound" not in entry or sample.abs().max().item() <= entry["bound"]
    tolerance = 5 * entry["std"]
    if off > tolerance / n**0.5 or spread > tolerance / (2 * n) ** 0.5 or not inside:
        raise AssertionError(f"{entry['name']}: torchvision does not initialise it so: {entry}")
