"""How a camera turns, and how its picture grows, from views of the background and its intrinsics."""

from dataclasses import dataclass

import numpy as np

from vid2pose3d.camera import project, rays
from vid2pose3d.camera_motion.background import Background, View

_PAIRS = np.random.default_rng(0).random((2, 24))
"""Which pairs of points, as shares of their number, a first rotation is guessed from."""
_ROUNDS = 5
_CLEAR = 0.8
"""Share of the points from which a turn explains so much that no growth is looked for."""
_BETTER = 0.15
"""Share of the points that growth must explain beyond what the turn does."""
_SLACK = 0.04
"""Share of a point's way by which the lens (its distortion, a guessed focal length) may put it elsewhere."""


@dataclass(frozen=True)
class Turn:
    """The rotation between two pictures of a background, and how well it explains them."""

    rotation: np.ndarray
    """(3, 3) of directions in the first camera's frame into the second's."""
    support: float
    """Share of the points that it explains."""
    cost: float
    """Squared pixels, the sum over all points; one that it does not explain counts as one that it hardly does."""
    growth: float
    """How much larger the second picture is, where that explains more than a turn; else 1."""
    explained: float
    """Share of the points that the rotation and the growth explain together."""


@dataclass(frozen=True)
class Turning:
    """A clip's turns, for each of F frames."""

    rotations: np.ndarray
    """(F, 3, 3) of the camera frame into that of the first camera; NaN where the background was not seen."""
    still: np.ndarray
    """(F,) True where the picture stands as it did in its key frame."""
    support: np.ndarray
    """(F,) share of the points that a mere turn explains; 1 where still, NaN where nothing was seen."""
    growth: np.ndarray
    """(F,) size of the picture's content over that in its key frame; NaN where nothing was seen."""
    explained: np.ndarray
    """(F,) share of the points that a turn and that growth explain; NaN where nothing was seen."""
    breaks: list[int]
    """Frames (rows) from which the background is not linked with what was before."""


def turn_between(before: np.ndarray, after: np.ndarray, intrinsics: np.ndarray, *, noise: float) -> Turn:
    """The turn that best explains points (P, 2) pixels of one picture at places (P, 2) of another; P >= 2.

    noise: pixels by which points at rest seem to move.
    """
    a, b = _directions(before, intrinsics), _directions(after, intrinsics)
    leave = (noise + _SLACK * np.linalg.norm(after - before, axis=1)) / intrinsics[0, 0]
    rotation, off = _fit(a, b, leave)
    support = explained = float((off < 2 * leave).mean())
    growth = 1.0
    if support < _CLEAR:
        centre, grown = intrinsics[:2, 2], _growth(a @ rotation.T, b)
        _, left = _fit(a, _directions(centre + (after - centre) / grown, intrinsics), leave)
        if (left < 2 * leave).mean() > support + _BETTER:
            growth, explained = grown, float((left < 2 * leave).mean())
    beside = np.linalg.norm(project(a @ rotation.T, intrinsics) - after, axis=1)
    cost = float((np.minimum(beside, 2 * leave * intrinsics[0, 0]) ** 2).sum())
    return Turn(rotation, support, cost, growth, explained)


def follow_turns(background: Background, intrinsics: np.ndarray) -> Turning:
    """Every frame's turn, chained through the key frames. A new piece starts as the last one ended."""
    count, keys = len(background.views), background.keys
    rotations, still = np.full((count, 3, 3), np.nan), np.zeros(count, dtype=bool)
    support, growth, explained = np.full((3, count), np.nan)
    homes: list[np.ndarray] = []
    last = np.eye(3)
    for row, view in enumerate(background.views):
        if view is not None:
            while len(homes) <= view.key:
                homes.append(last)
            turn = _turn(background, view, intrinsics)
            last = homes[view.key] @ turn.rotation.T
            rotations[row], still[row] = last, view.still
            support[row], growth[row], explained[row] = turn.support, turn.growth, turn.explained
        while len(homes) < len(keys) and keys[len(homes)].row == row:
            homes.append(last)
    breaks = [key.row for key in keys[1:] if key.parent is None]
    return Turning(rotations, still, support, growth, explained, breaks)


def _turn(background: Background, view: View, intrinsics: np.ndarray) -> Turn:
    if view.still:
        return Turn(np.eye(3), 1.0, 0.0, 1.0, 1.0)
    before = background.keys[view.key].points[view.rows]
    return turn_between(before, view.points, intrinsics, noise=background.noise)


def _fit(a: np.ndarray, b: np.ndarray, leave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (3, 3) of unit vectors a (P, 3) onto b, and how far (P,) it leaves them apart; `leave` (P,) is usual.

    The best of what some pairs of points say, then Wahba's problem with the weights of Geman and McClure.
    """
    first, second = (_PAIRS * len(a)).astype(int)
    guesses = _triads(b[first], b[second]) @ _triads(a[first], a[second]).swapaxes(1, 2)
    off = ((guesses @ a.T - b.T) ** 2).sum(axis=1) / leave**2
    rotation = guesses[np.minimum(off, 4.0).sum(axis=1).argmin()]
    for _ in range(_ROUNDS):
        weights = 1 / (1 + ((a @ rotation.T - b) ** 2).sum(axis=1) / leave**2) ** 2
        u, _, vt = np.linalg.svd((weights * b.T) @ a)
        rotation = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    return rotation, np.linalg.norm(a @ rotation.T - b, axis=1)


def _growth(turned: np.ndarray, after: np.ndarray) -> float:
    """How much farther from their middle directions (P, 3) are in the picture `after`: the median of the outer half."""
    places, wanted = (sight[:, :2] / sight[:, 2:] for sight in (turned, after))
    places, wanted = places - np.median(places, axis=0), wanted - np.median(wanted, axis=0)
    squared = (places**2).sum(axis=1)
    outer = squared >= np.median(squared)
    return float(np.median((places * wanted).sum(axis=1)[outer] / np.maximum(squared[outer], 1e-12)).clip(0.2, 5.0))


def _directions(points: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """Unit vectors (P, 3) in the camera frame."""
    sight = rays(points.astype(float), intrinsics)
    return sight / np.linalg.norm(sight, axis=1, keepdims=True)


def _triads(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Right-handed axes (T, 3, 3), in columns, of pairs of unit vectors (T, 3)."""
    normal = np.cross(first, second)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    return np.stack([first, np.cross(normal, first), normal], axis=-1)
