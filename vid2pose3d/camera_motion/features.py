"""Points of a picture that can be found again in another one."""

from collections import Counter

import cv2
import numpy as np

_CELLS = 8
"""Along the longer side; every cell gives as many points at most, so that no rich corner outvotes the rest."""
_PER_CELL = 3
_CANDIDATES = 300
_QUALITY = 0.003
"""Least strength of a corner over that of the strongest."""
_FLAT = 1.25
"""Grey levels per pixel, root mean square around a point, across its weakest direction: less is noise."""
_APART = 6
"""Pixels."""
_WINDOW = 11
"""Pixels, side of the patch around a point."""
_LEVELS = 3
"""Halvings of the picture: points may be about eight windows away from where they are expected."""
_RIM = 4
"""Pixels at the picture's edge that are not looked at."""
_UNLIKE = 12.0
"""Mean difference in grey levels of two patches from which they do not show the same."""
_GROW = 0.1
"""Share of its longer side by which a box around someone's joints is grown on every side: a hand beyond the wrist."""


def reduced(image: np.ndarray, side: int) -> np.ndarray:
    """Grey picture (h, w) uint8 whose longer side has `side` pixels, from (H, W, 3) uint8 RGB."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)


def find_points(picture: np.ndarray, boxes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Corners (M, 2) float32 outside the boxes (P, 4) x0 y0 x1 y1, spread over the grey picture; M may be 0.

    They complement the `known` points (K, 2). Shi and Tomasi, "Good features to track", CVPR 1994.
    """
    height, width = picture.shape
    mask = np.zeros_like(picture)
    mask[_RIM : height - _RIM, _RIM : width - _RIM] = 255
    # OpenCV's gradients are twice those per pixel, of a picture from 0 to 1.
    mask[cv2.cornerMinEigenVal(picture, _WINDOW, ksize=3) < (2 * _FLAT / 255) ** 2] = 0
    for x0, y0, x1, y1 in np.clip(_grown(boxes), 0, [width, height] * 2).round().astype(int):
        mask[y0:y1, x0:x1] = 0
    for x, y in known.round().astype(int).tolist():
        cv2.circle(mask, (x, y), _APART, 0, -1)
    found = cv2.goodFeaturesToTrack(picture, _CANDIDATES, _QUALITY, _APART, mask=mask, blockSize=5)
    if found is None:
        return np.zeros((0, 2), np.float32)
    points = found.reshape(-1, 2)
    taken: Counter[tuple[int, ...]] = Counter()
    cells = np.concatenate([known, points]) // (max(height, width) / _CELLS)
    room = []
    for place in map(tuple, cells.astype(int).tolist()):
        taken[place] += 1
        room.append(taken[place] <= _PER_CELL)
    return points[room[len(known):]]


def matched(
    before: np.ndarray, now: np.ndarray, points: np.ndarray, guess: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which of points (M, 2) of the picture `before` are seen `now`, (P,) rows, and where, (P, 2) float32.

    guess: (3, 3) homography that says where they are expected. Pyramidal Lucas-Kanade (Bouguet, 2001).
    """
    height, width = now.shape
    expected = cv2.perspectiveTransform(points[None].astype(np.float64), guess)[0]
    rows = np.flatnonzero(np.isfinite(expected).all(axis=1) & _inside(expected, width, height))
    if not len(rows):
        return rows, np.zeros((0, 2), np.float32)
    found, status, unlike = cv2.calcOpticalFlowPyrLK(
        before, now, points[rows].astype(np.float32), expected[rows].astype(np.float32),
        winSize=(_WINDOW, _WINDOW), maxLevel=_LEVELS, flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 15, 0.02),
    )
    good = (status.ravel() > 0) & (unlike.ravel() < _UNLIKE) & _inside(found, width, height)
    return rows[good], found[good]


def outside_boxes(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(P,) True for points (P, 2) that lie in none of the grown boxes (B, 4)."""
    low, high = np.split(_grown(boxes), 2, axis=1)
    within = ((points[:, None] > low) & (points[:, None] < high)).all(axis=2)
    return ~np.any(within, axis=1)


def _grown(boxes: np.ndarray) -> np.ndarray:
    more = _GROW * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True, initial=0.0)
    return np.concatenate([boxes[:, :2] - more, boxes[:, 2:] + more], axis=1)


def _inside(points: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.all((points > _RIM) & (points < (width - _RIM, height - _RIM)), axis=1)
