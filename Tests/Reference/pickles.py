"""Files that torch.save wrote, in both of its formats, and what is in them."""

import collections
import io

import torch


def tensors():
    """One tensor of each kind that a reader can get wrong."""
    torch.manual_seed(3)
    base = torch.randn(4, 6)
    return collections.OrderedDict(
        [
            ("plain", torch.randn(2, 3, 2)),
            ("scalar", torch.tensor(2.5)),
            ("empty", torch.zeros(0, 3)),
            ("transposed", base.t()),
            ("part", base[1:3, 2:5]),
            ("repeated", torch.tensor([1.5, -2.0]).unsqueeze(1).expand(2, 3)),
            ("channels_last", torch.randn(2, 3, 2, 2).to(memory_format=torch.channels_last)),
            ("half", torch.randn(3).half()),
            ("bfloat16", torch.randn(3).bfloat16()),
            ("double", torch.randn(3).double()),
            ("parameter", torch.nn.Parameter(torch.randn(2))),
            ("counter", torch.tensor(7)),
        ]
    )


def checkpoint():
    """What training programs save: wrappers, prefixes, an optimiser, numbers."""
    state = {f"module.{name}": value for name, value in tensors().items()}
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    weight.sum().backward()
    optimizer.step()
    return {
        "epoch": 12,
        "best": 93.5,
        "arch": "resnet20",
        "classes": ["cat", "dog"],
        "big": 1 << 40,
        "negative": -3,
        "none": None,
        "flags": (True, False),
        "size": torch.Size([2, 3]),
        "optimizer": optimizer.state_dict(),
        "state_dict": state,
    }


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def pickle_files():
    """name to bytes."""
    module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(0.5)
    return {
        "zip.pth": saved(checkpoint()),
        "old.pth": saved(checkpoint(), _use_new_zipfile_serialization=False),
        "protocol4.pth": saved(tensors(), pickle_protocol=4),
        "module.pth": saved(module.state_dict()),
    }
