"""The item `accuracy`: what other tools make of the same labels, pictures, network and time, on the same cores."""

import csv
import datetime
import hashlib
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import time

from inputs import FOLDER, HERE, read_idx_file, write_idx_file
from sides import SideError

ROOT = HERE.parent
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
# Two-sided 95 % of Student's t by degrees of freedom.
T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}

# Every training by itself, a line each: hours on some machine, so that it is kept beside the code and read again on
# another one. The newest of each task, time, method and seed stays.
RECORDS = HERE / "accuracy.csv"
FIELDS = ["task", "minutes", "method", "seed", "top1", "seconds", "cores", "date", "commit", "maker"]

METHODS = {
    "supervised": ("few_labels.py", "supervised"),
    "supervised, strong": ("few_labels.py", "supervised-strong"),
    "pseudo-labels, plain PyTorch": ("few_labels.py", "pseudo-label"),
    "FixMatch, semilearn": ("few_labels_usb.py", "fixmatch"),
    "FlexMatch, semilearn": ("few_labels_usb.py", "flexmatch"),
    "LightlyTrain, SimCLR, fine-tuned": ("few_labels_lightly.py", "simclr"),
    "Halcyon, as the paper has it": ("halcyon", "fashion-mnist.yaml"),
    "Halcyon, its best options": ("halcyon", "fashion-mnist-strong.yaml"),
}


def accuracy():
    """Every method, data set, time and seed; what the same program measured before is taken from the records."""
    minutes = [float(part) for part in os.environ.get("MINUTES", "2,6,20").split(",")]
    seeds = [int(part) for part in os.environ.get("SEEDS", "0,1,2").split(",")]
    wanted = os.environ.get("METHODS", "").lower()
    for name in tasks():
        for budget in minutes:
            for method in METHODS:
                if wanted and wanted not in method.lower():
                    continue
                found = [measured(name, method, budget, seed) for seed in seeds]
                print(json.dumps(line(name, method, budget, seeds, found)), flush=True)


def tasks():
    """Fashion-MNIST with 250 labels; with HALCYON_CIFAR, a folder of shards, CIFAR-10 with 250 and 4,000."""
    names = ["fashion-250"]
    if os.environ.get("HALCYON_CIFAR"):
        names += ["cifar-250", "cifar-4000"]
    only = os.environ.get("TASKS")
    return only.split(",") if only else names


def line(name, method, minutes, seeds, found):
    values = [one["top1"] for one in found]
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / max(1, len(values) - 1))
    margin = T[len(values) - 1] * spread / math.sqrt(len(values)) if len(values) > 1 else None
    return {
        "work": f"accuracy-{name}", "minutes": minutes, "method": method, "top1": round(mean, 2),
        "margin": margin and round(margin, 2), "seeds": seeds,
        "values": [round(value, 2) for value in values],
        "seconds": [round(one["seconds"], 1) for one in found],
    }


def measured(name, method, minutes, seed):
    """One training of a method, unless the same program has done it."""
    script, argument = METHODS[method]
    by = maker(script, argument)
    for row in recorded():
        if (row["maker"], *place(row)) == (by, name, minutes, method, seed):
            return row
    print(f"bench: accuracy-{name}: {method}, {minutes:g} minutes, seed {seed}", file=sys.stderr, flush=True)
    data = task(name, seed)
    if script == "halcyon":
        result = ours(data, name, argument, 60 * minutes, seed)
    else:
        result = peer(script, data, argument, 60 * minutes, seed)
    row = {
        "task": name, "minutes": minutes, "method": method, "seed": seed, "top1": round(result["top1"], 4),
        "seconds": round(result["seconds"], 1), "cores": len(os.sched_getaffinity(0)),
        "date": f"{datetime.date.today()}", "commit": commit(), "maker": by}
    record(row)
    return row


def place(row):
    """Which training a record is of."""
    return row["task"], row["minutes"], row["method"], row["seed"]


def recorded():
    """The records."""
    if not RECORDS.exists():
        return []
    with RECORDS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row |= {name: float(row[name]) for name in ("minutes", "top1", "seconds")}
        row |= {name: int(row[name]) for name in ("seed", "cores")}
    return rows


