"""Five tiny ResNets out of torchvision's own blocks, and everything one training step does to them.

A network of width w has w channels in the stem and w * 2**i planes in stage i (torchvision: 64);
a bottleneck's inner width is int(planes * (base_width / 64.0)) * groups. They are so small because
the files are committed, and so uneven (width 3, features 5 -> 3 -> 2) because that is where
paddings and strides go wrong.
"""

import torch
from torch import nn
from torch.nn import functional

from reference_file import relative_error
from vision import torchvision

BasicBlock = torchvision.models.resnet.BasicBlock
Bottleneck = torchvision.models.resnet.Bottleneck

SGD = dict(lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=False)
STEPS = 2
CLASSES = 10

# Rounding must not decide: the files hold what float64 gives, and PyTorch in float32 lies this near
# (relative error) to each tensor in either memory layout, well inside the 1e-5 of the Swift tests.
# The seeds are the best of the first 700; with most others some gradient of a batch norm cancels to
# almost nothing.
STABLE = 6e-6
LAYOUTS = (torch.contiguous_format, torch.channels_last)

NETWORKS = {
    "basic-block": dict(seed=517, block=BasicBlock, layers=[2, 1, 1, 1], width=3),
    "bottleneck": dict(seed=554, block=Bottleneck, layers=[1, 1, 1, 1], width=2, batch=4),
    "grouped-bottleneck": dict(
        seed=468, block=Bottleneck, layers=[1, 1, 1, 1], width=2, groups=4, base_width=32, batch=4
    ),
    "small-stem": dict(
        seed=614, block=BasicBlock, layers=[1, 1, 1], width=8,
        stem="3x3", channels=1, size=28, batch=4,
    ),
}


class SmallResNet(torchvision.models.ResNet):
    """torchvision's ResNet with any width, any number of stages, and either stem."""

    def __init__(self, block, layers, width, groups, base_width, stem, channels):
        nn.Module.__init__(self)
        self._norm_layer = nn.BatchNorm2d
        self.inplanes, self.dilation = width, 1
        self.groups, self.base_width = groups, base_width
        kernel, stride = (7, 2) if stem == "7x7" else (3, 1)
        self.conv1 = nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1) if stem == "7x7" else nn.Identity()
        for stage in range(4):
            layer = nn.Identity()
            if stage < len(layers):
                stride = 1 if stage == 0 else 2
                layer = self._make_layer(block, width << stage, layers[stage], stride)
            setattr(self, f"layer{stage + 1}", layer)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(self.inplanes, CLASSES)


def randomise(network):
    """He weights, and batch norms away from 1 and 0, so that a forgotten one shows."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, (nn.BatchNorm2d, nn.BatchNorm3d)):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)


def soft_targets(batch, seed):
    """Row r has (r % 3) + 1 classes of equal probability; the last row of four is dense."""
    random = torch.Generator().manual_seed(seed)
    rows = torch.zeros(batch, CLASSES)
    for row in range(batch):
        count = row % 3 + 1
        rows[row, torch.randperm(CLASSES, generator=random)[:count]] = 1 / count
    if batch > 3:
        rows[3] = torch.softmax(torch.randn(CLASSES, generator=random), 0)
    return rows


def values(tensors):
    """Copies of everything but the integer counters of batch norm, which no file holds."""
    return {
        name: tensor.detach().clone()
        for name, tensor in tensors
        if not name.endswith("num_batches_tracked")
    }


def record(network, input, target, dtype, layout=torch.contiguous_format):
    """Every tensor of one reference file, computed in `dtype`; the network's weights are restored."""
    initial = values(network.state_dict().items())
    network = network.to(dtype).to(memory_format=layout).train()
    input, target = input.to(dtype).contiguous(memory_format=layout), target.to(dtype)
    result = {f"weights.{name}": value for name, value in initial.items()}
    result |= {"input": input, "target": target}

    optimizer = torch.optim.SGD(network.parameters(), **SGD)
    losses, logits = [], None
    for step in range(STEPS):
        optimizer.zero_grad()
        output = network(input)
        loss = functional.cross_entropy(output, target)
        losses.append(loss.detach())
        loss.backward()
        if step == 0:
            result |= {"logits": output.detach(), "loss": loss.detach()}
            gradients = [(name, p.grad) for name, p in network.named_parameters()]
            result |= {f"grad.{name}": value for name, value in values(gradients).items()}
            result |= {
                f"after.{name}": value for name, value in values(network.named_buffers()).items()
            }
            with torch.no_grad():
                result["evaluation.logits"] = network.eval()(input)
            network.train()
        optimizer.step()
    result |= {f"step2.{name}": value for name, value in values(network.named_parameters()).items()}
    result["losses"] = torch.stack(losses)

    network.to(torch.float32).to(memory_format=torch.contiguous_format)
    network.load_state_dict(initial, strict=False)
    return result


def settings(name, network, options, error):
    """What a test must know to build the same network, as metadata strings."""
    stages = (network.layer1, network.layer2, network.layer3, network.layer4)
    blocks = [list(stage.children())[0] for stage in stages if len(list(stage.children())) > 0]
    return {key: str(value) for key, value in options.items()} | {
        "network": name,
        "block": options["block"].__name__,
        "classes": str(CLASSES),
        "inner_widths": str([block.bn2.num_features for block in blocks]),
        "optimizer": f"SGD {SGD}, every parameter decayed; step2 is after {STEPS} steps on one batch",
        "loss": "softmax cross-entropy with soft targets, mean over the batch",
        "batch_norm": "eps 1e-5, momentum 0.1",
        "order": "logits, loss, grad.*, after.*: training mode, first step; evaluation.logits: "
        "initial weights, running statistics after.*",
        "computed": f"in float64, rounded; PyTorch's float32 differs by at most {error:.2g}",
    }


def build(name):
    """The network of that name with its initial weights: (network, tensors, settings)."""
    defaults = dict(stem="7x7", groups=1, base_width=64, channels=3, size=40, batch=3)
    options = defaults | NETWORKS[name]
    batch, channels, size = options["batch"], options["channels"], options["size"]
    torch.manual_seed(options["seed"])
    network = SmallResNet(
        options["block"], options["layers"], options["width"],
        options["groups"], options["base_width"], options["stem"], channels,
    )
    randomise(network)
    input = torch.randn(batch, channels, size, size)
    target = soft_targets(batch, options["seed"])
    exact = record(network, input, target, torch.float64)
    error = 0
    for layout in LAYOUTS:
        single = record(network, input, target, torch.float32, layout)
        error = max(error, *(relative_error(single[key], exact[key]) for key in exact))
    if error > STABLE:
        raise RuntimeError(f"{name}: float32 differs from float64 by {error:.2g}; try other seeds")
    return network, exact, settings(name, network, options, error)


def half_precision(network, tensors):
    """Logits of the same network and batch under bfloat16 autocast: training, then evaluation mode."""
    after = {
        name.removeprefix("after."): value.float()
        for name, value in tensors.items()
        if name.startswith("after.")
    }
    input = tensors["input"].float()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        training = network.train()(input).float()
        network.load_state_dict(after, strict=False)
        evaluation = network.eval()(input).float()
    return {"logits": training, "evaluation.logits": evaluation}
