"""Lists the samples of tar shards as one would in Python: os.scandir, and tarfile's headers."""

import argparse
import os
import tarfile

from rounds import serve


def index(folder):
    """(key, offset, length) of every picture, and its class, of all shards in `folder`."""
    entries = []
    for shard in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if not shard.name.endswith(".tar"):
            continue
        with tarfile.open(shard.path) as tar:
            for member in tar:
                stem, _, extension = member.name.partition(".")
                if extension == "jpg":
                    entries.append((stem, member.offset_data, member.size))
                else:
                    tar.extractfile(member).read()
    return entries


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--shard", required=True)
    parser.add_argument("--samples", type=int, required=True)
    arguments = parser.parse_args()

    def work():
        assert len(index(arguments.shard)) == arguments.samples

    serve(work, arguments.samples)