def record(row):
    """Adds one, in the place of an earlier one of the same training."""
    rows = sorted([one for one in recorded() if place(one) != place(row)] + [row], key=place)
    making = RECORDS.with_suffix(".making")
    with making.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(one | {"minutes": f"{one['minutes']:g}"} for one in rows)
    making.replace(RECORDS)


def commit():
    """The commit of what is run, with a + where it has changes."""
    def git(*arguments):
        return subprocess.run(["git", "-C", HERE, *arguments], stdout=subprocess.PIPE, text=True, check=False)

    changed = git("status", "--porcelain", "--", ROOT / "Sources", ROOT / "Recipes", HERE / "peers").stdout
    return git("rev-parse", "--short", "HEAD").stdout.strip() + "+" * bool(changed)


def maker(script, argument):
    """What a result is made by, in a few digits: another program, recipe or script measures anew."""
    files = [ROOT / ".build/release/halcyon", ROOT / "Recipes" / argument]
    if script != "halcyon":
        files = [HERE / "peers" / name for name in (script, "few_labels.py", "demo.py", "augmentation.py", "vision.py")]
    files.append(HERE / "accuracy.py")
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def peer(script, data, method, seconds, seed):
    command = [
        HERE / "peers/.venv-accuracy/bin/python", HERE / "peers" / script, "--data", data / "data.npz",
        "--method", method, "--seconds", str(seconds), "--seed", str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    lines = [text for text in done.stdout.splitlines() if text.startswith('{"top1"')]
    if done.returncode or not lines:
        raise SideError(f"{script} --method {method} failed; its own message is above")
    return json.loads(lines[-1])


def ours(data, name, recipe, seconds, seed):
    """`halcyon run` with its budgets scaled until it takes the time: at most that, and no less than 0.93 of it."""
    scale = FOLDER / "accuracy" / f"{name}-{recipe}-{seconds:g}.part"
    part = float(scale.read_text()) if scale.exists() else 0.2
    for _ in range(8):
        result = halcyon(data, name, recipe, part, seed)
        share = result["seconds"] / seconds
        print(f"bench: a part of {part:.3g} took {result['seconds']:.1f} s", file=sys.stderr, flush=True)
        if 0.93 <= share <= 1:
            scale.write_text(str(part))
            return result | {"part": part}
        part *= 0.97 / share
    raise SideError(f"halcyon run {recipe} does not take {seconds:g} s, whatever its budgets")


def halcyon(data, name, recipe, part, seed):
    import yaml

    settings = yaml.safe_load((ROOT / "Recipes" / recipe).read_text())
    for stage in ("teacher", "student", "fineTuning"):
        training = settings[stage]["training"]
        training["images"] = max(training["batch"], int(training["images"] * part))
    settings["data"] = {
        "labelled": str(data / "labelled"), "unlabelled": str(data / "unlabelled"),
        "test": str(data / "test")}
    if name.startswith("fashion"):
        settings["data"] |= {"labelledSplit": "train", "testSplit": "test"}
    else:
        settings["input"] = {"size": 32, "resize": 32, "mean": CIFAR_MEAN, "std": CIFAR_STD}
        # By the number of labels and pictures, as `init` has them: half of a class's pictures.
        settings["ranking"]["imagesPerClass"] = 2_000
        count = int(name.split("-")[1])
        settings["teacher"]["training"]["weightDecay"] = min(2e-3, max(5e-4, 1 / count))
        for stage in ("teacher", "student", "fineTuning"):
            settings[stage]["training"].get("augmentation", {})["padding"] = 4
    settings |= {"seed": seed, "baseline": {"enabled": False}}
    folder = data / f"run-{recipe}-{part:g}"
    shutil.rmtree(folder, ignore_errors=True)
    file = data / f"{recipe}-{part:g}.yaml"
    file.write_text(yaml.safe_dump(settings))
    start = time.monotonic()
    done = subprocess.run(
        [ROOT / ".build/release/halcyon", "run", file, "--out", folder],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    elapsed = time.monotonic() - start
    if done.returncode:
        raise SideError(f"halcyon run {file} failed: {done.stdout[-2000:]}")
    summary = json.loads((folder / "summary.json").read_text())
    shutil.rmtree(folder)
    return {"top1": summary["student_top1"], "seconds": elapsed}


CIFAR_MEAN, CIFAR_STD = [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]
NETWORK = {"model": "resnet8", "stem": "strided", "width": 16}


def task(name, seed):
    """The folder of a task's pictures: data.npz for the peers and the same as files for us."""
    import numpy

    # Named by what made it, too: another version may divide the pictures otherwise.
    made = hashlib.sha256((HERE / "accuracy.py").read_bytes()).hexdigest()[:8]
    folder = FOLDER / "accuracy" / f"{name}-{seed}-{made}"
    if folder.exists():
        return folder
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    count = int(name.split("-")[1])
    if name.startswith("fashion"):
        settings = {"mean": [0.286], "std": [0.353], "padding": 2}
        arrays = fashion(making, count, numpy.random.default_rng(seed))
    else:
        settings = {"mean": CIFAR_MEAN, "std": CIFAR_STD, "padding": 4}
        arrays = cifar(making, count, numpy.random.default_rng(seed))
    numpy.savez(making / "data.npz", **arrays)
    (making / "data.json").write_text(json.dumps(settings | {"network": NETWORK}))
    making.rename(folder)
    return folder


def balanced(labels, count, random):
    """Which pictures are labelled, as many of each class, and which are not."""
    import numpy

    classes = int(labels.max()) + 1
    chosen = numpy.concatenate([
        random.permutation(numpy.flatnonzero(labels == one))[: count // classes]
        for one in range(classes)])
    rest = numpy.setdiff1d(numpy.arange(len(labels)), chosen)
    return numpy.sort(chosen), rest


def fashion(folder, count, random):
    pictures = {split: read_idx_file(FASHION / f"{split}-images-idx3-ubyte.gz") for split in ("train", "t10k")}
    labels = {split: read_idx_file(FASHION / f"{split}-labels-idx1-ubyte.gz") for split in ("train", "t10k")}
    chosen, rest = balanced(labels["train"], count, random)
    parts = {
        "labelled": ("train", pictures["train"][chosen], labels["train"][chosen]),
        "unlabelled": ("train", pictures["train"][rest], None),
        "test": ("t10k", pictures["t10k"], labels["t10k"]),
    }
    for name, (split, images, classes) in parts.items():
        (folder / name).mkdir()
        write_idx_file(folder / name / f"{split}-images-idx3-ubyte.gz", images)
        if classes is not None:
            write_idx_file(folder / name / f"{split}-labels-idx1-ubyte.gz", classes)
    return {
        "labelled": parts["labelled"][1][..., None], "labels": parts["labelled"][2],
        "unlabelled": parts["unlabelled"][1][..., None],
        "test": parts["test"][1][..., None], "test_labels": parts["test"][2]}


def cifar(folder, count, random):
    """The first shard is the test set: what `init` proposes was tuned on the last one."""
    import io

    import numpy
    from PIL import Image

    shards = sorted(pathlib.Path(os.environ["HALCYON_CIFAR"]).glob("*.tar"))
    if len(shards) < 2:
        raise SideError("HALCYON_CIFAR must name a folder of at least two shards of CIFAR-10")

    def samples(shard):
        found = {}
        with tarfile.open(shard) as tar:
            for member in tar:
                key, _, kind = member.name.rpartition(".")
                found.setdefault(key, {})[kind] = tar.extractfile(member).read()
        return list(found.items())

    def arrays(entries):
        decoded = [numpy.asarray(Image.open(io.BytesIO(one["jpg"])).convert("RGB")) for _, one in entries]
        return numpy.stack(decoded), numpy.array([int(one["cls"]) for _, one in entries], numpy.uint8)

    known = [entry for shard in shards[1:] for entry in samples(shard)]
    tested = samples(shards[0])
    images, labels = arrays(known)
    chosen, rest = balanced(labels, count, random)
    parts = {
        "labelled": ([known[index] for index in chosen], True),
        "unlabelled": ([known[index] for index in rest], False), "test": (tested, True)}
    for name, (entries, is_labelled) in parts.items():
        (folder / name).mkdir()
        with tarfile.open(folder / name / "00000.tar", "w") as tar:
            for key, one in entries:
                for kind in ("jpg", "cls") if is_labelled else ("jpg",):
                    info = tarfile.TarInfo(f"{key}.{kind}")
                    info.size = len(one[kind])
                    tar.addfile(info, io.BytesIO(one[kind]))
    test, test_labels = arrays(tested)
    return {
        "labelled": images[chosen], "labels": labels[chosen], "unlabelled": images[rest],
        "test": test, "test_labels": test_labels}
