"""Writes what torchvision's AutoAugment and RandAugment make of pictures, by Pillow's arithmetic.

    Benchmarks/peers/setup
    Benchmarks/peers/.venv/bin/python Tests/Reference/augment.py

Writes augment.json beside this file: three pictures ("pictures": name, size, channels, the SHA-256 of the
bytes, which a test makes by the same rule), the magnitudes of torchvision's tables ("OPERATION/STEPS/SIZE",
31 steps of RandAugment, 10 of AutoAugment and "31 wide" of TrivialAugment), and for each picture, operation, each fourth step and sign the
SHA-256 of the result.

Made with Pillow 13.0.0, torchvision 0.28.0.
"""

import hashlib
import json
import pathlib
import sys

folder = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(folder.parents[1] / "Benchmarks" / "peers"))

import numpy
from PIL import Image
from vision import torchvision  # noqa: F401

from torchvision.transforms import InterpolationMode
from torchvision.transforms import autoaugment


def pixels(size, channels, seed, low=0, high=255):
    """Waves and blocks of a 32-bit linear congruence, all integers."""
    state, values = seed, []
    for y in range(size):
        for x in range(size):
            for c in range(channels):
                state = (state * 1664525 + 1013904223) % 2**32
                smooth = (x * (3 + c) + y * (5 - c)) % 97 + (80 if (x // 7 + y // 5) % 2 else 0)
                value = (smooth + (state >> 24) // 8) % 256
                values.append(low + value * (high - low) // 255)
    return numpy.array(values, numpy.uint8).reshape(size, size, channels)


PICTURES = {
    "grey": pixels(28, 1, 1),
    "colour": pixels(33, 3, 2),
    "pale": pixels(32, 3, 3, 90, 140),
}


def image(array):
    return Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)


def operated(array, name, magnitude):
    result = autoaugment._apply_op(
        image(array), name, magnitude, interpolation=InterpolationMode.NEAREST, fill=None)
    return numpy.asarray(result).tobytes()


def swift(name):
    return name[0].lower() + name[1:]


random, auto = autoaugment.RandAugment(), autoaugment.AutoAugment()
trivial = autoaugment.TrivialAugmentWide()
results, magnitudes = [], {}
for name, array in PICTURES.items():
    size = array.shape[0]
    spaces = {
        "31 wide": trivial._augmentation_space(31),
        31: random._augmentation_space(31, (size, size)),
        10: auto._augmentation_space(10, (size, size)),
    }
    for bins, space in spaces.items():
        for operation, (steps, signed) in space.items():
            count = len(steps) if steps.ndim > 0 else 1
            values = [float(steps[i].item()) if steps.ndim > 0 else 0.0 for i in range(count)]
            magnitudes[f"{swift(operation)}/{bins}/{size}"] = values
            for step in sorted({*range(0, count, 4), count - 1}):
                for sign in ([1, -1] if signed else [1]):
                    made = operated(array, operation, values[step] * sign)
                    results.append([
                        name, swift(operation), str(bins), step, sign,
                        hashlib.sha256(made).hexdigest()[:16]])
path = folder / "augment.json"
path.write_text(json.dumps({
    "pictures": {
        name: [array.shape[0], array.shape[2], hashlib.sha256(array.tobytes()).hexdigest()[:16]]
        for name, array in PICTURES.items()},
    "magnitudes": magnitudes,
    "results": results,
}, indent=None, separators=(",", ":")) + "\n")
print(len(results), path.stat().st_size)
