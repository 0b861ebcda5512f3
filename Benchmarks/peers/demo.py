"""The four stages of a small recipe in plain PyTorch, as a user in a hurry would write them well.

    .venv/bin/python demo.py --recipe recipe.yaml --precision float32

The pictures are IDX files; everything is in memory, augmented on whole batches, channels-last,
trained by fused SGD and scored with batch norm folded. The recipe has every value written out, as
`halcyon-bench scale-demo` writes it; what a recipe may ask for and this does not do is refused. A
round is all four stages, from reading the files to the accuracies of teacher and student; the value
is images trained on and scored per second. rounds.py says how rounds are asked for.

With `--processes 2` each of two processes has its part of every batch and of what is scored:
DistributedDataParallel on gloo, whose batch norms are each process's own.
"""

import argparse
import copy
import gzip
import os
import pathlib
import socket
import subprocess
import sys

import numpy
import torch
import yaml
from torch import distributed, nn
from torch.fx.experimental.optimization import fuse
from torch.nn import functional

from augmentation import Augmentation
from rounds import serve
from schedule import rates
from vision import torchvision

resnet = torchvision.models.resnet
BLOCKS = {
    "resnet8": (resnet.BasicBlock, [1, 1, 1]),
    "resnet14": (resnet.BasicBlock, [2, 2, 2]),
    "resnet20": (resnet.BasicBlock, [3, 3, 3]),
    "resnet18": (resnet.BasicBlock, [2, 2, 2, 2]),
    "resnet34": (resnet.BasicBlock, [3, 4, 6, 3]),
}


class ResNet(nn.Module):
    """torchvision's network with another width, number of stages and stem."""

    def __init__(self, name, stem, width, channels, classes):
        super().__init__()
        block, counts = BLOCKS[name]
        kernel, stride = {"standard": (7, 2), "small": (3, 1), "strided": (3, 2)}[stem]
        self.conv1 = nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, 2, 1) if stem == "standard" else nn.Identity()
        blocks, inputs = [], width
        for stage, count in enumerate(counts):
            outputs = width << stage
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                downsample = None
                if stride != 1 or inputs != outputs:
                    convolution = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
                    downsample = nn.Sequential(convolution, nn.BatchNorm2d(outputs))
                blocks.append(block(inputs, outputs, stride, downsample))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.pool(functional.relu(self.bn1(self.conv1(x)), inplace=True))
        return self.fc(self.blocks(x).mean((2, 3)))


def read_idx(path):
    data = gzip.decompress(path.read_bytes())
    axes = data[3]
    shape = numpy.frombuffer(data, ">i4", axes, 4)
    return torch.from_numpy(numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * axes).reshape(shape).copy())


