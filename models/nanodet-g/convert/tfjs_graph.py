"""Reads a TensorFlow.js graph model: its nodes, its constants and what the attributes mean."""

import base64
import hashlib
import json
from pathlib import Path

import numpy as np

SHA256 = {
    "nanodet.json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
    "nanodet.bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
}


class TfjsGraph:
    """`nodes` by name; `weights` by name, float16 widened to float32 (which is exact)."""

    def __init__(self, folder):
        folder = Path(folder)
        for name, expected in SHA256.items():
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            if found != expected:
                raise SystemExit(f"{folder / name}: sha256 is {found}, expected {expected}")
        model = json.loads((folder / "nanodet.json").read_text())
        self.nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
        self.weights = {}
        for group in model["weightsManifest"]:
            stored = b"".join((folder / path).read_bytes() for path in group["paths"])
            self._read_group(group["weights"], stored)

    def _read_group(self, entries, stored):
        offset = 0
        for entry in entries:
            quantization = entry.get("quantization", {"dtype": entry["dtype"]})
            dtype = np.dtype({"float16": "<f2", "float32": "<f4", "int32": "<i4"}[quantization["dtype"]])
            count = int(np.prod(entry["shape"], dtype=np.int64))
            values = np.frombuffer(stored, dtype, count, offset).reshape(entry["shape"])
            offset += count * dtype.itemsize
            self.weights[entry["name"]] = values.astype(np.float32) if dtype.kind == "f" else values
        if offset != len(stored):
            raise SystemExit(f"weights end at {offset}, the file at {len(stored)}")

    def inputs(self, node):
        return [name for name in node.get("input", []) if not name.startswith("^")]


def text(node, key):
    return base64.b64decode(node["attr"][key]["s"]).decode()


def spatial(node, key):
    """Height and width of a four-element NHWC list attribute; batch and channel must be 1."""
    values = [int(value) for value in node["attr"][key]["list"]["i"]]
    if values[0] != 1 or values[3] != 1:
        raise SystemExit(f"{node['name']}: unexpected {key} {values}")
    return values[1:3]
