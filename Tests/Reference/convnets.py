"""Tiny convolutional networks out of timm's classes, what one training step gives, how fresh ones begin.

They are so small because the files are committed, and their pictures so uneven (40 px, halved to 5, 3
and 2) because that is where paddings and strides go wrong.
"""

from functools import partial

import torch
from torch import nn
from torch.nn import functional

import networks
from reference_file import relative_error
from vision import torchvision  # noqa: F401: timm imports it

import timm
from timm.models._efficientnet_blocks import SqueezeExcite
from timm.models._efficientnet_builder import decode_arch_def, round_channels
from timm.models.convnext import ConvNeXt
from timm.models.efficientnet import EfficientNet
from timm.models.mobilenetv3 import MobileNetV3
from timm.models.regnet import RegNet, RegNetCfg
from timm.models.resnet import BasicBlock, Bottleneck, ResNet

CLASSES = networks.CLASSES
STABLE = 8e-6
# An odd batch makes oneDNN write beyond its memory (see ctorch_convolution).
BATCH, SIZE = 4, 40


def efficientnet():
    stages = [["ds_r2_k3_s1_e1_c8_se0.25"], ["ir_r2_k5_s2_e2_c16_se0.25"], ["ir_r1_k3_s2_e3_c16_se0.25"]]
    return EfficientNet(
        decode_arch_def(stages), num_classes=CLASSES, num_features=24, stem_size=8,
        round_chs_fn=lambda channels: channels, act_layer=nn.SiLU,
    )


def mobilenetv3():
    stages = [
        ["ds_r1_k3_s1_e1_c8_nre"],
        ["ir_r1_k3_s2_e4.5_c16_se0.25_nre", "ir_r1_k5_s1_e2_c16_se0.25"],
        ["ir_r1_k5_s2_e3_c16"],
        ["cn_r1_k1_s1_c24"],
    ]
    squeeze = partial(
        SqueezeExcite, gate_layer="hard_sigmoid", force_act_layer=nn.ReLU,
        rd_round_fn=round_channels,
    )
    return MobileNetV3(
        decode_arch_def(stages), num_classes=CLASSES, num_features=32, stem_size=8,
        round_chs_fn=lambda channels: channels, act_layer=nn.Hardswish, se_layer=squeeze,
    )


def regnet():
    # Stages of 1, 1, 1 and 2 blocks, 8, 16, 24 and 40 channels wide.
    shape = RegNetCfg(depth=5, w0=8, wa=9, wm=1.7, group_size=8, se_ratio=0.25, stem_width=8)
    return RegNet(shape, num_classes=CLASSES)


def resnet(block, layers, **options):
    channels = tuple(4 << stage for stage in range(len(layers)))
    return ResNet(
        block, layers, num_classes=CLASSES, stem_width=2, stem_type="deep", avg_down=True,
        channels=channels, **options,
    )


# As in networks.py: with these seeds rounding does not decide.
NETWORKS = {
    "convnext": (lambda: ConvNeXt(depths=(1, 2, 1, 1), dims=(4, 6, 8, 12), num_classes=CLASSES), 10),
    "efficientnet": (efficientnet, 61),
    "mobilenetv3": (mobilenetv3, 42),
    "regnet": (regnet, 47),
    "resnet-d": (lambda: resnet(BasicBlock, [2, 1, 1, 1]), 33),
    "excited-bottleneck": (
        lambda: resnet(
            Bottleneck, [1, 1, 1, 1], cardinality=2, base_width=16, block_args=dict(attn_layer="se")
        ),
        2874,
    ),
}


def randomise(network):
    """Weights of a size, and norms and factors away from 1 and 0, so that a forgotten one shows."""
    for name, parameter in network.named_parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
        elif name.endswith("bias"):
            nn.init.normal_(parameter, std=0.1)
        else:
            nn.init.uniform_(parameter, 0.5, 1.5)
    for name, buffer in network.named_buffers():
        if name.endswith("running_mean"):
            nn.init.normal_(buffer, std=0.1)
        elif name.endswith("running_var"):
            nn.init.uniform_(buffer, 0.5, 1.5)


def record(network, input, target, dtype, layout=torch.contiguous_format):
    """Every tensor of one reference file, computed in `dtype`; the network's weights are restored."""
    initial = networks.values(network.state_dict().items())
    network = network.to(dtype).to(memory_format=layout).train()
    input, target = input.to(dtype).contiguous(memory_format=layout), target.to(dtype)
    output = network(input)
    loss = functional.cross_entropy(output, target)
    loss.backward()
    result = {f"weights.{name}": value for name, value in initial.items()}
    result |= {"input": input, "target": target, "logits": output.detach(), "loss": loss.detach()}
    gradients = [(name, p.grad) for name, p in network.named_parameters()]
    result |= {f"grad.{name}": value for name, value in networks.values(gradients).items()}
    after = networks.values(network.named_buffers())
    result |= {f"after.{name}": value for name, value in after.items()}
    with torch.no_grad():
        result["evaluation.logits"] = network.eval()(input)
        result["evaluation.features"] = network.forward_head(
            network.forward_features(input), pre_logits=True
        )
    network.zero_grad()
    network.to(torch.float32).to(memory_format=torch.contiguous_format)
    network.load_state_dict(initial, strict=False)
    return result


def attempt(name, seed):
    """(tensors, how far float32 lies from them) of the network `name` with weights of `seed`."""
    torch.manual_seed(seed)
    network = NETWORKS[name][0]()
    randomise(network)
    input = torch.randn(BATCH, 3, SIZE, SIZE)
    target = networks.soft_targets(BATCH, seed)
    exact = record(network, input, target, torch.float64)
    # A norm takes away what the norm before it adds to all pixels: gradients of nothing but rounding.
    vain = [key for key, value in exact.items() if key.startswith("grad.") and value.abs().max() < 1e-9]
    exact = {key: value for key, value in exact.items() if key not in vain}
    error = 0
    for layout in networks.LAYOUTS:
        single = record(network, input, target, torch.float32, layout)
        error = max(error, *(relative_error(single[key], exact[key]) for key in exact))
    return exact, error


def build(name):
    """The tensors of the network of that name, and what they are."""
    exact, error = attempt(name, NETWORKS[name][1])
    if error > STABLE:
        raise RuntimeError(f"{name}: float32 differs from float64 by {error:.2g}; try other seeds")
    return exact, {
        "network": f"{name}, of timm {timm.__version__}'s classes, shaped as convnets.py says",
        "loss": "softmax cross-entropy with soft targets, mean over the batch",
        "order": "logits, loss, grad.*, after.*: training mode; evaluation.logits: the same weights, "
        "running statistics after.*; evaluation.features: timm's pre_logits",
        "computed": f"in float64, rounded; PyTorch's float32 differs by at most {error:.2g}",
    }


FRESH = (
    "convnext_tiny", "efficientnet_b0", "mobilenetv3_small_100", "regnety_004", "resnet26d",
    "seresnet50",
)


def fresh():
    """How timm's networks begin: of each parameter the mean, the deviation and the largest size."""

    def line(name, parameter):
        values = parameter.detach().double()
        spread = values.std(correction=0)
        return f"{name} {values.mean():.5g} {spread:.5g} {values.abs().max():.5g}"

    lines = {}
    for name in FRESH:
        torch.manual_seed(0)
        network = timm.create_model(name)
        lines[name] = [line(*named) for named in network.named_parameters()]
    return {
        "about": "NAME MEAN DEVIATION LARGEST of each parameter of a fresh network of timm's, one "
        "sample of it, so that another differs by chance.",
        "models": lines,
    }
