"""Following the background of a clip while it streams past: points outside people, seen again in later frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from vid2pose3d.camera_motion.backdrop import Backdrop
from vid2pose3d.camera_motion.features import find_points, matched, outside_boxes, reduced

NOISE = 0.5
"""Pixels of the reduced picture by which points of a still background seem to move."""
STILL = 0.3
"""Share of the points that stay in place from which the camera does: trees, water and cars may move the others."""
_FEWEST = 8
"""Points from which a view of the background says something."""
_RENEW = 0.6
"""Share of a key frame's points that must be seen, or another key frame is looked for."""
_OVERLAP = 0.7
"""Share of a key frame's points that should lie in the picture before it is looked at again."""
_PATIENCE = 0.5
"""Seconds for which a lost background is waited for (a flash, someone who walks past the lens)."""
_HELD = 12
"""Key frames whose pictures are kept: the first and the latest. Coming back to one undoes what had drifted since."""
_SPREAD = 0.08
"""Standard deviation of the points' places, over the picture's longer side, below which they are one small thing."""


@dataclass
class KeyFrame:
    """A picture whose points are looked for in later frames."""

    row: int
    """Position of its frame among all frames."""
    points: np.ndarray
    """(M, 2) float32 pixels of the full picture."""
    parent: int | None
    """The earlier key frame from which its frame was seen too; None for the first one and after a break."""
    same: np.ndarray
    """(M,) int16 which of the parent's points it is, -1 for a new one."""
    picture: np.ndarray | None
    """Reduced grey picture (h, w) uint8 while it is held."""
    home: np.ndarray
    """(3, 3) homography of its reduced picture into that of the first key frame of its piece."""
    piece: int
    """Number of breaks before it."""


@dataclass(frozen=True)
class View:
    """One frame's background, seen from a key frame."""

    key: int
    still: bool
    """The picture stands as it did in the key frame; then no points are kept."""
    rows: np.ndarray
    """(P,) int16 points of the key frame that are seen again."""
    points: np.ndarray
    """(P, 2) float32 where, pixels of the full picture."""


@dataclass
class Background:
    """What was seen of a clip's background: a view per frame, None where nothing could be recognised."""

    width: int = 0
    height: int = 0
    frames: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    views: list[View | None] = field(default_factory=list)
    keys: list[KeyFrame] = field(default_factory=list)

    @property
    def noise(self) -> float:
        """Pixels of the full picture by which a point at rest may seem to move."""
        return NOISE * max(max(self.width, self.height) / reduced_side(self.width, self.height), 1.0)


def reduced_side(width: int, height: int) -> int:
    """Longer side in pixels of the picture in which points are followed."""
    return min(320, max(width, height))


