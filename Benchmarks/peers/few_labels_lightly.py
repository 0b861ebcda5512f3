"""LightlyTrain: self-supervised on the pictures without labels, then fine-tuned on the labels, on the same task.

    .venv-accuracy/bin/python few_labels_lightly.py --data data.npz --method simclr --seconds 120 --seed 0

SimCLR, its method for convolutional networks that it trains from nothing, for three quarters of the time, as its
own `pretrain` does it, with pictures of the task's size; then plain fine-tuning. (Its distillation takes DINOv2 or
DINOv3 as the teacher, whose weights must be downloaded.) Prints one JSON line.
"""

import argparse
import pathlib
import tempfile
import time

import torch

from few_labels import Task, arguments_of, labelled_batches, tell, train
from vision import torchvision  # noqa: F401

import lightly_train  # noqa: E402

SHARE = 0.75


class Wrapped(torch.nn.Module):
    """The student's network as LightlyTrain wants a network of one's own."""

    def __init__(self, network, channels):
        super().__init__()
        self.network, self.channels = network, channels

    def feature_dim(self):
        return self.network.fc.in_features

    def forward_features(self, x):
        if self.channels == 1:
            x = x.mean(1, keepdim=True)
        network = self.network
        x = network.pool(torch.relu(network.bn1(network.conv1(x))))
        return {"features": network.blocks(x)}

    def forward_pool(self, x):
        return {"pooled_features": x["features"].mean((2, 3), keepdim=True)}

    def get_model(self):
        return self.network

    def architecture_info(self):
        return {"model_type": "convolutional", "norm_type": "batchnorm"}


def pictures_of(task, folder):
    from PIL import Image

    for number, picture in enumerate(task.unlabelled):
        Image.fromarray(picture[..., 0] if task.channels == 1 else picture).convert("RGB").save(
            folder / f"{number:06}.png", compress_level=1)


def main():
    arguments = arguments_of(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    task = Task.read(arguments.data)
    with tempfile.TemporaryDirectory() as folder:
        images = pathlib.Path(folder) / "images"
        images.mkdir()
        pictures_of(task, images)  # before the clock starts: it reads files
        network = task.new_network()
        start = time.monotonic()
        mean, std = ([values[0]] * 3 if task.channels == 1 else values for values in (task.mean, task.std))
        lightly_train.pretrain(
            out=f"{folder}/out", data=images, model=Wrapped(network, task.channels), method="simclr",
            batch_size=128, accelerator="cpu", num_workers=1, precision="bf16-mixed", seed=arguments.seed,
            epochs=1000, overwrite=True,
            transform_args={
                "image_size": (task.size, task.size), "normalize": {"mean": mean, "std": std}},
            trainer_args={"max_time": {"seconds": SHARE * arguments.seconds}, "log_every_n_steps": 1000})
        pretrained = time.monotonic() - start
        exported = f"{folder}/out/exported_models/exported_last.pt"
        network.load_state_dict(torch.load(exported, weights_only=True))
        steps = train(network, start + arguments.seconds, labelled_batches(task), arguments.rate or 0.03,
            2e-3)
        seconds = time.monotonic() - start
    tell(task.top1(network), seconds, steps=steps, pretrained=pretrained)


if __name__ == "__main__":
    main()
