"""NanoDet-g in int8: the body's weights and values as bytes (QDQ), the decoding as it is. See README.md.

    /usr/bin/python3 quantise.py nanodet-g.onnx FRAMES WIDTH HEIGHT nanodet-g-int8.onnx

FRAMES holds calibration pictures one after the other, as planar G, B, R bytes of WIDTH x HEIGHT.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BODY_OPERATIONS = {"Conv", "LeakyRelu", "Concat", "Add", "MaxPool", "Resize", "Sub"}
# Weights keep 7 bits. Processors without VNNI add two products of bytes in 16 bits, and 2 x 255 x 127 does not
# fit (onnxruntime, "Quantize ONNX models", on reduce_range); 2 x 255 x 63 does.
GREATEST_WEIGHT = 63
LEVELS = 255  # values are uint8
# The extremes of the quietest and loudest frames are left out, so that one odd frame does not coarsen all.
PERCENT_LEFT_OUT = 2
SMALLEST_SCALE = 1e-8


class Source:
    def __init__(self, model):
        self.model, self.graph = model, model.graph
        self.maker = {name: node for node in self.graph.node for name in node.output}
        self.stored = {each.name: each for each in self.graph.initializer}

    def constant(self, name):
        """The value of a stored constant, also of one that is stored as float16 and widened; None otherwise."""
        if name in self.stored:
            return numpy_helper.to_array(self.stored[name])
        node = self.maker.get(name)
        if node is not None and node.op_type == "Cast" and node.input[0] in self.stored:
            return numpy_helper.to_array(self.stored[node.input[0]]).astype(np.float32)
        return None

    def heads(self):
        """The last convolutions: what the decoding reshapes."""
        reshaped = [node.input[0] for node in self.graph.node if node.op_type == "Reshape"]
        return [name for name in reshaped if name in self.maker and self.maker[name].op_type == "Conv"]

    def body(self):
        """Names of the values from the picture to the heads, in the order of their computation."""
        found, waiting = set(), self.heads()
        while waiting:
            name = waiting.pop()
            node = self.maker.get(name)
            if name in found or node is None or node.op_type not in BODY_OPERATIONS:
                continue
            found.add(name)
            waiting += node.input
        return [name for node in self.graph.node for name in node.output if name in found]


def ranges_of(source, body, frames, width, height):
    """Lowest and highest value of each part of the body over the frames; 0 is always within."""
    model = onnx.ModelProto()
    model.CopyFrom(source.model)
    for name in body:
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    with tempfile.TemporaryDirectory() as folder:
        opened, ranges = Path(folder, "opened.onnx"), Path(folder, "ranges.json")
        onnx.save(model, str(opened))
        script = Path(__file__).with_name("calibrate.mjs")
        subprocess.run(["node", script, opened, str(width), str(height), frames, ranges], check=True)
        measured = json.loads(ranges.read_text())
    return {
        name: (
            min(float(np.percentile(measured[name]["lowest"], PERCENT_LEFT_OUT)), 0.0),
            max(float(np.percentile(measured[name]["highest"], 100 - PERCENT_LEFT_OUT)), 0.0),
        )
        for name in body
    }


class Quantiser:
    def __init__(self, source, ranges):
        self.source, self.ranges = source, ranges
        self.nodes, self.constants, self.quantised = [], [], {}

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def scale_of(self, name):
        lowest, highest = self.ranges[name]
        scale = max((highest - lowest) / LEVELS, SMALLEST_SCALE)
        return np.float32(scale), np.uint8(np.clip(round(-lowest / scale), 0, LEVELS))

    def dequantised(self, name, values, scales):
        """A constant as whole numbers and a scale for each output channel."""
        parts = [
            self.constant(f"{name}_q", values),
            self.constant(f"{name}_s", scales),
            self.constant(f"{name}_z", np.zeros(len(scales), values.dtype)),
        ]
        self.nodes.append(helper.make_node("DequantizeLinear", parts, [f"{name}_dq"], axis=0))
        return f"{name}_dq"

    def convolution(self, node):
        data, weight, bias = node.input
        values, offsets = self.source.constant(weight), self.source.constant(bias)
        greatest = np.abs(values).max(axis=(1, 2, 3))
        scales = np.maximum(greatest / GREATEST_WEIGHT, SMALLEST_SCALE).astype(np.float32)
        rounded = np.round(values / scales[:, None, None, None])
        whole = np.clip(rounded, -GREATEST_WEIGHT, GREATEST_WEIGHT).astype(np.int8)
        bias_scales = (self.scale_of(data)[0] * scales).astype(np.float32)
        node.input[1] = self.dequantised(weight, whole, scales)
        node.input[2] = self.dequantised(bias, np.round(offsets / bias_scales).astype(np.int32), bias_scales)

    def value(self, name):
        """The value through bytes and back."""
        scale, zero = self.scale_of(name)
        ends = [self.constant(f"{name}_s", np.array(scale)), self.constant(f"{name}_z", np.array(zero))]
        self.nodes.append(helper.make_node("QuantizeLinear", [name, *ends], [f"{name}_q"]))
        self.nodes.append(helper.make_node("DequantizeLinear", [f"{name}_q", *ends], [f"{name}_dq"]))
        self.quantised[name] = f"{name}_dq"

    def graph(self):
        body, heads = set(self.ranges), set(self.source.heads())
        for original in self.source.graph.node:
            node = onnx.NodeProto()
            node.CopyFrom(original)
            in_body = node.output[0] in body
            if in_body and node.op_type == "Conv":
                self.convolution(node)
            if in_body:
                for place, name in enumerate(node.input):
                    node.input[place] = self.quantised.get(name, name)
            self.nodes.append(node)
            # The heads stay as they are: scores and boxes are decoded from them.
            if in_body and node.output[0] not in heads:
                self.value(node.output[0])
        self.drop_unused()
        used = {name for node in self.nodes for name in node.input}
        kept = [each for each in self.source.graph.initializer if each.name in used]
        graph = self.source.graph
        return helper.make_graph(self.nodes, "nanodet-g-int8", graph.input, graph.output, kept + self.constants)

    def drop_unused(self):
        """The casts of weights that are now stored as bytes."""
        used = {name for node in self.nodes for name in node.input}
        used |= {each.name for each in self.source.graph.output}
        self.nodes = [node for node in self.nodes if used.intersection(node.output)]


def main():
    model_file, frames, width, height, target = sys.argv[1:]
    source = Source(onnx.load(model_file))
    ranges = ranges_of(source, source.body(), frames, width, height)
    graph = Quantiser(source, ranges).graph()
    model = helper.make_model(graph, opset_imports=source.model.opset_import, producer_name="roadside")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    stored = model.SerializeToString()
    Path(target).write_bytes(stored)
    print(f"{target}: {len(stored)} bytes, sha256 {hashlib.sha256(stored).hexdigest()}")


if __name__ == "__main__":
    main()
