"""Lets our side and its peers take turns and prints what came out; Benchmarks/run says what and how.

    peers/.venv/bin/python compare.py [WORK or ITEM]
"""

import dataclasses
import json
import os
import signal
import statistics
import subprocess
import sys
from importlib.metadata import version

from accuracy import accuracy
from busy import busy
from duplicates import duplicates
from inputs import (
    demo_recipe, path_list, photograph_shards, photographs, runs_folder, score_pool, score_rows,
    shard_of_photographs)
from label_errors import label_errors
from sides import HERE, Side, SideError

PYTORCH = "PyTorch " + version("torch").split("+")[0]
TORCHVISION = "torchvision " + version("torchvision").split("+")[0]


@dataclasses.dataclass
class Item:
    """One comparison: the arguments of halcyon-bench, and the peers' by name."""

    name: str
    ours: list
    peers: dict
    factor: float = 0  # of a forward pass's operations; 0: no network computes, so no roof
    unit: str = "images/s"


def train(model, steps):
    arguments = ["--model", model, "--batch", 32, "--size", 224, "--steps", steps]
    peers = {f"{PYTORCH} eager": ["train.py", *arguments]}
    return Item(f"train-{model}", ["train", *arguments], peers, factor=3)


def processes():
    """Two processes of a thread each against one of two threads, on the same batches."""
    network = ["processes", "--model", "resnet50", "--batch", 32, "--size", 224, "--steps", 2]
    ours = [*network, "--processes", 2, "--threads", 1]
    peers = {"one process of 2 threads": [*network, "--processes", 1, "--threads", 2]}
    return Item("processes", ours, peers, factor=3)


def score(model, batches):
    arguments = ["--model", model, "--batch", 32, "--size", 224, "--batches", batches]
    return Item(f"score-{model}", ["score", *arguments], bf16_peers(arguments), factor=1)


def bf16_peers(arguments):
    """Inference in bf16 as users of PyTorch and of OpenVINO would tune it."""
    peers = {
        f"{PYTORCH} {engine}": ["score.py", *arguments, "--engine", engine]
        for engine in ("eager", "compile")
    }
    return peers | openvino(arguments, "bf16")


def openvino(arguments, precision):
    """With one request at a time on all cores, and with a request a core."""
    cores = len(os.sched_getaffinity(0))
    return {
        f"OpenVINO {version('openvino')} {precision}, {streams} at a time": [
            "score_openvino.py", *arguments, "--precision", precision, "--streams", streams]
        for streams in sorted({1, cores})
    }


def int8(model, batches, peers):
    """Ours in int8, against the others' bf16 or OpenVINO's int8."""
    arguments = ["--model", model, "--batch", 32, "--size", 224, "--batches", batches]
    others = bf16_peers(arguments) if peers == "bf16" else openvino(arguments, "int8")
    return Item(f"int8-{model}-{peers}", ["score", *arguments, "--precision", "int8"], others)


LOADING = ["--batch", 32, "--images", 512, "--size", 224]


def loader(source):
    shards = source == "shards"
    photos = photograph_shards() if shards else photographs()
    arguments = ["--photos", photos, *LOADING, *(["--shards"] if shards else [])]
    peers = {f"{TORCHVISION}, 2 workers": ["loader.py", *arguments, "--workers", 2]}
    return Item(f"loader-{source}", ["loader", *arguments, "--runs", runs_folder()], peers)


def cache(encoding):
    """Against our own loader on the photographs themselves, with as many threads."""
    originals = ["loader", "--photos", photographs(), *LOADING]
    copies = [*originals, "--cached", encoding, "--runs", runs_folder()]
    return Item(f"cache-{encoding}", copies, {"ours, from the originals": originals})


def demo():
    recipe = demo_recipe("Recipes/fashion-mnist.yaml", by=10)
    cores = len(os.sched_getaffinity(0))
    peers = {
        f"{PYTORCH} eager, {precision}, {threads} of {cores} cores": [
            "demo.py", "--recipe", recipe, "--precision", precision, "--threads", threads]
        for precision in ("float32", "bf16")
        for threads in sorted({1, cores})
    }
    peers |= {
        f"{PYTORCH} DDP of 2 processes, {precision}, 1 thread each": [
            "demo.py", "--recipe", recipe, "--precision", precision, "--threads", 1, "--processes", 2]
        for precision in ("float32", "bf16") if cores > 1
    }
    return Item("demo", ["demo", "--recipe", recipe, "--runs", runs_folder()], peers)


def score_overhead(precision):
    """Against our own bare inference: what reading, decoding, ranking and writing cost beside it."""
    network = ["--model", "resnet50", "--batch", 32, "--size", 224, "--precision", precision]
    # Each scoring times numbers of threads when it begins: a quarter of a usual shard, so that this is no tenth of it.
    ours = ["overhead", *network, "--photos", photographs(), "--runs", runs_folder(), "--images", 2_560]
    peers = {"bare inference, pictures in memory": ["score", *network, "--batches", 8]}
    is_plain = precision == "bf16"
    name = "score-overhead" if is_plain else f"score-overhead-{precision}"
    return Item(name, ours, peers, factor=int(is_plain))


def index():
    archive, samples = shard_of_photographs(), 50_000
    arguments = ["--shard", archive, "--samples", samples]
    peers = {"Python os.scandir + tarfile": ["index_tar.py", *arguments]}
    return Item("index", ["index", *arguments, "--runs", runs_folder()], peers, unit="entries/s")


