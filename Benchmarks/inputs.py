"""What both sides of a comparison read: made once, kept in Benchmarks/.build."""

import gzip
import os
import pathlib
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / ".build" / "inputs"
PHOTOS = 256


def photographs():
    """A folder of JPEGs: made ones, or links to those below HALCYON_PHOTOS."""
    given = os.environ.get("HALCYON_PHOTOS")
    folder = FOLDER / ("given" if given else f"photos-{PHOTOS}")
    if folder.exists() and not given:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    if given:
        files = [
            path.resolve() for path in sorted(pathlib.Path(given).rglob("*"))
            if path.suffix.lower() in (".jpg", ".jpeg")
        ]
        if not files:
            sys.exit(f"bench: HALCYON_PHOTOS: no .jpg or .jpeg below {given}")
        for number, path in enumerate(files):
            (making / f"{number:06}.jpg").symlink_to(path)
    else:
        print(f"bench: making {PHOTOS} photographs in {folder}", file=sys.stderr)
        python = HERE / "peers/.venv/bin/python"
        subprocess.run(
            [python, HERE / "peers/photos.py", making, str(PHOTOS)], check=True, stdout=sys.stderr)
    making.rename(folder)
    return folder


def photograph_shards(shards=4):
    """A folder of tar shards of the photographs, in WebDataset's form."""
    import tarfile

    photos = photographs()
    folder = FOLDER / f"{photos.name}-shards"
    if folder.exists() and not os.environ.get("HALCYON_PHOTOS"):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    files = sorted(photos.iterdir())
    for shard in range(shards):
        with tarfile.open(making / f"{shard:05}.tar", "w", dereference=True) as tar:
            for path in files[shard::shards]:
                tar.add(path, arcname=path.name)
    making.rename(folder)
    return folder


def path_list(paths):
    """A CSV of so many paths and labels of a thousand classes; every path leads to a photograph."""
    folder = FOLDER / f"paths-{paths}"
    if folder.exists():
        return folder / "list.csv"
    photos = photographs()
    names = sorted(path.name for path in photos.iterdir())
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    with open(making / "list.csv", "w") as out:
        out.write("path,label\n")
        for number in range(-(-paths // len(names))):
            # Links to one folder, so that there are so many files without so many pictures.
            (making / f"{number:06}").symlink_to(photos, target_is_directory=True)
            first = number * len(names)
            out.writelines(
                f"{number:06}/{name},class{(first + place) % 1000:03}\n"
                for place, name in enumerate(names[: paths - first]))
    making.rename(folder)
    return folder / "list.csv"


def score_rows():
    """A folder of score files, and of the same rows in the peers' own formats."""
    folder = FOLDER / "rows"
    if folder.exists():
        return folder
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    subprocess.run(
        [HERE / ".build/release/halcyon-bench", "select-rows", "--folder", making], check=True)
    python = HERE / "peers/.venv/bin/python"
    subprocess.run([python, HERE / "peers/select_top.py", "--convert", making], check=True)
    making.rename(folder)
    return folder


def shard_of_photographs(samples=50_000):
    """A folder with a tar shard of so many samples: small pictures, each with its class."""
    import io
    import tarfile

    folder = FOLDER / f"shards-{samples}"
    if folder.exists():
        return folder
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    picture = bytes(range(256)) * 8  # what is in it, indexing does not look at
    with tarfile.open(making / "00000.tar", "w") as tar:
        for number in range(samples):
            for name, data in ((f"{number:09}.jpg", picture), (f"{number:09}.cls", b"7")):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    making.rename(folder)
    return folder


def demo_recipe(recipe, by):
    """The path of a recipe with 1/`by` of the work of `recipe`, on 1/`by` of its pictures."""
    import yaml

    folder = FOLDER / "demo" / "fashion-mnist"
    source = pathlib.Path(yaml.safe_load(pathlib.Path(recipe).read_text())["data"]["labelled"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for split in ("train", "t10k"):
        for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
            thin(source / f"{split}-{kind}.gz", folder / f"{split}-{kind}.gz", by)
    out = folder / "recipe.yaml"
    subprocess.run(
        [HERE / ".build/release/halcyon-bench", "scale-demo", "--recipe", recipe, "--by", str(by),
         "--data", folder, "--out", out],
        check=True, stdout=sys.stderr)
    return out


def read_idx_file(path):
    """The array of bytes in a gzipped IDX file."""
    import numpy

    data = gzip.decompress(path.read_bytes())
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).reshape(shape)


def write_idx_file(path, array):
    """Writes an array of bytes as a gzipped IDX file."""
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(head + array.tobytes(), 1))


def thin(source, out, by):
    """Writes the first 1/`by` of an IDX file; the pictures of these sets lie in random order."""
    array = read_idx_file(source)
    write_idx_file(out, array[: len(array) // by])


def score_pool():
    """Where our side of `select-billion` keeps 2 GB of score files, made when they are first needed."""
    return FOLDER / "scores"


def runs_folder():
    """Where our side of `demo` keeps a run while it lasts."""
    return FOLDER / "demo" / "runs"
