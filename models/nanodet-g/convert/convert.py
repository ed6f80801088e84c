"""NanoDet-g, TensorFlow.js graph model -> one ONNX file for any input size. See README.md.

    /usr/bin/python3 convert.py FOLDER_WITH_nanodet.json nanodet-g.onnx
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tfjs_graph import TfjsGraph, spatial, text

# COCO's 80 classes, counted from 0: the road users that are kept, in the order of the output columns.
CLASSES = {"person": 0, "bicycle": 1, "car": 2, "motorcycle": 3, "bus": 5, "train": 6, "truck": 7}
COCO_CLASSES = 80
BINS = 11  # each box side is a distribution over 0..10 strides (generalized focal loss)
CANDIDATES = 400  # best cells handed out; 100 loses near cars in a full picture
# nanodet config/legacy_v0.x_configs/nanodet-g.yml: `normalize`, in B, G, R
MEAN_BGR = np.array([103.53, 116.28, 123.675], np.float32)
STD_BGR = np.array([57.375, 57.12, 58.395], np.float32)
BGR_FROM_GBR = [1, 0, 2]  # plane c of the input (G, B, R) is channel BGR_FROM_GBR[c] of the net (B, G, R)
# Where the network ends: 80 class logits and 4 x 11 box logits per cell, at these strides.
HEADS = {8: "PartitionedCall/Add_29", 16: "PartitionedCall/Add_33", 32: "PartitionedCall/Add_37"}
TRAINED_SIZE = 416  # the size that the constants of the source graph were made for

NCHW, NHWC = "NCHW", "NHWC"
LAYOUT_AFTER = {(NCHW, (0, 2, 3, 1)): NHWC, (NHWC, (0, 3, 1, 2)): NCHW}


class Tensor:
    """An ONNX tensor, always stored NCHW. `layout` is what the source graph takes it for, `stride` is input
    pixels per cell, `pads` (top, left, bottom, right) wait for the next convolution or pooling."""

    def __init__(self, name, layout, stride, pads=(0, 0, 0, 0)):
        self.name, self.layout, self.stride, self.pads = name, layout, stride, tuple(pads)


class Builder:
    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, values, half=False):
        """A constant. `half` stores it as float16; the graph widens it, once, when the file is loaded."""
        name = f"c{len(self.initializers)}"
        values = np.asarray(values)
        if not half:
            self.initializers.append(numpy_helper.from_array(values, name))
            return name
        narrow = values.astype(np.float16)
        if not np.array_equal(narrow.astype(np.float32), values):
            raise SystemExit(f"{name} does not fit float16 exactly")
        self.initializers.append(numpy_helper.from_array(narrow, name))
        return self.op("Cast", name, to=TensorProto.FLOAT)

    def op(self, kind, *inputs, outputs=1, name=None, **attributes):
        names = [name] if name else [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names


class Network:
    """Walks the source graph from its heads to the input. The source alternates between NCHW and NHWC by
    transposing; everything here stays NCHW, so a transpose changes nothing but `layout`."""

    def __init__(self, graph, builder, picture):
        self.graph, self.builder = graph, builder
        self.done = {"input_1": Tensor(picture, NCHW, 1)}

    def tensor(self, name):
        if name not in self.done:
            self.done[name] = self.convert(self.graph.nodes[name])
        return self.done[name]

    def constant_of(self, name):
        return self.graph.weights.get(name)

    def convert(self, node):
        first, *rest = self.graph.inputs(node)
        kind = node["op"]
        if kind == "Transpose":
            source = self.tensor(first)
            layout = LAYOUT_AFTER[(source.layout, tuple(int(p) for p in self.constant_of(rest[0])))]
            return Tensor(source.name, layout, source.stride, source.pads)
        if kind in ("Pad", "PadV2"):
            return self.pad(self.tensor(first), kind, *[self.constant_of(name) for name in rest])
        if kind in ("Add", "AddV2"):
            bias = self.constant_of(rest[0])
            if bias is None:
                return self.add(first, rest[0])
            return self.convolution(self.graph.nodes[first], bias)
        if kind == "MaxPool":
            source = self.plain_or_padded(self.tensor(first), node)
            strides = spatial(node, "strides")
            name = self.builder.op("MaxPool", source.name, kernel_shape=spatial(node, "ksize"),
                                   strides=strides, pads=source.pads)
            return Tensor(name, NHWC, source.stride * strides[0])
        if kind == "LeakyRelu":
            source = self.unpadded(self.tensor(first))
            name = self.builder.op("LeakyRelu", source.name, alpha=float(node["attr"]["alpha"]["f"]))
            return Tensor(name, source.layout, source.stride)
        if kind == "ConcatV2":
            return self.concat([first, *rest[:-1]], int(self.constant_of(rest[-1])))
        if kind == "ResizeBilinear":
            return self.resize(self.tensor(first), self.constant_of(rest[0]), node)
        raise SystemExit(f"{node['name']}: cannot convert {kind}")

    def unpadded(self, tensor):
        if any(tensor.pads):
            raise SystemExit(f"{tensor.name}: padding that no convolution takes up")
        return tensor

    def plain_or_padded(self, tensor, node):
        if tensor.layout != NHWC or text(node, "padding") != "VALID":
            raise SystemExit(f"{node['name']}: expected NHWC and VALID padding")
        return tensor

    def pad(self, source, kind, paddings, value=0.0):
        # Before a pooling the source pads with the lowest number, which is what ONNX's MaxPool does itself.
        if source.layout != NCHW or any(source.pads):
            raise SystemExit(f"{source.name}: unexpected padding")
        if kind == "PadV2" and value > -1e30:
            raise SystemExit(f"{source.name}: padded with {value}")
        by_axis = dict(zip(source.layout, paddings.tolist()))
        if by_axis["N"] != [0, 0] or by_axis["C"] != [0, 0]:
            raise SystemExit(f"{source.name}: padding of batch or channels")
        (top, bottom), (left, right) = by_axis["H"], by_axis["W"]
        return Tensor(source.name, source.layout, source.stride, (top, left, bottom, right))

    def convolution(self, node, bias):
        data, kernel = self.graph.inputs(node)
        source = self.plain_or_padded(self.tensor(data), node)
        weights = self.constant_of(kernel).transpose(3, 2, 0, 1)
        strides = spatial(node, "strides")
        if node["op"] != "Conv2D" or spatial(node, "dilations") != [1, 1] or strides[0] != strides[1]:
            raise SystemExit(f"{node['name']}: unexpected convolution")
        exact = True
        if source.name == self.done["input_1"].name:
            # The division by the deviation and the order of the planes move into the first weights.
            weights = (weights / STD_BGR[None, :, None, None])[:, [BGR_FROM_GBR.index(c) for c in range(3)]]
            exact = False
        if node["name"] in (self.graph.inputs(self.graph.nodes[head])[0] for head in HEADS.values()):
            kept = [*CLASSES.values(), *range(COCO_CLASSES, COCO_CLASSES + 4 * BINS)]
            weights, bias = weights[kept], bias[kept]
        name = self.builder.op(
            "Conv", source.name,
            self.builder.constant(weights, half=exact), self.builder.constant(bias, half=True),
            kernel_shape=list(weights.shape[2:]), strides=strides, pads=source.pads,
        )
        return Tensor(name, NHWC, source.stride * strides[0])

    def add(self, left, right):
        left, right = self.unpadded(self.tensor(left)), self.unpadded(self.tensor(right))
        if (left.layout, left.stride) != (right.layout, right.stride):
            raise SystemExit(f"cannot add {left.name} and {right.name}")
        return Tensor(self.builder.op("Add", left.name, right.name), left.layout, left.stride)

    def concat(self, names, axis):
        parts = [self.unpadded(self.tensor(name)) for name in names]
        if any((part.layout, part.stride) != (NCHW, parts[0].stride) for part in parts) or axis != 1:
            raise SystemExit(f"cannot join {names} along axis {axis}")
        name = self.builder.op("Concat", *[part.name for part in parts], axis=1)
        return Tensor(name, NCHW, parts[0].stride)

    def resize(self, source, size, node):
        attributes = node["attr"]
        half_pixel = attributes["half_pixel_centers"]["b"] and not attributes["align_corners"]["b"]
        if source.layout != NHWC or not half_pixel:
            raise SystemExit(f"{node['name']}: unexpected resize")
        stride = TRAINED_SIZE // int(size[0])
        scale = source.stride / stride
        name = self.builder.op(
            "Resize", source.name, "", self.builder.constant(np.array([1, 1, scale, scale], np.float32)),
            mode="linear", coordinate_transformation_mode="half_pixel",
        )
        return Tensor(name, NHWC, stride)


def picture_of(builder):
    """uint8 [3,H,W] -> float [1,3,H,W] minus the mean. The mean cannot move into the first convolution: its
    zero padding stands for the mean colour."""
    pixels = builder.op("Cast", "frame", to=TensorProto.FLOAT)
    batch = builder.op("Unsqueeze", pixels, builder.constant(np.array([0], np.int64)))
    mean = np.array([MEAN_BGR[BGR_FROM_GBR[plane]] for plane in range(3)], np.float32)
    return builder.op("Sub", batch, builder.constant(mean.reshape(1, 3, 1, 1)))


def cells_of(builder, head, stride):
    """Centre x, centre y and stride of each cell of one head, [1,3,h*w], row by row."""
    height, width = (
        builder.op("Squeeze", builder.op("Shape", head, start=axis, end=axis + 1)) for axis in (2, 3)
    )
    grid = builder.op("Shape", head, start=2, end=4)

    def axis(length, as_column):
        steps = builder.op("Range", builder.constant(np.int64(0)), length, builder.constant(np.int64(1)))
        whole = builder.op("Cast", steps, to=TensorProto.FLOAT)
        halves = builder.op("Add", whole, builder.constant(np.float32(0.5)))
        line = builder.op("Mul", halves, builder.constant(np.float32(stride)))
        if as_column:
            line = builder.op("Unsqueeze", line, builder.constant(np.array([1], np.int64)))
        return builder.op("Expand", line, grid)

    strides = builder.op("Expand", builder.constant(np.float32(stride)), grid)
    planes = [axis(width, False), axis(height, True), strides]
    one_row = np.array([1, 1, -1], np.int64)
    flat = [builder.op("Reshape", plane, builder.constant(one_row)) for plane in planes]
    return builder.op("Concat", *flat, axis=1)


def detections_of(builder, heads):
    """Heads -> `detections` [candidates, 4 + classes]: sigmoid, the best cells, and the mean of each box
    side's distribution (Li et al. 2020, Generalized Focal Loss, eq. 4) for those cells only."""
    flat = builder.constant(np.array([1, len(CLASSES) + 4 * BINS, -1], np.int64))
    logits = builder.op("Concat", *[builder.op("Reshape", head, flat) for head in heads.values()], axis=2)
    cells = builder.op("Concat", *[cells_of(builder, head, stride) for stride, head in heads.items()], axis=2)
    parts = builder.constant(np.array([len(CLASSES), 4 * BINS], np.int64))
    class_logits, box_logits = builder.op("Split", logits, parts, outputs=2, axis=1)
    scores = builder.op("Sigmoid", class_logits)

    best = builder.op("ReduceMax", scores, axes=[0, 1], keepdims=0)
    wanted = builder.constant(np.array([CANDIDATES], np.int64))
    count = builder.op("Min", wanted, builder.op("Shape", best))
    _, chosen = builder.op("TopK", best, count, outputs=2, axis=0)
    scores, box_logits, cells = (
        builder.op("Gather", part, chosen, axis=2) for part in (scores, box_logits, cells)
    )

    sides = builder.op("Reshape", box_logits, builder.constant(np.array([4, BINS, -1], np.int64)))
    shares = builder.op("Softmax", sides, axis=1)
    bins = builder.constant(np.arange(BINS, dtype=np.float32).reshape(1, 1, BINS))
    distances = builder.op("Reshape", builder.op("MatMul", bins, shares),
                           builder.constant(np.array([1, 4, -1], np.int64)))
    centre, stride = builder.op("Split", cells, builder.constant(np.array([2, 1], np.int64)),
                                outputs=2, axis=1)
    before, after = builder.op("Split", builder.op("Mul", distances, stride),
                               builder.constant(np.array([2, 2], np.int64)), outputs=2, axis=1)
    first, second = builder.op("Sub", centre, before), builder.op("Add", centre, after)
    rows = builder.op("Concat", first, second, scores, axis=1)
    columns = builder.op("Squeeze", rows, builder.constant(np.array([0], np.int64)))
    return builder.op("Transpose", columns, name="detections", perm=[1, 0])


def convert(folder):
    builder = Builder()
    network = Network(TfjsGraph(folder), builder, picture_of(builder))
    heads = {}
    for stride, name in HEADS.items():
        head = network.tensor(name)
        if head.stride != stride:
            raise SystemExit(f"{name} has stride {head.stride}, expected {stride}")
        heads[stride] = head.name
    detections_of(builder, heads)
    graph = helper.make_graph(
        builder.nodes, "nanodet-g",
        [helper.make_tensor_value_info("frame", TensorProto.UINT8, [3, "height", "width"])],
        [helper.make_tensor_value_info("detections", TensorProto.FLOAT, ["candidates", 4 + len(CLASSES)])],
        builder.initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="roadside")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    folder, target = sys.argv[1:]
    stored = convert(folder).SerializeToString()
    Path(target).write_bytes(stored)
    print(f"{target}: {len(stored)} bytes, sha256 {hashlib.sha256(stored).hexdigest()}")


if __name__ == "__main__":
    main()
