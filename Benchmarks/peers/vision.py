"""torchvision beside any torch of the matching release: `from vision import torchvision`.

torchvision's wheel is built against the CUDA torch. Beside the CPU torch its compiled operators do
not load, and then `import torchvision` itself fails, because it describes two operators that
nothing has declared. Declaring them is enough: models and transforms use no compiled operator.
"""

import sys

import torch

try:
    import torchvision
except RuntimeError:
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    declared = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        declared.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

__all__ = ["torchvision"]
