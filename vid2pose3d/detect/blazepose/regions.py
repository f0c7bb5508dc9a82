"""Square picture regions that stand upright with a body: geometry, cropping, smoothing."""

from dataclasses import dataclass

import cv2
import numpy as np

MARGIN = 1.25
"""Side of a region over the diameter of the circle that the body's alignment points span."""


@dataclass(frozen=True)
class Region:
    """A square turned so that the body in it stands upright."""

    centre: np.ndarray
    """(2,) pixels."""
    side: float
    """Pixels."""
    angle: float
    """Radians by which the body is turned clockwise in the picture; 0 is upright."""

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """Pixels (..., 2) of points given in the region's own square [0, 1] x [0, 1]."""
        return (points - 0.5) * self.side @ _rotation(self.angle).T + self.centre

    def to_unit(self, points: np.ndarray) -> np.ndarray:
        """Inverse of `to_picture`."""
        return (points - self.centre) @ _rotation(self.angle) / self.side + 0.5


def region_from_points(centre: np.ndarray, edge: np.ndarray) -> Region:
    """Region of a body from its alignment points (2,), pixels: between the hips, and a body radius up."""
    up = np.asarray(edge, float) - centre
    side, angle = 2 * MARGIN * float(np.hypot(*up)), float(np.arctan2(up[0], -up[1]))
    return Region(np.asarray(centre, float), side, angle)


def square(centre: np.ndarray, side: float) -> Region:
    return Region(np.asarray(centre, float), side, 0.0)


def gap(a: Region, b: Region) -> float:
    """How unlike two regions' places and sizes are: distance over smaller side plus half log size ratio."""
    distance = float(np.hypot(*(a.centre - b.centre))) / max(min(a.side, b.side), 1e-6)
    return distance + 0.5 * abs(float(np.log(max(a.side, 1e-6) / max(b.side, 1e-6))))


class Pyramid:
    """A picture and its halved copies, so that crops of large regions do not alias."""

    def __init__(self, image: np.ndarray) -> None:
        self._levels = [image]

    @property
    def image(self) -> np.ndarray:
        """The picture itself."""
        return self._levels[0]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        height, width = self._levels[0].shape[:2]
        return width, height

    def crop(self, region: Region, size: int) -> np.ndarray:
        """The region as a (size, size, 3) uint8 picture; black outside the picture."""
        level = max(0, int(np.floor(np.log2(max(region.side / size, 1.0)))))
        source = self._level(level)
        full_w, full_h = self.size
        scale = np.array([source.shape[1] / full_w, source.shape[0] / full_h])
        # Affine map between pixel indices of crop and source: centres of pixels lie half a pixel inside.
        corners = np.array([[0.5, 0.5], [1.5, 0.5], [0.5, 1.5]]) / size
        origin, right, down = region.to_picture(corners) * scale - 0.5
        matrix = np.column_stack([right - origin, down - origin, origin])
        return cv2.warpAffine(source, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)

    def _level(self, level: int) -> np.ndarray:
        while len(self._levels) <= level:
            last = self._levels[-1]
            half = (max(1, last.shape[1] // 2), max(1, last.shape[0] // 2))
            self._levels.append(cv2.resize(last, half, interpolation=cv2.INTER_AREA))
        return self._levels[level]


def _rotation(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])
