"""The background of a clip and the straight lines in it."""

from collections.abc import Sequence

import cv2
import numpy as np

from vid2pose3d.camera_motion.features import reduced
from vid2pose3d.camera_motion.rest import points_at_rest
from vid2pose3d.motion import Camera, Lines

_SIDE = 640
"""Pixels of the longer side of the pictures that are kept."""
_MOST = 9
"""Pictures kept: people pass, and leave no trace in the median of few."""
_SOME = 3
"""Pictures of a moving camera in which lines are looked for."""
_COVERED = 0.5
"""Share of the pictures in which someone stands before a line from which it is theirs, not the background's."""
_SHORTEST = 0.05
"""Length of a line over the longer side."""
_FULL_LENGTH = 0.1
"""Length from which a line counts whole: shorter ones are often leaves, grass and folds."""
_MOST_LINES = 50
_BLACK = 24
"""Grey level of the bars that fill a picture up."""
_FRAME = 0.9
"""Share of the side from which an edge exactly along it belongs to the picture, not to the scene."""
_RIM = 0.015
"""Share of the longer side next to the border, or to bars, that is not looked at."""
_END = 0.3
"""Pixels of the kept picture by which the ends of a line are off across it: 0.1 where upright things are rendered, more
behind lenses and compression."""
_SAME = np.radians(4.0), 0.05
"""Radians, and share of the longer side across them, by which lines in one strip of the picture may be one thing's."""


class Backdrop:
    """Takes the frames of a clip one after another and keeps a few of them, spread evenly over what has passed."""

    def __init__(self) -> None:
        self._width = self._height = 0
        self._frames: list[int] = []
        self._pictures: list[np.ndarray] = []
        self._boxes: list[np.ndarray] = []
        self._passed, self._stride = 0, 1

    def update(self, index: int, image: np.ndarray, boxes: np.ndarray) -> None:
        """The frame numbered `index`, (H, W, 3) uint8 RGB, with people in boxes (P, 4) pixels."""
        if self._passed % self._stride == 0:
            if len(self._pictures) == _MOST:
                self._frames, self._pictures, self._boxes = self._frames[::2], self._pictures[::2], self._boxes[::2]
                self._stride *= 2
            self._height, self._width = image.shape[:2]
            self._frames.append(index)
            self._pictures.append(reduced(image, min(_SIDE, max(image.shape[:2]))))
            self._boxes.append(boxes[np.isfinite(boxes).all(axis=1)])
        self._passed += 1

    def lines(self, camera: Camera) -> Lines | None:
        """Straight edges of what stands still, as the camera at rest sees them; None where its motion is not known.

        Of a still camera in the median of the pictures, which people have left; of a moving one in each of some, turned
        to the resting camera's view. Where things lead to does not change with the camera's place.
        """
        if not self._pictures or (camera.motion != "still" and camera.path is None):
            return None
        if camera.path is None:
            still = np.median(np.stack(self._pictures), axis=0).astype(np.uint8)
            return self._lines(self._edges(still, self._boxes))
        known = np.flatnonzero(np.isin(self._frames, camera.path.frames))
        ends = [np.zeros((0, 2, 2))]
        for row in known[np.linspace(0, len(known) - 1, min(len(known), _SOME)).round().astype(int)]:
            edges = self._edges(self._pictures[row], self._boxes[row : row + 1])
            ends.append(points_at_rest(edges, np.full(len(edges), self._frames[row]), camera))
        return self._lines(np.concatenate(ends))

    def _edges(self, picture: np.ndarray, boxes: Sequence[np.ndarray]) -> np.ndarray:
        """Ends (M, 2, 2), in pixels of the clip; von Gioi et al., "LSD", TPAMI 2010."""
        found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(picture)[0]
        ends = np.zeros((0, 2, 2)) if found is None else found.reshape(-1, 2, 2).astype(float)
        scale = np.array([self._width / picture.shape[1], self._height / picture.shape[0]])
        good = (_length(ends) > _SHORTEST * max(picture.shape)) & ~_frames(ends, picture)
        full = (ends[good] + 0.5) * scale
        return full[~_within(full, boxes)]

    def _lines(self, ends: np.ndarray) -> Lines:
        ends = ends[np.isfinite(ends).all(axis=(1, 2))]
        ends = ends[np.argsort(-_length(ends), kind="stable")[:_MOST_LINES]]
        length, side = np.maximum(_length(ends), 1e-9), max(self._width, self._height)
        weight = np.minimum(length / (_FULL_LENGTH * side), 1.0) / _alike(ends, length, side)
        return Lines(ends, np.sqrt(2) * _END * max(side / _SIDE, 1.0) / length, weight)


def _length(ends: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1))


def _within(ends: np.ndarray, boxes: Sequence[np.ndarray]) -> np.ndarray:
    """(M,) True for lines (M, 2, 2) whose middle is within people's boxes, in most pictures."""
    middle, covered = ends.mean(axis=1), np.zeros(len(ends))
    for some in boxes:
        inside = (middle[:, None] > some[:, :2]) & (middle[:, None] < some[:, 2:])
        covered += inside.all(axis=2).any(axis=1)
    return np.asarray(covered > _COVERED * len(boxes))


def _frames(ends: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """(M,) True for lines at the border of what is not black bars, and those along the whole of a side."""
    shown = [np.flatnonzero((picture > _BLACK).any(axis=axis)) for axis in (0, 1)]
    low, high = (np.array([place[end] if len(place) else 0 for place in shown]) for end in (0, -1))
    extent = np.abs(ends[:, 1] - ends[:, 0])
    along = (extent[:, ::-1] < 1) & (extent > _FRAME * (high - low))
    middle, rim = ends.mean(axis=1), _RIM * max(picture.shape)
    return np.asarray((along | (middle < low + rim) | (middle > high - rim)).any(axis=1))


def _alike(ends: np.ndarray, length: np.ndarray, side: int) -> np.ndarray:
    """(M,) how many lines, itself among them, lie in one strip with each line (M, 2, 2): slats, grass."""
    middle = ends.mean(axis=1)
    direction = (ends[:, 1] - ends[:, 0]) / np.maximum(length, 1e-9)[:, None]
    apart = middle[None] - middle[:, None]
    across = np.abs(apart[..., 0] * direction[:, None, 1] - apart[..., 1] * direction[:, None, 0])
    turn, width = _SAME
    beside = (np.abs(direction @ direction.T) > np.cos(turn)) & (across < width * side)
    return np.asarray((beside | beside.T).sum(axis=1))