class BackgroundTracker:
    """Takes the clip's frames one after another; memory grows only by a small view per frame.

    Points are matched with those of a key frame, not with the frame before, so that nothing drifts while the key frame
    is in sight. Where it leaves the picture an earlier one is taken that has come back, else the present frame.
    """

    def __init__(self) -> None:
        self.background = Background()
        self.backdrop = Backdrop()
        self._key = -1
        self._last = self._before = np.eye(3)
        self._lost_since: float | None = None

    def update(self, index: int, time: float, image: np.ndarray, boxes: Sequence[np.ndarray]) -> None:
        """The frame numbered `index` at `time` seconds: (H, W, 3) uint8 RGB, people in boxes (4,) pixels."""
        seen = self.background
        seen.height, seen.width = image.shape[:2]
        picture = reduced(image, reduced_side(seen.width, seen.height))
        people = np.array(boxes, dtype=float).reshape(-1, 4)
        self.backdrop.update(index, image, people)
        taken = people / self._scale(picture, 2)
        view = self._view(time, picture, taken[np.isfinite(taken).all(axis=1)])
        seen.frames.append(index)
        seen.times.append(time)
        seen.views.append(view)

    def _view(self, time: float, picture: np.ndarray, boxes: np.ndarray) -> View | None:
        """The present frame's view; where it shows little of its key frame, another becomes the present one."""
        view = self._follow(picture, boxes) if self._key >= 0 else None
        if view is None:
            view = self._recover(time, picture, boxes)
        elif not self._enough(view):
            view = self._returned(picture, boxes) or view
            if not self._enough(view):
                self._new_key(picture, boxes, view)
        if view is not None:
            self._lost_since = None
        return view

    def _enough(self, view: View) -> bool:
        return view.still or len(view.rows) >= _RENEW * len(self.background.keys[view.key].points)

    def _follow(self, picture: np.ndarray, boxes: np.ndarray) -> View | None:
        """The view from the present key frame, expected where the last two views lead, else at the last."""
        for guess in (self._last @ np.linalg.inv(self._before) @ self._last, self._last):
            view, found = self._look(self._key, picture, boxes, guess)
            if view is not None:
                self._before, self._last = self._last, found
                return view
            if np.array_equal(self._before, self._last):
                break
        return None

    def _look(
        self, number: int, picture: np.ndarray, boxes: np.ndarray, guess: np.ndarray
    ) -> tuple[View | None, np.ndarray]:
        """The view from a key frame, and its homography into the present picture; `guess` is what is expected."""
        key = self.background.keys[number]
        assert key.picture is not None
        scale = self._scale(picture)
        start = key.points / scale - 0.5
        rows, points = matched(key.picture, picture, start, guess)
        free = outside_boxes(points, boxes)
        rows, points = rows[free], points[free]
        side = max(picture.shape)
        if len(rows) < _FEWEST or points.std(axis=0).max() < _SPREAD * side:
            return None, guess
        stays = np.linalg.norm(points - start[rows], axis=1) < NOISE
        if stays.mean() >= STILL and points[stays].std(axis=0).max() >= _SPREAD * side:
            none = np.zeros(0, np.int16)
            return View(number, True, none, np.zeros((0, 2), np.float32)), np.eye(3)
        found, inside = cv2.findHomography(start[rows], points, cv2.USAC_FAST, 2.0, None, 200)
        if found is None or inside.sum() < _FEWEST or abs(np.linalg.det(found)) < 1e-3:
            return None, guess
        full = ((points + 0.5) * scale).astype(np.float32)
        return View(number, False, rows.astype(np.int16), full), found

    def _returned(self, picture: np.ndarray, boxes: np.ndarray) -> View | None:
        """The view from an earlier key frame that should be back in the picture; it becomes the present one."""
        keys = self.background.keys
        home = keys[self._key].home @ np.linalg.inv(self._last)
        for number, key in enumerate(keys):
            if number == self._key or key.picture is None:
                continue
            guess = np.linalg.inv(home) @ key.home if key.piece == keys[self._key].piece else np.eye(3)
            if _share_inside(key.points / self._scale(picture), guess, picture) < _OVERLAP:
                continue
            view, found = self._look(number, picture, boxes, guess)
            if view is not None and self._enough(view):
                self._key, self._last, self._before = number, found, found
                return view
        return None

    def _recover(self, time: float, picture: np.ndarray, boxes: np.ndarray) -> View | None:
        """What can be seen after the background was lost, or at the start; after a while a new piece begins."""
        view = self._returned(picture, boxes) if self._key >= 0 else None
        if view is not None:
            return view
        if self._lost_since is None:
            self._lost_since = time
        if (self._key < 0 or time - self._lost_since >= _PATIENCE) and self._new_key(picture, boxes, None):
            return View(self._key, True, np.zeros(0, np.int16), np.zeros((0, 2), np.float32))
        return None

    def _new_key(self, picture: np.ndarray, boxes: np.ndarray, view: View | None) -> bool:
        """Make the present frame, which has this view, a key frame; its points go on. False without a background."""
        keys, scale = self.background.keys, self._scale(picture)
        kept = np.zeros((0, 2), np.float32) if view is None else view.points / scale - 0.5
        points = np.concatenate([kept, find_points(picture, boxes, kept)]).astype(np.float32)
        if len(points) < _FEWEST or points.std(axis=0).max() < _SPREAD * max(picture.shape):
            return False
        same, home, piece = np.full(len(points), -1, np.int16), np.eye(3), len({key.piece for key in keys})
        parent = None if view is None else view.key
        if view is not None:
            same[: len(kept)], piece = view.rows, keys[view.key].piece
            home = keys[view.key].home @ np.linalg.inv(self._last)
        full = ((points + 0.5) * scale).astype(np.float32)
        keys.append(KeyFrame(len(self.background.frames), full, parent, same, picture, home / home[2, 2], piece))
        self._key, self._last, self._before = len(keys) - 1, np.eye(3), np.eye(3)
        held = [key for key in keys[1:] if key.picture is not None]
        for key in held[: max(0, len(held) - _HELD + 1)]:
            key.picture = None
        return True

    def _scale(self, picture: np.ndarray, times: int = 1) -> np.ndarray:
        """(2 x times,) pixels of the full picture per pixel of the reduced one, x then y."""
        return np.tile([self.background.width / picture.shape[1], self.background.height / picture.shape[0]], times)


def _share_inside(points: np.ndarray, homography: np.ndarray, picture: np.ndarray) -> float:
    """Share of points (M, 2) that the homography moves to places within the picture."""
    moved = np.column_stack([points, np.ones(len(points))]) @ homography.T
    ahead = moved[:, 2] > 1e-6
    places = moved[:, :2] / np.where(ahead, moved[:, 2], 1.0)[:, None]
    height, width = picture.shape
    return float((ahead & (places > 0).all(axis=1) & (places < (width, height)).all(axis=1)).mean())