def startup(seen):
    """From a list of PATHS paths (10 million) to the first batch."""
    paths = int(os.environ.get("PATHS") or 10_000_000)
    arguments = ["--list", path_list(paths), "--paths", paths, "--seen", seen(paths)]
    peers = {"Python csv + DataLoader, 2 workers": ["startup.py", *arguments]}
    return Item(
        "startup-restart" if seen(paths) else "startup-first", ["startup", *arguments], peers,
        unit="paths/s")


def select(source):
    """From files (each engine's best form) to a file, or from memory to memory; ours always to a file."""
    rows = score_rows()
    forms = [("Polars", "polars", "memory"), ("DuckDB", "duckdb", "memory")]
    if source == "files":
        forms = [
            ("Polars", "polars", "arrow"), ("Polars", "polars", "parquet"),
            ("DuckDB", "duckdb", "parquet")]
    peers = {
        f"{name} {version(engine)}, {form}, 2 threads": [
            "select_top.py", "--engine", engine, "--rows", rows, "--format", form, "--threads", 2]
        for name, engine, form in forms
    }
    return Item(
        f"select-{source}", ["select", "--folder", rows, "--threads", 2], peers, unit="rows/s")


def select_billion():
    """Without a peer: the lines that our side prints."""
    command = [HERE / ".build/release/halcyon-bench", "select-billion", "--pool", score_pool()]
    if subprocess.run(command, check=False).returncode:
        raise SideError("select-billion failed; its own message is above")


ITEMS = {
    "train-resnet50": lambda: train("resnet50", steps=2),
    "train-resnet18": lambda: train("resnet18", steps=4),
    "score-resnet50": lambda: score("resnet50", batches=6),
    "score-resnet18": lambda: score("resnet18", batches=12),
    "processes": processes,
    "loader-folders": lambda: loader("folders"),
    "loader-shards": lambda: loader("shards"),
    "cache-jpeg": lambda: cache("jpeg"),
    "cache-raw": lambda: cache("raw"),
    "int8-resnet50-bf16": lambda: int8("resnet50", 12, peers="bf16"),
    "int8-resnet50-openvino": lambda: int8("resnet50", 12, peers="openvino"),
    "demo": demo,
    "score-overhead": lambda: score_overhead("bf16"),
    "score-overhead-int8": lambda: score_overhead("int8"),
    "index": index,
    "startup-first": lambda: startup(lambda paths: 0),
    "startup-restart": lambda: startup(lambda paths: paths // 2),
    "select-files": lambda: select("files"),
    "select-memory": lambda: select("memory"),
}


ALONE = {
    "accuracy": accuracy, "busy": busy, "duplicates": duplicates, "label-errors": label_errors,
    "select-billion": select_billion,
}


def compare(item, pairs):
    """The JSON line of `item`, from so many turns."""
    sides, ours, peers, roof = [], None, {}, None
    try:
        sides.append(ours := Side.ours("ours", item.ours))
        for name, arguments in item.peers.items():
            try:
                is_ours = not str(arguments[0]).endswith(".py")
                start = Side.ours if is_ours else Side.peer
                sides.append(start(name, arguments))
                peers[name] = sides[-1]
            except SideError as error:
                tell(f"{item.name}: without {name}: {error}")
        if not peers:
            raise SideError(f"{item.name}: no peer runs")
        if item.factor:
            sides.append(roof := Side.ours("roof", ["roof"]))
        values = {side: [] for side in sides}
        for turn in range(pairs):
            for side in sides if turn % 2 == 0 else reversed(sides):
                values[side].append(side.round())
            tell(f"{item.name}: turn {turn + 1} of {pairs}: " + ", ".join(
                f"{side.name} {values[side][-1]:.4g}" for side in sides))
    finally:
        for side in sides:
            side.end()

    peer = max(peers.values(), key=lambda side: statistics.median(values[side]))
    turns = sorted(zip(values[ours], values[peer]), key=lambda pair: pair[0] / pair[1])
    mine, theirs = turns[len(turns) // 2]
    share = None
    if roof:
        operations = mine * ours.operations_per_image * item.factor
        share = round(operations / max(values[roof]), 3)
    return {
        "work": item.name, "ours": round(mine, 2), "peer": peer.name, "theirs": round(theirs, 2),
        "ratio": round(mine / theirs, 3), "unit": item.unit, "roof": share,
    }


def tell(line):
    print(f"bench: {line}", file=sys.stderr, flush=True)


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    every = [*ITEMS, *ALONE]
    names = [only] if only in every else [
        name for name in every if only in ("", name.split("-")[0]) and (only or name != "accuracy")]
    pairs = int(os.environ.get("PAIRS") or 5)
    if not names or pairs < 5:
        works = ", ".join(dict.fromkeys(name.split("-")[0] for name in every))
        sys.exit(
            f"bench: nothing is named {only}; there are {works} and {', '.join(every)}"
            if not names else "bench: PAIRS must be at least 5")
    pairs += 1 - pairs % 2  # the median is then one of the turns
    for name in names:
        tell(f"{name}: warming up")
        if name in ALONE:
            ALONE[name]()
            continue
        print(json.dumps(compare(ITEMS[name](), pairs)), flush=True)


if __name__ == "__main__":
    # However this ends, the sides, which may be stopped, end with it.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        main()
    except SideError as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
