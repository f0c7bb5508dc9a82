"""BlazePose's person detector: views of a picture, anchors, decoding, weighted non-maximum suppression."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from vid2pose3d.detect.blazepose.carrier import Network
from vid2pose3d.detect.blazepose.regions import Pyramid, Region, region_from_points, square

INPUT = 224
"""Side of the network's input, pixels."""
NMS_IOU = 0.3


@dataclass(frozen=True)
class PersonBox:
    """A person as the detector network sees them."""

    score: float
    box: np.ndarray
    """(4,) x0 y0 x1 y1 of the head and shoulders."""
    points: np.ndarray
    """(4, 2): 0 between the hips, 1 the point that sets size and rotation of the whole body, 2 and 3 the same
    for the upper body."""

    @property
    def region(self) -> Region:
        return region_from_points(self.points[0], self.points[1])


def anchor_centres() -> np.ndarray:
    """(2254, 2) anchor centres in [0, 1]: two per cell of stride 8, two of 16 and six of 32, row by row."""
    grids = []
    for stride, repeats in ((8, 2), (16, 2), (32, 6)):
        cells = INPUT // stride
        y, x = np.mgrid[:cells, :cells]
        grids.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5, repeats, axis=0) / cells)
    return np.concatenate(grids)


def decode(raw: np.ndarray, logits: np.ndarray, anchors: np.ndarray, *, threshold: float) -> np.ndarray:
    """Detections (N, 13) scoring at least `threshold`: score, x0 y0 x1 y1, 4 points; in [0, 1] of the view.

    raw: (A, 12) centre, size and points as offsets from the anchors in pixels of the input. logits: (A,).
    """
    scores = expit(logits)
    keep = scores >= threshold
    offsets, centres = raw[keep] / INPUT, anchors[keep]
    middle, half = offsets[:, :2] + centres, offsets[:, 2:4] / 2
    points = offsets[:, 4:].reshape(-1, 4, 2) + centres[:, None]
    return np.concatenate([scores[keep, None], middle - half, middle + half, points.reshape(-1, 8)], axis=1)


def weighted_nms(detections: np.ndarray, iou: float = NMS_IOU) -> np.ndarray:
    """(M, 13) detections in which each group that overlaps its best member is averaged, weighted by score."""
    rest = detections[np.argsort(-detections[:, 0], kind="stable")]
    kept = []
    while len(rest):
        near = box_iou(rest[0, 1:5], rest[:, 1:5]) > iou
        near[0] = True
        merged = np.average(rest[near], axis=0, weights=rest[near, 0])
        merged[0] = rest[0, 0]
        kept.append(merged)
        rest = rest[~near]
    return np.array(kept).reshape(-1, detections.shape[1])


def box_iou(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(N,) intersection over union of one box (4,) with boxes (N, 4)."""
    size = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    common = np.prod(np.maximum(size, 0), axis=1)
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    return common / np.maximum(np.prod(np.maximum(box[2:] - box[:2], 0)) + areas - common, 1e-12)


def views(width: int, height: int, level: int, *, overlap: float = 0.25) -> list[Region]:
    """Square views that cover a picture: all at level 1, else overlapping tiles `level` times smaller."""
    longer = max(width, height)
    if level == 1:
        return [square(np.array([width, height]) / 2, longer)]
    side = longer / level * (1 + overlap)
    return [square(np.array([x, y]), side)
            for y in _tile_centres(height, side, overlap) for x in _tile_centres(width, side, overlap)]


def _tile_centres(length: float, side: float, overlap: float) -> np.ndarray:
    if side >= length:
        return np.array([length / 2])
    step = side * (1 - overlap / (1 + overlap))
    count = 1 + int(np.ceil((length - side) / step - 1e-6))
    return np.linspace(side / 2, length - side / 2, count)


class PersonNetwork:
    """The detector network on one view at a time."""

    def __init__(self, content: bytes, *, threads: int | None = None) -> None:
        self._network = Network(content, threads=threads)
        self._anchors = anchor_centres()

    def find(self, pyramid: Pyramid, view: Region, *, threshold: float) -> list[PersonBox]:
        """People who stand upright in a view, in pixels of the picture."""
        crop = pyramid.crop(view, INPUT)
        raw, logits = self._network.run(crop[None].astype(np.float32) / 127.5 - 1, "Identity", "Identity_1")
        found = weighted_nms(decode(raw[0], logits[0, :, 0], self._anchors, threshold=threshold))
        return [self._person(row, view) for row in found]

    def _person(self, row: np.ndarray, view: Region) -> PersonBox:
        pixels = view.to_picture(row[1:].reshape(6, 2))
        return PersonBox(float(row[0]), pixels[:2].reshape(4), pixels[2:])
