"""Few labels, many pictures without, one network, so many seconds: what PyTorch's users write by hand.

    .venv-accuracy/bin/python few_labels.py --data data.npz --method pseudo-label --seconds 120 --seed 0

Methods: `supervised` (crop, flip, erasing), `supervised-strong` (RandAugment besides, label smoothing, EMA) and
`pseudo-label`: a network trained on the labels names the pictures without, and another one learns those that it
is sure of together with the labels. The clock stands still before the data are read and after the last step; the
rate follows the clock instead of a number of steps, so that each second is used. Prints one JSON line.
"""

import argparse
import copy
import dataclasses
import json
import math
import pathlib
import time

import numpy
import torch
from torch.nn import functional

from augmentation import Augmentation
from demo import ResNet
from rounds import say
from vision import torchvision  # noqa: F401  (its own import fails beside the CPU's torch)


@dataclasses.dataclass
class Task:
    """The pictures, [N, H, W, C] bytes, and the network that learns them."""

    labelled: numpy.ndarray
    labels: numpy.ndarray
    unlabelled: numpy.ndarray
    test: numpy.ndarray
    test_labels: numpy.ndarray
    mean: list
    std: list
    padding: int
    network: dict

    @classmethod
    def read(cls, path):
        arrays = numpy.load(path)
        settings = json.loads(pathlib.Path(path).with_suffix(".json").read_text())
        names = ("labelled", "labels", "unlabelled", "test", "test_labels")
        return cls(*(arrays[name] for name in names), **settings)

    @property
    def size(self):
        return self.labelled.shape[1]

    @property
    def channels(self):
        return self.labelled.shape[3]

    @property
    def classes(self):
        return int(self.labels.max()) + 1

    def new_network(self):
        """The student's network, with fresh weights."""
        name, stem, width = (self.network[key] for key in ("model", "stem", "width"))
        return ResNet(name, stem, width, self.channels, self.classes).to(
            memory_format=torch.channels_last)

    def normalised(self, pictures):
        """[N, H, W, C] bytes as [N, C, H, W] floats."""
        mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (self.mean, self.std))
        return (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255 - mean) / std

    @torch.inference_mode()
    def probabilities(self, network, pictures):
        network.eval()
        with bf16():
            return torch.cat([
                network(self.normalised(pictures[start : start + 500])).float().softmax(1)
                for start in range(0, len(pictures), 500)])

    def top1(self, network):
        found = self.probabilities(network, self.test).argmax(1)
        return 100 * (found == torch.from_numpy(self.test_labels)).float().mean().item()


def bf16():
    return torch.autocast("cpu", torch.bfloat16)


def arguments_of(parser):
    parser.add_argument("--data", required=True)
    parser.add_argument("--method", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, help="the learning rate; default: the method's own")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    numpy.random.seed(arguments.seed)
    # One beside the processes that load: a second one takes their core and makes the whole slower.
    torch.set_num_threads(1)
    return arguments


def tell(top1, seconds, **more):
    say({"top1": top1, "seconds": seconds} | more)


def batches(sources, counts):
    """Endless batches of so many of each source's items, each source in a new order when it is used up."""
    orders = [torch.empty(0, dtype=torch.long) for _ in sources]
    while True:
        parts = []
        for place, (size, count) in enumerate(zip(sources, counts)):
            while len(orders[place]) < count:
                orders[place] = torch.cat([orders[place], torch.randperm(size)])
            parts.append(orders[place][:count])
            orders[place] = orders[place][count:]
        yield parts


def train(network, until, batch_of, rate, decay, smoothing=0.0, ema=None):
    """Steps until the clock says `until`, the rate falling as a cosine with the clock."""
    network.train()
    optimizer = torch.optim.SGD(
        network.parameters(), lr=rate, momentum=0.9, weight_decay=decay, nesterov=True, fused=True)
    start, steps = time.monotonic(), 0
    while (now := time.monotonic()) < until:
        part = (now - start) / (until - start)
        warm_up = min(1, part / 0.01)
        optimizer.param_groups[0]["lr"] = rate * warm_up * 0.5 * (1 + math.cos(math.pi * part))
        pictures, targets = batch_of()
        with bf16():
            logits = network(pictures)
        functional.cross_entropy(logits.float(), targets, label_smoothing=smoothing).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        steps += 1
        if ema:
            # As timm warms it up, so that the first weights are forgotten in a short training.
            part_kept = min(0.999, (1 + steps) / (10 + steps))
            for mean, value in zip(ema.state_dict().values(), network.state_dict().values()):
                if mean.is_floating_point():
                    mean.lerp_(value, 1 - part_kept)
                else:
                    mean.copy_(value)
    return steps


