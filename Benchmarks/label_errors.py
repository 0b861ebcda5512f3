"""The item `label-errors`, which has no peer: how many planted wrong labels `halcyon label-errors` finds."""

import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess

from inputs import FOLDER, HERE, read_idx_file, write_idx_file
from sides import SideError

ROOT = HERE.parent
SHARE = 0.05


def label_errors():
    """The demo's 250 labels, of which one in twenty is another class's, by seed."""
    seeds = [int(part) for part in os.environ.get("SEEDS", "0,1,2").split(",")]
    found = [planted(seed) for seed in seeds]
    print(json.dumps({
        "work": "label-errors", "labels": [one["labels"] for one in found],
        "planted": [one["planted"] for one in found], "found": [one["found"] for one in found],
        # At their own number: of as many of the most dubious labels as were planted.
        "precision": round(statistics.mean(one["found"] / one["planted"] for one in found), 3),
        "named": [one["named"] for one in found], "named_right": [one["named_right"] for one in found],
        "seeds": seeds,
    }), flush=True)


def planted(seed):
    """Of one seed."""
    import numpy
    import yaml

    recipe = ROOT / "Recipes/fashion-mnist.yaml"
    source = pathlib.Path(yaml.safe_load(recipe.read_text())["data"]["labelled"])
    folder = FOLDER / "label-errors" / str(seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "train-images-idx3-ubyte.gz").symlink_to(source / "train-images-idx3-ubyte.gz")
    labels = read_idx_file(source / "train-labels-idx1-ubyte.gz")
    random = numpy.random.default_rng(seed)
    is_wrong = random.random(len(labels)) < SHARE
    others = (labels + random.integers(1, 10, len(labels))) % 10
    write_idx_file(
        folder / "train-labels-idx1-ubyte.gz", numpy.where(is_wrong, others, labels).astype(numpy.uint8))
    command = [
        ROOT / ".build/release/halcyon", "label-errors", recipe, "--out", folder / "run", "--set",
        f"data.labelled={folder}", "--set", "data.test=null", "--set", "data.testSplit=null", "--set",
        f"seed={seed}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SideError(f"halcyon label-errors failed: {done.stdout[-2000:]}")
    with (folder / "run/label-errors/label_issues.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["is_planted"] = bool(is_wrong[int(row["key"].rsplit("/", 1)[-1])])
    rows.sort(key=lambda row: float(row["label_quality"]))
    count = sum(row["is_planted"] for row in rows)
    named = [row for row in rows if row["is_label_issue"].lower() == "true"]
    return {
        "labels": len(rows), "planted": count, "found": sum(row["is_planted"] for row in rows[:count]),
        "named": len(named), "named_right": sum(row["is_planted"] for row in named)}
