"""Reads and writes the safetensors files of this folder: float32 only, insertion order kept."""

import json
import pathlib
import struct

import numpy
import torch

LARGEST = 300_000  # bytes; these files are committed


def write(path, tensors, metadata):
    """Writes `tensors` (name to tensor) and `metadata` (name to string) to `path`."""
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        tensor = torch.as_tensor(tensor).detach().to(torch.float32).contiguous()
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{path}: {name} is not finite")
        values = tensor.numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(values)],
        }
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    whole = struct.pack("<Q", len(text)) + text + data
    if len(whole) > LARGEST:
        raise ValueError(f"{path}: {len(whole)} bytes are more than {LARGEST}; shrink the network")
    pathlib.Path(path).write_bytes(whole)


def read(path):
    """Returns the tensors of `path`, name to NumPy array, and its metadata."""
    whole = pathlib.Path(path).read_bytes()
    start = 8 + struct.unpack_from("<Q", whole)[0]
    header = json.loads(whole[8:start])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        values = numpy.frombuffer(whole[start + first : start + last], "<f4")
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata


def relative_error(a, b):
    """max|a - b| / max|b|; the absolute error where b is all zero."""
    a, b = (numpy.asarray(x.detach() if torch.is_tensor(x) else x, "f8") for x in (a, b))
    if a.shape != b.shape:
        return float("inf")
    if b.size == 0:
        return 0.0
    largest = numpy.abs(b).max()
    return float(numpy.abs(a - b).max() / (largest if largest > 0 else 1))
