"""Writes the numbers that PyTorch gives, which the Swift tests compare with.

    Benchmarks/peers/setup
    Benchmarks/peers/.venv/bin/python Tests/Reference/generate.py            writes the files anew
    Benchmarks/peers/.venv/bin/python Tests/Reference/generate.py models.json    only this one
    Benchmarks/peers/.venv/bin/python Tests/Reference/generate.py --check    compares, writes nothing

Made with Python 3.11, torch 2.13.0 (CPU), torchvision 0.28.0, numpy 2.4.6; on the CPU, one thread,
seeded. Another machine rounds differently: --check allows a relative error (max|a-b| / max|b| a
tensor) of 1e-5, as the Swift tests do, and 0.1 for bfloat16.

What is in each file stands in its metadata; networks.py, convnets.py, operations.py and catalogue.py
make them.
"""

import json
import pathlib
import sys

folder = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(folder.parents[1] / "Benchmarks" / "peers"))

import torch

import catalogue
import convnets
import networks
import operations
import pickles
import reference_file
import transformers
from vision import torchvision

TOLERANCE = {"bfloat16.safetensors": 0.1}


def reference_files():
    """name to (tensors, metadata), or to a JSON value."""
    files, halves = {}, {}
    half_errors = []
    for name in networks.NETWORKS:
        network, tensors, settings = networks.build(name)
        files[f"{name}.safetensors"] = (tensors, settings)
        for key, logits in networks.half_precision(network, tensors).items():
            halves[f"{name}.{key}"] = logits
            half_errors.append(reference_file.relative_error(logits, tensors[key]))
    for name in transformers.TRANSFORMERS:
        network, tensors, about = transformers.build(name)
        files[f"{name}.safetensors"] = (tensors, about)
        for key, logits in transformers.half_precision(network, tensors).items():
            halves[f"{name}.{key}"] = logits
            half_errors.append(reference_file.relative_error(logits, tensors[key]))
    files["positions.safetensors"] = transformers.positions()
    files["bfloat16.safetensors"] = (
        halves,
        {
            "about": "NETWORK.logits and NETWORK.evaluation.logits of NETWORK.safetensors under "
            "bfloat16 autocast; running statistics of evaluation: after.* of that file",
            "error_against_float32": f"{max(half_errors):.2g}",
        },
    )
    for name in convnets.NETWORKS:
        files[f"{name}.safetensors"] = convnets.build(name)
    for name in ("operations", "losses", "sgd", "adamw", "average", "probe", "consistency"):
        files[f"{name}.safetensors"] = getattr(operations, name)()
    files["pickles.safetensors"] = (
        pickles.tensors(),
        {"about": "the tensors of zip.pth, old.pth and protocol4.pth, as float32"},
    )
    files |= pickles.pickle_files()
    files["models.json"] = catalogue.catalogue()
    files["initialisation.json"] = catalogue.initialisation()
    files["fresh.json"] = convnets.fresh()
    return files


def differences(name, made):
    """What the committed file `name` has that differs from what was just made."""
    path = folder / name
    if not path.exists():
        return [f"{name} is missing"]
    if isinstance(made, bytes):
        return []  # other versions of torch write other bytes
    if not isinstance(made, tuple):
        return [] if json.loads(path.read_text()) == made else [f"{name} differs"]
    committed, _ = reference_file.read(path)
    tensors = {key: torch.as_tensor(value).detach().float() for key, value in made[0].items()}
    if list(committed) != list(tensors):
        return [f"{name} holds other tensors"]
    errors = {key: reference_file.relative_error(committed[key], tensors[key]) for key in tensors}
    limit = TOLERANCE.get(name, 1e-5)
    return [f"{name}: {key} differs by {e:.2g}" for key, e in errors.items() if not e <= limit]


def main():
    torch.set_num_threads(1)
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
    files = reference_files()
    if "--check" in sys.argv[1:]:
        found = [line for name, made in files.items() for line in differences(name, made)]
        print("\n".join(found) if found else f"{len(files)} files are as PyTorch gives them")
        sys.exit(bool(found))
    wanted = sys.argv[1:] or list(files)
    if unknown := set(wanted) - set(files):
        sys.exit(f"no such files: {', '.join(sorted(unknown))}; there are {', '.join(files)}")
    for name in wanted:
        made = files[name]
        if isinstance(made, tuple):
            reference_file.write(folder / name, made[0], made[1] | versions)
        elif isinstance(made, bytes):
            (folder / name).write_bytes(made)
        else:
            text = json.dumps(made, indent=1)
            (folder / name).write_text(text + "\n")
        print(f"{name}: {(folder / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
