"""torchvision's usual ImageNet training pipeline: Pillow, RandomResizedCrop, flip, ToTensor, Normalize.

    .venv/bin/python loader.py --photos DIR --workers 2 --images 512

DIR is searched for .jpg and .jpeg files; photos.py makes one. A round is --images pictures (rounded
up to whole batches), decoded and augmented by --workers processes (0: in this one) that persist;
the value is images per second. rounds.py says how rounds are asked for.
"""

import argparse
import pathlib
import sys

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler

from rounds import serve
from vision import torchvision

transforms = torchvision.transforms


class Photos(Dataset):
    def __init__(self, folder, size):
        self.paths = sorted(
            path
            for path in pathlib.Path(folder).rglob("*")
            if path.suffix.lower() in (".jpg", ".jpeg")
        )
        if not self.paths:
            sys.exit(f"loader.py: no .jpg or .jpeg below {folder}; photos.py makes some")
        self.transform = transforms.Compose([
            transforms.RandomResizedCrop(size),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ])

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.paths[index]) as image:
            return self.transform(image.convert("RGB"))


class Endless(Sampler):
    """Pass after pass in random order, so that no round waits for workers to start again."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        random = torch.Generator().manual_seed(0)
        while True:
            yield from torch.randperm(self.count, generator=random).tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", required=True, help="a folder of JPEGs")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--images", type=int, default=512, help="pictures in a round")
    parser.add_argument("--size", type=int, default=224)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # pictures are the unit of parallel work, as in DataLoader's workers

    photos = Photos(arguments.photos, arguments.size)
    loader = DataLoader(
        photos,
        batch_size=arguments.batch,
        sampler=Endless(len(photos)),
        num_workers=arguments.workers,
        persistent_workers=arguments.workers > 0,
    )
    batches = iter(loader)
    count = -(-arguments.images // arguments.batch)

    def work():
        for _ in range(count):
            next(batches)

    serve(work, images=count * arguments.batch)


if __name__ == "__main__":
    main()
