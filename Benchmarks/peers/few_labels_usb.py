"""FixMatch and FlexMatch of Microsoft's `semilearn` (USB), as it sets them for CIFAR-10, on the same task.

    .venv-accuracy/bin/python few_labels_usb.py --data data.npz --method fixmatch --seconds 120 --seed 0

Its own algorithms, loaders, RandAugment, schedule and EMA; batches of 64 with 7 times as many without labels, rate
0.03, threshold 0.95. It is written for CUDA; what it says of a device is answered for the CPU. How many steps fit
into the time is measured before the clock starts. Prints one JSON line.
"""

import argparse
import logging
import sys
import tempfile
import time
import types

import numpy
import torch

from few_labels import Task, arguments_of, bf16, tell
from vision import torchvision  # noqa: F401  (before semilearn imports it)


def stand_in(*names):
    """Modules that semilearn imports and that nothing here calls: trackers of experiments, text and speech."""
    class Anything:
        def __init__(self, *arguments, **more):
            pass

    for name in names:
        module = types.ModuleType(name)
        module.__getattr__ = lambda attribute: Anything
        module.__path__ = []
        sys.modules[name] = module


stand_in("aim", "wandb", "torchaudio", "torchaudio.transforms", "transformers", "tensorboard",
         "torch.utils.tensorboard")
from torchvision import transforms  # noqa: E402

from semilearn import BasicDataset, get_algorithm, get_config, get_data_loader  # noqa: E402
from semilearn.datasets.augmentation import RandAugment  # noqa: E402


class Network(torch.nn.Module):
    """The student's network with the answer that semilearn expects."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        logits = self.network(x).float()
        return {"logits": logits, "feat": logits}


def transform(task, *operations):
    size, gray = task.size, [transforms.Grayscale(1)] if task.channels == 1 else []
    crop = transforms.RandomCrop(size, padding=int(size * 0.125), padding_mode="reflect")
    return transforms.Compose([
        crop, transforms.RandomHorizontalFlip(), *operations, *gray, transforms.ToTensor(),
        transforms.Normalize(task.mean, task.std)])


def algorithm(task, method, steps, seed, rate, folder):
    config = get_config({
        "algorithm": method, "save_dir": folder, "save_name": "run", "overwrite": True,
        "num_train_iter": steps, "epoch": 1, "num_eval_iter": 10**9, "num_log_iter": 10**9,
        "num_labels": len(task.labels), "num_classes": task.classes, "batch_size": 64, "uratio": 7,
        "optim": "SGD", "lr": rate or 0.03, "momentum": 0.9, "weight_decay": 5e-4, "ema_m": 0.999,
        "hard_label": True, "T": 0.5, "p_cutoff": 0.95, "thresh_warmup": True, "ulb_loss_ratio": 1.0,
        "use_cat": True, "amp": False, "clip_grad": 0, "dataset": "none", "img_size": task.size,
        "gpu": None, "rank": 0, "distributed": False, "world_size": 1, "seed": seed, "net": "given",
        "num_workers": 1,
    })
    # Its strong operations draw grey rectangles of three channels.
    channels = 3 // task.channels
    labelled, others = (numpy.repeat(one, channels, 3) for one in (task.labelled, task.unlabelled))
    labels = task.labels.astype(numpy.int64)
    config.ulb_dest_len, config.lb_dest_len = len(others), len(labels)
    ours = get_algorithm(config, lambda **_: Network(task.new_network()), None, logging.getLogger())
    datasets = {
        "train_lb": BasicDataset(method, labelled, labels, task.classes, transform(task)),
        "train_ulb": BasicDataset(
            method, others, None, task.classes, transform(task), True,
            transform(task, RandAugment(3, 5))),
    }
    ours.loader_dict = {
        name: get_data_loader(
            config, dataset, 64 * (7 if name == "train_ulb" else 1), data_sampler="RandomSampler",
            num_iters=steps, num_epochs=1, num_workers=2 if name == "train_ulb" else 1)
        for name, dataset in datasets.items()
    }
    ours.amp_cm = bf16  # its own is CUDA's; an eighth more steps than in float32
    wanted = set(type(ours).train_step.__code__.co_varnames)
    ours.process_batch = lambda **batch: {name: batch[name] for name in wanted & set(batch)}
    for name in [name for name in ours.hooks_dict if name in ("EvaluationHook", "CheckpointHook", "TimerHook")]:
        ours._hooks.remove(ours.hooks_dict.pop(name))
    return ours


def steps_in(task, arguments, folder, probe=40):
    """How many steps fit into the seconds: from the last half of so many."""
    trial = algorithm(task, arguments.method, probe, arguments.seed, arguments.rate, folder)
    times = []
    step = trial.train_step

    def timed(**batch):
        times.append(time.monotonic())
        return step(**batch)

    trial.train_step = timed
    start = time.monotonic()
    trial.train()
    half = len(times) // 2
    each = (times[-1] - times[half]) / (len(times) - 1 - half)
    first = times[0] - start
    return max(1, int((arguments.seconds - first) / each))


def main():
    arguments = arguments_of(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    task = Task.read(arguments.data)
    with tempfile.TemporaryDirectory() as folder:
        steps = steps_in(task, arguments, folder)
        torch.manual_seed(arguments.seed)
        ours = algorithm(task, arguments.method, steps, arguments.seed, arguments.rate, folder)
        start = time.monotonic()
        ours.train()
        seconds = time.monotonic() - start
    # Its EMA of 0.999 still holds the first weights after some hundred steps, so the last weights count until it does
    # not: 5,000 steps leave less than a hundredth of them.
    averaged, last = (task.top1(one.network) for one in (ours.ema_model, ours.model))
    tell(averaged if ours.it >= 5_000 else last, seconds, steps=ours.it, averaged=averaged, last=last)


if __name__ == "__main__":
    logging.disable(logging.INFO)
    main()