class Strong(torch.utils.data.Dataset):
    """torchvision's strong augmentation, picture by picture."""

    def __init__(self, task, pictures, labels):
        from PIL import Image
        from torchvision import transforms

        gray = task.channels == 1
        self.pictures = [Image.fromarray(one[..., 0] if gray else one) for one in pictures]
        self.labels = labels
        self.transform = transforms.Compose([
            transforms.RandomCrop(task.size, padding=task.padding), transforms.RandomHorizontalFlip(),
            transforms.RandAugment(), transforms.ToTensor(), transforms.Normalize(task.mean, task.std),
            transforms.RandomErasing(0.5)])

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        return self.transform(self.pictures[index]), self.labels[index]


def labelled_batches(task):
    """What draws batches of 32 of the labelled pictures, cut, mirrored and erased."""
    torch.set_num_threads(2)  # no process loads beside it: a third more steps than with one
    weak = {"crop": "padded", "padding": task.padding, "flip": 0.5, "erasing": 0.5}
    augment = Augmentation(weak, task.normalised(task.labelled))
    labels, draw = torch.from_numpy(task.labels).long(), batches([len(task.labels)], [32])

    def batch():
        (chosen,) = next(draw)
        return augment(chosen), labels[chosen]

    return batch


def supervised(task, until, rate):
    network = task.new_network()
    return network, train(network, until, labelled_batches(task), rate or 0.1, 2e-3)


def supervised_strong(task, until, rate):
    dataset = Strong(task, task.labelled, task.labels)
    draws = torch.utils.data.RandomSampler(dataset, replacement=False, num_samples=10**7)
    loader = iter(torch.utils.data.DataLoader(
        dataset, 32, sampler=draws, num_workers=1, prefetch_factor=16))

    def batch():
        pictures, labels = next(loader)
        return pictures.contiguous(memory_format=torch.channels_last), labels.long()

    network = task.new_network()
    mean = copy.deepcopy(network)
    steps = train(network, until, batch, rate or 0.1, 2e-3, smoothing=0.1, ema=mean)
    return mean, steps


def pseudo_label(task, until, rate):
    start = time.monotonic()
    teacher, steps = supervised(task, start + 0.4 * (until - start), rate)
    sure, found = task.probabilities(teacher, task.unlabelled).max(1)
    kept = (sure >= 0.95).nonzero().squeeze(1)
    # A tenth of a batch is labelled, as its 250 pictures would otherwise be seen once in 200 batches.
    pictures = numpy.concatenate([task.labelled, task.unlabelled[kept.numpy()]])
    targets = torch.cat([torch.from_numpy(task.labels).long(), found[kept]])
    weak = {"crop": "padded", "padding": task.padding, "flip": 0.5, "erasing": 0.5}
    augment = Augmentation(weak, task.normalised(pictures))
    first = len(task.labels)
    draw = batches([first, len(kept)], [6, 58])

    def batch():
        labelled, others = next(draw)
        chosen = torch.cat([labelled, others + first])
        return augment(chosen), targets[chosen]

    student = task.new_network()
    return student, steps + train(student, until, batch, rate or 0.1, 1e-3)


METHODS = {
    "supervised": supervised, "supervised-strong": supervised_strong, "pseudo-label": pseudo_label}


def main():
    arguments = arguments_of(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    task = Task.read(arguments.data)
    start = time.monotonic()
    network, steps = METHODS[arguments.method](task, start + arguments.seconds, arguments.rate)
    seconds = time.monotonic() - start
    tell(task.top1(network), seconds, steps=steps)


if __name__ == "__main__":
    main()
