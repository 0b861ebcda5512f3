"""torchvision's usual ImageNet training pipeline: Pillow, RandomResizedCrop, flip, ToTensor, Normalize.

    .venv/bin/python loader.py --photos DIR --workers 2 --images 512

DIR is searched for .jpg and .jpeg files; photos.py makes one. With --shards DIR holds tar files, which
each worker reads one after the other through a shuffle buffer, as the webdataset package does. A
round is --images pictures (rounded up to whole batches), decoded and augmented by --workers
processes (0: in this one) that persist; the value is images per second. rounds.py says how rounds
are asked for.
"""

import argparse
import io
import pathlib
import random
import sys
import tarfile

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler, get_worker_info

from rounds import serve
from vision import torchvision

transforms = torchvision.transforms


def preset(size):
    return transforms.Compose([
        transforms.RandomResizedCrop(size),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])


class Photos(Dataset):
    def __init__(self, folder, size):
        self.paths = sorted(
            path
            for path in pathlib.Path(folder).rglob("*")
            if path.suffix.lower() in (".jpg", ".jpeg")
        )
        if not self.paths:
            sys.exit(f"loader.py: no .jpg or .jpeg below {folder}; photos.py makes some")
        self.transform = preset(size)

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.paths[index]) as image:
            return self.transform(image.convert("RGB"))


class Shards(IterableDataset):
    """The shards of a worker, pass after pass, their samples through a shuffle buffer."""

    BUFFER = 128

    def __init__(self, folder, size):
        self.paths = sorted(pathlib.Path(folder).glob("*.tar"))
        if not self.paths:
            sys.exit(f"loader.py: no .tar in {folder}")
        self.transform = preset(size)

    def members(self):
        worker = get_worker_info()
        paths = self.paths[worker.id :: worker.num_workers] if worker else self.paths
        while True:
            for path in random.sample(paths, len(paths)):
                with tarfile.open(path, "r|") as tar:
                    for member in tar:
                        if member.name.endswith((".jpg", ".jpeg")):
                            yield tar.extractfile(member).read()

    def __iter__(self):
        buffer = []
        for data in self.members():
            buffer.append(data)
            if len(buffer) < self.BUFFER:
                continue
            place = random.randrange(len(buffer))
            buffer[place], buffer[-1] = buffer[-1], buffer[place]
            with Image.open(io.BytesIO(buffer.pop())) as image:
                yield self.transform(image.convert("RGB"))


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
    parser.add_argument("--shards", action="store_true", help="the folder holds tar shards")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--images", type=int, default=512, help="pictures in a round")
    parser.add_argument("--size", type=int, default=224)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # pictures are the unit of parallel work, as in DataLoader's workers

    photos = (Shards if arguments.shards else Photos)(arguments.photos, arguments.size)
    loader = DataLoader(
        photos,
        batch_size=arguments.batch,
        sampler=None if arguments.shards else Endless(len(photos)),
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
