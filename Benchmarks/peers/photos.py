"""Writes N photograph-like JPEGs of 500x375, some 110 kB each, where no real photographs are at hand.

    .venv/bin/python photos.py OUT 1000

As in photographs, detail falls off with frequency (1/f noise), colour varies more slowly than
brightness, and edges are few: what a JPEG decoder's time depends on. Seeded: photo N is always the
same. Quality 90, 4:2:0, baseline, as cameras and ImageNet have it.
"""

import argparse
import pathlib

import numpy
from PIL import Image

WIDTH, HEIGHT = 500, 375
GRAIN = 21.0  # tuned so that the mean size is some 110 kB


def clouds(random, exponent):
    """Noise of unit variance whose amplitude falls with frequency to the power `exponent`."""
    fy = numpy.fft.fftfreq(HEIGHT)[:, None] * HEIGHT
    fx = numpy.fft.rfftfreq(WIDTH)[None, :] * WIDTH
    frequency = numpy.maximum(numpy.hypot(fx, fy), 1)
    spectrum = numpy.fft.rfft2(random.standard_normal((HEIGHT, WIDTH)))
    values = numpy.fft.irfft2(spectrum / frequency**exponent, s=(HEIGHT, WIDTH))
    return values / values.std()


def photo(seed):
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    angle = random.uniform(0, 2 * numpy.pi)
    light = 128 + 30 * ((x / WIDTH - 0.5) * numpy.cos(angle) + (y / HEIGHT - 0.5) * numpy.sin(angle))
    brightness = light + 40 * clouds(random, random.uniform(1.1, 1.5))
    for _ in range(random.integers(3, 8)):  # things with an edge
        centre_x, centre_y = random.uniform(0, WIDTH), random.uniform(0, HEIGHT)
        radius = random.uniform(20, 120)
        inside = numpy.hypot(x - centre_x, (y - centre_y) * random.uniform(0.6, 1.6)) < radius
        brightness = brightness + inside * random.choice((-1, 1)) * random.uniform(25, 60)
    colour = [10 * clouds(random, 1.6) for _ in range(2)]
    grain = random.uniform(GRAIN - 2, GRAIN + 2) * random.standard_normal((HEIGHT, WIDTH))
    planes = [brightness + grain, 128 + colour[0], 128 + colour[1]]
    pixels = numpy.stack(planes, axis=-1).clip(0, 255).astype(numpy.uint8)
    return Image.fromarray(pixels, "YCbCr")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("count", type=int)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    total = 0
    for seed in range(arguments.count):
        path = arguments.out / f"{seed:06}.jpg"
        photo(seed).save(path, quality=90)
        total += path.stat().st_size
    print(f"{arguments.count} photos of {total / max(1, arguments.count) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
