"""The models that the peers know, by their usual names."""

import argparse

from vision import torchvision

models = torchvision.models


def resnext101(width_per_group):
    block, layers = models.resnet.Bottleneck, [3, 4, 23, 3]
    return lambda: models.ResNet(block, layers, groups=32, width_per_group=width_per_group)


MODELS = {
    "resnet18": models.resnet18,
    "resnet34": models.resnet34,
    "resnet50": models.resnet50,
    "resnet101": models.resnet101,
    "resnext50_32x4d": models.resnext50_32x4d,
    "resnext101_32x4d": resnext101(4),
    "resnext101_32x8d": models.resnext101_32x8d,
    "resnext101_32x16d": resnext101(16),
    "resnext101_32x48d": resnext101(48),
}


def network_arguments(documentation):
    """A parser of what every program on a network takes."""
    parser = argparse.ArgumentParser(description=documentation.splitlines()[0])
    parser.add_argument("--model", default="resnet50", choices=sorted(MODELS))
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=224, help="pixels along each side")
    return parser
