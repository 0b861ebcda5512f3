"""A list of very many paths, from the file to the first batch: Python's csv, a Dataset, a DataLoader.

    .venv/bin/python startup.py --list list.csv --paths 10000000

The value is paths per second until the first batch of a shuffled pass is there, with two worker
processes; --seen begins further on in the pass, as a run that goes on. rounds.py says how rounds are
asked for.
"""

import argparse
import csv
import pathlib

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler

from loader import preset
from rounds import serve


class Listed(Dataset):
    def __init__(self, path):
        self.folder = pathlib.Path(path).parent
        self.paths, labels = [], []
        with open(path, newline="") as file:
            for row in csv.DictReader(file):
                self.paths.append(row["path"])
                labels.append(row["label"])
        numbers = {name: number for number, name in enumerate(sorted(set(labels)))}
        self.labels = [numbers[name] for name in labels]
        self.transform = preset(224)

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.folder / self.paths[index]) as image:
            return self.transform(image.convert("RGB")), self.labels[index]


class Shuffled(Sampler):
    def __init__(self, count, seen):
        self.count, self.seen = count, seen

    def __len__(self):
        return self.count - self.seen

    def __iter__(self):
        order = torch.randperm(self.count, generator=torch.Generator().manual_seed(0))
        return (int(index) for index in order[self.seen :])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", required=True, help="a CSV with the columns path and label")
    parser.add_argument("--paths", type=int, required=True)
    parser.add_argument("--seen", type=int, default=0)
    parser.add_argument("--batch", type=int, default=32)
    arguments = parser.parse_args()

    def work():
        listed = Listed(arguments.list)
        order = Shuffled(len(listed), arguments.seen)
        loader = DataLoader(listed, batch_size=arguments.batch, sampler=order, num_workers=2)
        next(iter(loader))

    serve(work, images=arguments.paths)


if __name__ == "__main__":
    main()
