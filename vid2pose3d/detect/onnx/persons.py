"""People's boxes with RTMDet or YOLOX."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np

from vid2pose3d.detect.onnx.network import Network
from vid2pose3d.detect.topdown import PERSON_SCORE, Boxes
from vid2pose3d.errors import InputError

Kind = Literal["rtmdet", "yolox"]
"""What the network's picture must look like."""

SIZE = (640, 640)
"""(width, height) for a network that takes any, the size that both families are trained with."""
GREY = 114
"""Brightness of what the picture does not cover, as in training."""
MEAN = np.array([103.53, 116.28, 123.675], np.float32)
"""Of blue, green, red: RTMDet's."""
STD = np.array([57.375, 57.12, 58.395], np.float32)
STRIDES = (8, 16, 32)
"""Pixels between neighbouring cells of YOLOX's three grids."""
SAME = 0.45
"""Overlap (IoU) above which two raw boxes are one person's."""
LARGEST = 10.0
"""Side of the largest believable box over that of the network's picture."""


class PersonNetwork:
    """Finds people's boxes, one (height, width, 3) uint8 RGB picture after another."""

    def __init__(self, network: Network, kind: str | None) -> None:
        """kind: None sees it from the file. Raises InputError for an unknown kind or one that cannot be seen."""
        self._network = network
        self._size = network.size or SIZE
        self._kind = _check(kind) if kind else _kind_of(network.path)

    def find(self, images: Sequence[np.ndarray]) -> list[Boxes]:
        """The people in each of the pictures, which are of one size."""
        height, width = images[0].shape[:2]
        scale = min(self._size[0] / width, self._size[1] / height)
        found = self._network.run(np.stack([self._prepared(image, scale) for image in images]))
        return [Boxes.inside(boxes / scale, scores, labels, size=(width, height))
                for boxes, scores, labels in self._decoded(found)]

    def _prepared(self, image: np.ndarray, scale: float) -> np.ndarray:
        """The picture in the upper left corner, as (3, height, width) blue, green, red."""
        height, width = image.shape[:2]
        canvas = np.full((self._size[1], self._size[0], 3), GREY, np.float32)
        scaled = cv2.resize(image, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_LINEAR)
        canvas[:scaled.shape[0], :scaled.shape[1]] = scaled[..., ::-1]
        return ((canvas - MEAN) / STD if self._kind == "rtmdet" else canvas).transpose(2, 0, 1)

    def _decoded(self, found: dict[str, np.ndarray]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(N, 4) boxes in pixels of the network's picture, (N,) scores and (N,) classes for each picture."""
        tables = [value for value in found.values() if value.ndim == 3]
        labels = [value for value in found.values() if value.ndim == 2]
        if len(tables) == 1 and tables[0].shape[2] == 5 and len(labels) <= 1:
            (dets,) = tables
            classes = labels[0] if labels else np.zeros(dets.shape[:2], np.int64)
            return [(det[:, :4], det[:, 4], kinds) for det, kinds in zip(dets, classes, strict=True)]
        if len(tables) == 1 and tables[0].shape[2] > 5 and tables[0].shape[1] == len(_cells(self._size)[0]):
            return [self._from_grids(table) for table in tables[0]]
        shapes = ", ".join(f"{name} {value.shape}" for name, value in found.items())
        raise self._network.unfit(f"gives {shapes}, neither boxes with scores (N x 5) nor YOLOX's three grids")

    def _from_grids(self, table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """YOLOX's (cells, 5 + classes) rows of box, objectness and class scores (Ge et al. 2021), overlaps dropped."""
        corners, strides = _cells(self._size)
        scores = table[:, 4] * table[:, 5:].max(axis=1)
        kinds = table[:, 5:].argmax(axis=1)
        sure = scores >= PERSON_SCORE
        centres = (table[sure, :2] + corners[sure]) * strides[sure]
        with np.errstate(over="ignore"):
            sides = np.exp(table[sure, 2:4]) * strides[sure]
        if not (sides <= LARGEST * max(self._size)).all():
            raise self._network.unfit("gives boxes of impossible size; export it without --decode_in_inference")
        boxes = np.concatenate([centres - sides / 2, sides], axis=1)
        kept = np.array(cv2.dnn.NMSBoxesBatched(boxes.tolist(), scores[sure].tolist(), kinds[sure].tolist(), 0.0, SAME),
                        int)
        boxes[:, 2:] += boxes[:, :2]
        return boxes[kept], scores[sure][kept], kinds[sure][kept]


def _cells(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(cells, 2) column and row, and (cells, 1) stride, of all cells of YOLOX's grids."""
    corners, strides = [], []
    for stride in STRIDES:
        columns, rows = size[0] // stride, size[1] // stride
        grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
        corners.append(grid)
        strides.append(np.full((len(grid), 1), stride))
    return np.concatenate(corners), np.concatenate(strides)


def _check(kind: str) -> Kind:
    for known in get_args(Kind):
        if kind == known:
            return known
    raise InputError(f"--person-detector {kind}: with --detector onnx it must be {' or '.join(get_args(Kind))}")


def _kind_of(path: Path) -> Kind:
    """YOLOX begins by cutting the picture into four ("Focus"), RTMDet with a convolution."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    first = {node.op_type for node in graph.node if graph.input[0].name in node.input}
    if "Conv" in first:
        return "rtmdet"
    if "Slice" in first:
        return "yolox"
    raise InputError(f"--person-detector-weights {path}: begins neither as RTMDet nor as YOLOX; say which it is with "
                     "--person-detector rtmdet or yolox")
