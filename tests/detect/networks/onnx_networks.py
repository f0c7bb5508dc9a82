"""Small ONNX networks whose answers are known, in the layouts of RTMPose, HRNet, RTMDet and YOLOX files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

JOINTS = 17


def save(path: Path, nodes: Sequence[onnx.NodeProto], constants: dict[str, np.ndarray], *, shape: Sequence[int | str],
         outputs: Sequence[str], kind: int = TensorProto.FLOAT) -> Path:
    """Write a network with the input "input" of that shape."""
    graph = helper.make_graph(
        list(nodes), "network", [helper.make_tensor_value_info("input", kind, list(shape))],
        [helper.make_empty_tensor_value_info(name) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    for value in graph.output:
        integer = value.name == "labels"
        value.type.tensor_type.elem_type = TensorProto.INT64 if integer else kind
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def bright_heatmaps(path: Path, *, size: tuple[int, int], joints: int = JOINTS, batch: int | str = "batch") -> Path:
    """Every joint where the picture of `size` (width, height) is brightest: maps of a quarter of its size."""
    weight = np.full((joints, 3, 4, 4), 1 / 48, np.float32)
    nodes = [helper.make_node("Conv", ["input", "weight"], ["heatmaps"], strides=[4, 4])]
    return save(path, nodes, {"weight": weight}, shape=(batch, 3, size[1], size[0]), outputs=["heatmaps"])


def bright_simcc(path: Path, *, size: tuple[int, int], swapped: bool = False) -> Path:
    """The same as SimCC with two bins to a pixel; `swapped` writes simcc_y first."""
    weight = np.full((JOINTS, 3, 1, 1), 1 / 3, np.float32)
    nodes = [
        helper.make_node("Conv", ["input", "weight"], ["maps"]),
        helper.make_node("ReduceMax", ["maps"], ["x"], axes=[2], keepdims=0),
        helper.make_node("ReduceMax", ["maps"], ["y"], axes=[3], keepdims=0),
        *(helper.make_node("Resize", [axis, "", "scales"], [f"simcc_{axis}"], mode="nearest",
                           coordinate_transformation_mode="asymmetric", nearest_mode="floor") for axis in "xy"),
    ]
    outputs = ["simcc_y", "simcc_x"] if swapped else ["simcc_x", "simcc_y"]
    constants = {"weight": weight, "scales": np.array([1, 1, 2], np.float32)}
    return save(path, nodes, constants, shape=("batch", 3, size[1], size[0]), outputs=outputs)


def fixed_heatmaps(path: Path, cells: np.ndarray, *, size: tuple[int, int]) -> Path:
    """Joint j always at the (J, 2) column and row of a map of a quarter of the picture's size, with score 0.9."""
    maps = np.zeros((1, len(cells), size[1] // 4, size[0] // 4), np.float32)
    maps[0, np.arange(len(cells)), cells[:, 1], cells[:, 0]] = 0.9
    nodes = [
        helper.make_node("Conv", ["input", "zero"], ["nothing"], strides=[4, 4]),
        helper.make_node("Add", ["nothing", "maps"], ["heatmaps"]),
    ]
    constants = {"zero": np.zeros((len(cells), 3, 4, 4), np.float32), "maps": maps}
    return save(path, nodes, constants, shape=("batch", 3, size[1], size[0]), outputs=["heatmaps"])


def fixed_boxes(path: Path, table: np.ndarray, *, size: tuple[int, int], labels: Sequence[int] | None = None,
                kind: str = "rtmdet", name: str = "dets") -> Path:
    """Always the (N, 5) boxes in pixels, or the (cells, 5 + classes) rows of YOLOX; takes one picture at a time."""
    first = {
        "rtmdet": helper.make_node("Conv", ["input", "eye"], ["begun"], strides=[size[1], size[0]]),
        "yolox": helper.make_node("Slice", ["input", "starts", "ends", "axes", "steps"], ["begun"]),
        "other": helper.make_node("Relu", ["input"], ["begun"]),
    }[kind]
    nodes = [
        first,
        helper.make_node("ReduceMean", ["begun"], ["mean"], keepdims=1),
        helper.make_node("Mul", ["mean", "nought"], ["nothing"]),
        helper.make_node("Squeeze", ["nothing", "last"], ["flat"]),
        helper.make_node("Add", ["flat", "table"], [name]),
    ]
    constants = {
        "eye": np.zeros((1, 3, 1, 1), np.float32), "nought": np.zeros(1, np.float32),
        "last": np.array([3]), "table": table[None].astype(np.float32),
        "starts": np.array([0]), "ends": np.array([2**31]), "axes": np.array([2]), "steps": np.array([2]),
    }
    outputs = [name]
    if labels is not None:
        nodes.append(helper.make_node("Identity", ["classes"], ["labels"]))
        constants["classes"] = np.array([labels], np.int64)
        outputs.append("labels")
    return save(path, nodes, constants, shape=(1, 3, size[1], size[0]), outputs=outputs)


def colour_box(path: Path, *, size: tuple[int, int], scale: float) -> Path:
    """One box whose first three numbers are the means of the input's channels times `scale`: what the picture looks
    like to the network. Its fourth is twice the third and its score 1."""
    nodes = [
        helper.make_node("Conv", ["input", "eye"], ["begun"], strides=[size[1], size[0]],
                         kernel_shape=[size[1], size[0]]),
        helper.make_node("Squeeze", ["begun", "sides"], ["means"]),
        helper.make_node("Gemm", ["means", "pick", "bias"], ["row"]),
        helper.make_node("Unsqueeze", ["row", "one"], ["dets"]),
    ]
    eye = np.zeros((3, 3, size[1], size[0]), np.float32)
    eye[range(3), range(3)] = scale / (size[0] * size[1])
    pick = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 2, 0]], np.float32)
    constants = {"eye": eye, "sides": np.array([2, 3]), "pick": pick, "one": np.array([1]),
                 "bias": np.array([0, 0, 0, 0, 1], np.float32)}
    return save(path, nodes, constants, shape=(1, 3, size[1], size[0]), outputs=["dets"])
