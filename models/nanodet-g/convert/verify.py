"""Checks the converted file against the source graph, evaluated here with numpy in the source's own layouts,
with the pre- and post-processing written out a second time. See README.md.

    /usr/bin/python3 verify.py FOLDER_WITH_nanodet.json nanodet-g.onnx WIDTH HEIGHT [FRAME]

FRAME is a picture as planar G, B, R bytes (`ffmpeg -pix_fmt gbrp -f rawvideo`); without it, noise from a fixed
seed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tfjs_graph import TfjsGraph, spatial

SCORE_TOLERANCE = 1e-5
BOX_TOLERANCE_PX = 1e-2
KEPT_CLASSES = [0, 1, 2, 3, 5, 6, 7]
HEADS = [("PartitionedCall/Add_29", 8), ("PartitionedCall/Add_33", 16), ("PartitionedCall/Add_37", 32)]


class Evaluator:
    """The source graph, node by node, as TensorFlow defines the operations."""

    def __init__(self, graph, picture, scale_of_416):
        self.graph, self.scale_of_416 = graph, scale_of_416
        self.values = {"input_1": picture}

    def value(self, name):
        if name in self.graph.weights:
            return self.graph.weights[name]
        if name not in self.values:
            node = self.graph.nodes[name]
            inputs = [self.value(each) for each in self.graph.inputs(node)]
            self.values[name] = self.evaluate(node, inputs)
        return self.values[name]

    def evaluate(self, node, inputs):
        kind, first = node["op"], inputs[0]
        if kind == "Transpose":
            return first.transpose(inputs[1])
        if kind in ("Pad", "PadV2"):
            return np.pad(first, inputs[1], constant_values=inputs[2] if kind == "PadV2" else 0)
        if kind in ("Add", "AddV2"):
            return first + inputs[1]
        if kind == "LeakyRelu":
            return np.where(first > 0, first, first * np.float32(node["attr"]["alpha"]["f"]))
        if kind == "ConcatV2":
            return np.concatenate(inputs[:-1], axis=int(inputs[-1]))
        if kind == "Conv2D":
            windows = windows_of(first, inputs[1].shape[:2], spatial(node, "strides"))
            return np.einsum("nhwcij,ijco->nhwo", windows, inputs[1], optimize=True)
        if kind == "MaxPool":
            return windows_of(first, spatial(node, "ksize"), spatial(node, "strides")).max(axis=(-2, -1))
        if kind == "ResizeBilinear":
            by_height, by_width = self.scale_of_416
            size = (round(int(inputs[1][0]) * by_height), round(int(inputs[1][1]) * by_width))
            return bilinear(bilinear(first, size[0], 1), size[1], 2)
        raise SystemExit(f"cannot evaluate {kind}")


def windows_of(data, kernel, strides):
    windows = np.lib.stride_tricks.sliding_window_view(data, kernel, axis=(1, 2))
    return windows[:, :: strides[0], :: strides[1]]


def bilinear(data, size, axis):
    """Half-pixel centres, clamped at the edges."""
    length = data.shape[axis]
    at = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, length - 1)
    shape = [1] * data.ndim
    shape[axis] = size
    share = (at - low).astype(np.float32).reshape(shape)
    return data.take(low, axis) * (1 - share) + data.take(high, axis) * share


def expected_cells(graph, frame):
    """Every cell's box and kept class scores, [cells, 4 + 7], from one picture [3,H,W] in G, B, R."""
    _, height, width = frame.shape
    bgr = frame[[1, 0, 2]].astype(np.float32)
    mean = np.array([103.53, 116.28, 123.675], np.float32)[:, None, None]
    deviation = np.array([57.375, 57.12, 58.395], np.float32)[:, None, None]
    evaluator = Evaluator(graph, ((bgr - mean) / deviation)[None], (height / 416, width / 416))
    rows = []
    for name, stride in HEADS:
        head = evaluator.value(name)[0].astype(np.float64)  # [h, w, 124]
        for row, line in enumerate(head):
            for column, cell in enumerate(line):
                scores = 1 / (1 + np.exp(-cell[KEPT_CLASSES]))
                shares = np.exp(cell[80:].reshape(4, 11))
                left, top, right, bottom = (shares @ np.arange(11)) / shares.sum(axis=1) * stride
                x, y = (column + 0.5) * stride, (row + 0.5) * stride
                rows.append([x - left, y - top, x + right, y + bottom, *scores])
    return np.array(rows)


def detections_of(model, frame):
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder, "frame"), Path(folder, "detections")
        given.write_bytes(frame.tobytes())
        script = Path(__file__).with_name("run-model.mjs")
        size = [str(frame.shape[2]), str(frame.shape[1])]
        subprocess.run(["node", script, model, *size, given, found], check=True)
        return np.fromfile(found, "<f4").reshape(-1, 11)


def main():
    folder, model, width, height = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if len(sys.argv) > 5:
        frame = np.fromfile(sys.argv[5], np.uint8).reshape(3, height, width)
    else:
        frame = np.random.default_rng(7).integers(0, 256, (3, height, width), np.uint8)
    cells = expected_cells(TfjsGraph(folder), frame)
    found = detections_of(model, frame)
    best = np.sort(cells[:, 4:].max(axis=1))[::-1][: len(found)]
    order = np.abs(found[:, 4:].max(axis=1) - best).max()
    # Rows of equal score may swap places: compare each with the cell that it is nearest to.
    nearest = [np.abs(cells - row).max(axis=1).argmin() for row in found]
    difference = np.abs(found - cells[nearest])
    boxes, scores = difference[:, :4].max(), difference[:, 4:].max()
    print(f"{width}x{height}: {len(found)} rows, best score {best[0]:.3f}; greatest difference: "
          f"boxes {boxes:.1e} px, scores {scores:.1e}, ranked scores {order:.1e}")
    if len(set(nearest)) != len(found) or boxes > BOX_TOLERANCE_PX or max(scores, order) > SCORE_TOLERANCE:
        raise SystemExit("the converted file does not compute what its source computes")


if __name__ == "__main__":
    main()