class Demo:
    def __init__(self, recipe, precision, rank=0, processes=1):
        self.recipe = recipe
        self.rank, self.processes = rank, processes
        self.autocast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
        self.dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self.images = 0

    def run(self):
        """All four stages; returns the accuracies and leaves the number of images in `images`."""
        recipe, data, self.images = self.recipe, self.recipe["data"], 0
        torch.manual_seed(recipe["seed"])
        pictures, labels = self.read(data["labelled"], data["labelledSplit"])
        test = self.read(data["test"], data["testSplit"])
        self.classes = int(labels.max()) + 1
        labelled, rest = self.split(labels, data["labelledCount"])
        d = pictures[labelled], functional.one_hot(labels[labelled], self.classes).float()
        u = pictures[rest]

        teacher = self.network("teacher")
        self.train(teacher, *d, recipe["teacher"]["training"])
        accuracies = [self.accuracy(teacher, *test)]
        chosen, targets = self.select(self.logits(teacher, u, recipe["ranking"]["batch"]).softmax(1))
        self.images += len(u)
        student = self.network("student")
        for training, examples in (
            (recipe["student"]["training"], (u[chosen], targets)),
            (recipe["fineTuning"]["training"], d),
        ):
            self.train(student, *examples, training)
            accuracies.append(self.accuracy(student, *test))
        return accuracies

    def read(self, folder, split):
        stem = {"train": "train", "test": "t10k"}[split]
        images = read_idx(pathlib.Path(folder) / f"{stem}-images-idx3-ubyte.gz")
        labels = read_idx(pathlib.Path(folder) / f"{stem}-labels-idx1-ubyte.gz")
        size = self.recipe["input"]["size"]
        if tuple(images.shape[1:]) != (size, size) or self.recipe["input"]["resize"] != size:
            sys.exit("demo.py: the pictures must have the network's size")
        return images[:, None], labels.long()

    def normalised(self, pictures):
        mean, std = self.recipe["input"]["mean"][0], self.recipe["input"]["std"][0]
        return pictures.float().mul_(1 / (255 * std)).sub_(mean / std)

    def split(self, labels, count):
        """A balanced labelled part, and the rest."""
        order = torch.randperm(len(labels))
        each = count // self.classes
        chosen = torch.cat([order[labels[order] == c][:each] for c in range(self.classes)])
        rest = torch.ones(len(labels), dtype=torch.bool)
        rest[chosen] = False
        return chosen, rest.nonzero().squeeze(1)

    def network(self, stage):
        part = self.recipe[stage]
        return ResNet(
            part["model"], part["stem"], part["width"], self.recipe["input"]["channels"], self.classes
        ).to(memory_format=torch.channels_last)

    def train(self, network, pictures, targets, training):
        network.train()
        batch, parts = training["batch"], training["accumulate"]
        augment = Augmentation(training["augmentation"], self.normalised(pictures))
        loss_of = {
            "softmax": functional.cross_entropy,
            "sigmoid": lambda logits, rows: functional.binary_cross_entropy_with_logits(
                logits, (rows > 0).float(), reduction="sum") / len(logits),
        }[training["loss"]]
        targets = targets / targets.sum(1, keepdim=True)
        optimizer = torch.optim.SGD(
            network.parameters(), lr=training["learningRate"], momentum=training["momentum"],
            weight_decay=training["weightDecay"],
            nesterov=training["nesterov"] and training["momentum"] > 0, fused=True)
        if self.processes > 1:
            network = nn.parallel.DistributedDataParallel(
                network, broadcast_buffers=False, gradient_as_bucket_view=True, static_graph=True)
        order = torch.empty(0, dtype=torch.long)
        for rate in rates(training, len(pictures)):
            optimizer.param_groups[0]["lr"] = rate
            while len(order) < batch:
                order = torch.cat([order, torch.randperm(len(pictures))])
            now, order = order[:batch], order[batch:]
            # Every process draws the same order, from the same seed, and takes its own part.
            now = now.chunk(self.processes)[self.rank]
            for part in now.chunk(parts):
                with self.autocast:
                    loss = loss_of(network(augment(part)), targets[part]) / parts
                loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            self.images += batch

    @torch.inference_mode()
    def logits(self, network, pictures, batch):
        part = pictures.chunk(self.processes)[self.rank]
        mine = self.logits_of(network, part, batch)
        if self.processes == 1:
            return mine
        counts = [len(chunk) for chunk in pictures.chunk(self.processes)]
        all_of_them = [torch.empty(count, mine.shape[1]) for count in counts]
        for rank, rows in enumerate(all_of_them):
            if rank == self.rank:
                rows.copy_(mine)
            distributed.broadcast(rows, rank)
        return torch.cat(all_of_them)

    def logits_of(self, network, pictures, batch):
        folded = fuse(copy.deepcopy(network).eval()).to(self.dtype, memory_format=torch.channels_last)
        return torch.cat([
            folded(self.normalised(part).to(self.dtype, memory_format=torch.channels_last)).float()
            for part in pictures.split(batch)
        ])

    def accuracy(self, network, pictures, labels):
        logits = self.logits(network, pictures, self.recipe["evaluation"]["batch"])
        return (logits.argmax(1) == labels).float().mean().item()

    def select(self, scores):
        """The best K pictures of each class among those that have it among their best P."""
        ranking = self.recipe["ranking"]
        top = scores.topk(min(ranking["labelsPerImage"], self.classes))
        ranked = torch.zeros_like(scores).scatter_(1, top.indices, top.values)
        best = ranked.topk(min(ranking["imagesPerClass"], len(scores)), dim=0)
        targets = torch.zeros_like(scores).scatter_(0, best.indices, (best.values > 0).float())
        chosen = targets.any(1).nonzero().squeeze(1)
        return chosen, targets[chosen]


def refuse_unknown(recipe):
    for stage in ("teacher", "student", "fineTuning"):
        training = recipe[stage]["training"]
        model = recipe.get(stage, {}).get("model", "resnet8")
        for name, known in (
            (model, model in BLOCKS), (training["loss"], training["loss"] in ("softmax", "sigmoid")),
            (training["order"], training["order"] == "uniform"),
            ("freezeBackbone", not training["freezeBackbone"]),
        ):
            if not known:
                sys.exit(f"demo.py: {stage}: {name} is not written here yet")


def join(rank, processes, port):
    """Becomes one of the processes; the first starts the others."""
    if processes == 1:
        return
    if rank == 0:
        for other in range(1, processes):
            command = [sys.executable, *sys.argv, "--rank", other, "--port", port]
            subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group(
        "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=processes)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--precision", default="bf16", choices=["bf16", "float32"])
    parser.add_argument("--threads", type=int, help="of each process; default: PyTorch's own choice")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--rank", type=int, default=0, help="for its own use")
    parser.add_argument("--port", type=int, help="for its own use")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    recipe = yaml.safe_load(pathlib.Path(arguments.recipe).read_text())
    refuse_unknown(recipe)
    join(arguments.rank, arguments.processes, arguments.port or free_port())
    demo = Demo(recipe, arguments.precision, arguments.rank, arguments.processes)
    accuracies = demo.run()
    if arguments.rank > 0:
        while go_on(True):
            demo.run()
        return
    shown = " → ".join(f"{100 * accuracy:.1f} %" for accuracy in accuracies)
    print(f"demo.py, {arguments.precision}, {arguments.processes} processes: {shown}", file=sys.stderr)

    def work():
        if arguments.processes > 1:
            go_on(True)
        demo.run()

    serve(work, images=demo.images, warm_up=0)
    if arguments.processes > 1:
        go_on(False)


def go_on(wanted):
    """Whether the first process wants another round."""
    flag = torch.tensor([int(wanted)])
    distributed.broadcast(flag, 0)
    return bool(flag.item())


if __name__ == "__main__":
    main()
