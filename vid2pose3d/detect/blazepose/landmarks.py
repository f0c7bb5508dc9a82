"""BlazePose's landmark network: a body in a region becomes 33 joints and the next frame's region."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from vid2pose3d.detect.blazepose.carrier import Network
from vid2pose3d.detect.blazepose.regions import Pyramid, Region, region_from_points

INPUT = 256
"""Side of the network's input, pixels."""
JOINTS = 33
POINTS = 39
"""Points that the network gives; the first 33 are joints, the next two align the body."""
WINDOW = 7
"""Cells of the heat map around a point that refine it."""
MIN_PEAK = 0.5
"""Heat below which a point is not refined."""


@dataclass(frozen=True)
class Pose:
    """One body as the landmark network sees it, pixels of the picture."""

    xy: np.ndarray
    """(33, 2)."""
    visibility: np.ndarray
    """(33,) 0..1: in the picture and not hidden."""
    presence: np.ndarray
    """(33,) 0..1: in the picture."""
    score: float
    """0..1: there is a body in the region."""
    aligned: Region
    """The region that the body itself asks for."""
    region: Region
    """The region that was looked at."""


def refine(points: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Points (P, 2) in [0, 1], moved to the mean of the heat (h, w, P), logits, in the window around each.

    A point keeps its place where its window holds no clear peak.
    """
    height, width = heat.shape[:2]
    reach = WINDOW // 2
    refined = points.copy()
    for i, (x, y) in enumerate(points):
        column, row = int(x * width), int(y * height)
        if not (0 <= column < width and 0 <= row < height):
            continue
        left, top = max(0, column - reach), max(0, row - reach)
        weight = expit(heat[top:row + reach + 1, left:column + reach + 1, i])
        if weight.max() < MIN_PEAK:
            continue
        total = weight.sum()
        refined[i, 0] = (weight.sum(axis=0) @ (left + np.arange(weight.shape[1]))) / total / width
        refined[i, 1] = (weight.sum(axis=1) @ (top + np.arange(weight.shape[0]))) / total / height
    return refined


class LandmarkNetwork:
    """The landmark network on one region at a time."""

    def __init__(self, content: bytes, *, threads: int | None = None) -> None:
        self._network = Network(content, threads=threads)

    def find(self, pyramid: Pyramid, region: Region) -> Pose:
        """The body in a region; look at its score before believing it."""
        crop = pyramid.crop(region, INPUT)
        batch = crop[None].astype(np.float32) / 255
        flat, score, heat = self._network.run(batch, "Identity", "Identity_1", "Identity_3")
        values = flat.reshape(POINTS, 5)
        pixels = region.to_picture(refine(values[:, :2] / INPUT, heat[0]))
        chances = expit(values[:JOINTS, 3:])
        return Pose(
            xy=pixels[:JOINTS], visibility=chances[:, 0], presence=chances[:, 1], score=float(score[0, 0]),
            aligned=region_from_points(pixels[JOINTS], pixels[JOINTS + 1]), region=region)
