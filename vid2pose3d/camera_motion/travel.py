"""The way of a camera that travels: a map of background points, and the camera's place before it in every frame."""

from dataclasses import dataclass

import cv2
import numpy as np

from vid2pose3d.camera import project, rays
from vid2pose3d.camera_motion.background import Background
from vid2pose3d.camera_motion.turning import turn_between

_FEWEST = 8
"""Points of the map from which a camera's place is computed."""
_PARALLAX = 3.0
"""Noises by which half of the points must be off the best turn before the map is begun."""
_AGREE = 0.6
"""Share of the points that must agree with the first two views' geometry, and later with the map."""
_ANGLE = np.radians(0.7)
"""Least angle between a map point's lines of sight."""
_DEEP = 1.25
"""Least ratio of the map's far to its near depths (quartiles); of a flat scene a zoom would look the same."""
_VIEWS = 16
"""Most views that a map point is computed from."""


@dataclass(frozen=True)
class Travel:
    """A camera's way in an unknown unit of length."""

    poses: np.ndarray
    """(F, 4, 4) of the camera frame into that of the first camera whose place is known; NaN where it is not."""
    support: np.ndarray
    """(F,) share of the map's points that are seen where they should be; NaN where the place is not known."""


def follow_travel(background: Background, intrinsics: np.ndarray) -> Travel | None:
    """The camera's way, or None where the background does not show one.

    A key frame with enough parallax begins the map: essential matrix from its points (Nister, 2004), then in turn the
    camera's place from the map (perspective n points) and the map from the places. Key frames share points, through
    which the map grows to those before and after it.
    """
    builder = _Map(background, intrinsics)
    if not builder.begin():
        return None
    poses, support = builder.poses, builder.support
    known = np.flatnonzero(np.isfinite(support))
    seen = np.array([view is not None for view in background.views])
    if not len(known) or np.median(np.nan_to_num(support[seen])) < _AGREE:
        return None
    first = np.linalg.inv(poses[known[0]])
    return Travel(first @ poses, support)


class _Map:
    """Points of all key frames in one frame, and the cameras (F, 4, 4) in it, which are filled in key by key."""

    def __init__(self, background: Background, intrinsics: np.ndarray) -> None:
        self._seen, self._intrinsics = background, intrinsics
        self._points = [np.full((len(key.points), 3), np.nan) for key in background.keys]
        count = len(background.views)
        self.poses, self.support = np.full((count, 4, 4), np.nan), np.full(count, np.nan)
        self._views: list[list[tuple[int, np.ndarray, np.ndarray]]] = [[] for _ in background.keys]
        for row, view in enumerate(background.views):
            if view is not None and not view.still:
                self._views[view.key].append((row, view.rows.astype(int), view.points.astype(float)))

    def begin(self) -> bool:
        """Build the map from the first key frame that shows depth. False where none does."""
        for number in range(len(self._points)):
            if self._start(number):
                self._grow(number)
                return True
        return False

    def _start(self, number: int) -> bool:
        """The map of a key frame's points, from the view that is farthest from being a mere turn."""
        points, noise, best = self._seen.keys[number].points.astype(float), self._seen.noise, (0.0, 0)
        for index, (_, rows, places) in enumerate(self._views[number]):
            turn = turn_between(points[rows], places, self._intrinsics, noise=noise)
            turned = project(rays(points[rows], self._intrinsics) @ turn.rotation.T, self._intrinsics)
            best = max(best, (float(np.median(np.linalg.norm(turned - places, axis=1))), index))
        if best[0] < _PARALLAX * noise:
            return False
        _, rows, places = self._views[number][best[1]]
        matrix, agree = cv2.findEssentialMat(points[rows], places, self._intrinsics, cv2.USAC_MAGSAC, 0.999, noise)
        if matrix is None or matrix.shape != (3, 3) or agree.sum() < max(_FEWEST, _AGREE * len(rows)):
            return False
        _, rotation, step, agree = cv2.recoverPose(matrix, points[rows], places, self._intrinsics, mask=agree)
        if (agree > 0).sum() < max(_FEWEST, _AGREE * len(rows)):
            return False
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = rotation, step[:, 0]
        two = [(np.eye(4), np.arange(len(points)), points), (pose, rows, places)]
        self._points[number] = self._triangulated(number, two)
        for _ in range(2):
            self._place(number)
            self._points[number] = self._triangulated(number, self._placed(number))
        depth = self._points[number][np.isfinite(self._points[number]).all(axis=1), 2]
        return len(depth) >= _FEWEST and bool(np.quantile(depth, 0.75) > _DEEP * np.quantile(depth, 0.25))

    def _grow(self, start: int) -> None:
        """Place the cameras of a key frame, then those of its neighbours in the tree of key frames, and so on."""
        keys, waiting, done = self._seen.keys, [start], set()
        while waiting:
            number = waiting.pop(0)
            done.add(number)
            self._place(number)
            better = self._triangulated(number, self._placed(number))
            unknown = np.isnan(self._points[number]).any(axis=1)
            self._points[number][unknown] = better[unknown]
            near = [other for other, key in enumerate(keys) if key.parent == number or keys[number].parent == other]
            for other in near:
                if other not in done and other not in waiting:
                    self._hand_on(number, other)
                    waiting.append(other)

    def _hand_on(self, number: int, other: int) -> None:
        """Give the map's points of one key frame to its child or parent, as far as that has them."""
        child, parent = (other, number) if self._seen.keys[other].parent == number else (number, other)
        same = self._seen.keys[child].same
        shared = np.flatnonzero(same >= 0)
        if child == other:
            self._points[other][shared] = self._points[number][same[shared]]
        else:
            self._points[other][same[shared]] = self._points[number][shared]

    def _place(self, number: int) -> None:
        """The cameras of all frames that see a key frame's points, and of its own."""
        key = self._seen.keys[number]
        own = (key.row, np.arange(len(key.points)), key.points.astype(float))
        for row, rows, places in [own, *self._views[number]]:
            known = np.isfinite(self._points[number][rows]).all(axis=1)
            if known.sum() >= _FEWEST:
                self._place_one(row, self._points[number][rows][known], places[known])
        for row, view in enumerate(self._seen.views):
            if view is not None and view.still and view.key == number:
                self.poses[row], self.support[row] = self.poses[key.row], self.support[key.row]

    def _place_one(self, row: int, points: np.ndarray, places: np.ndarray) -> None:
        good, turn, step, inside = cv2.solvePnPRansac(
            points, places, self._intrinsics, None, iterationsCount=60, reprojectionError=3 * self._seen.noise,
            flags=cv2.SOLVEPNP_SQPNP,
        )
        if not good or inside is None or len(inside) < _FEWEST:
            return
        inside = inside.ravel()
        turn, step = cv2.solvePnPRefineLM(points[inside], places[inside], self._intrinsics, None, turn, step)
        rotation = cv2.Rodrigues(turn)[0]
        self.poses[row] = np.eye(4)
        self.poses[row, :3, :3], self.poses[row, :3, 3] = rotation.T, -rotation.T @ step[:, 0]
        self.support[row] = len(inside) / len(points)

    def _placed(self, number: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """A key frame's views whose cameras are known, evenly chosen: (4, 4) camera from map, rows and places."""
        key = self._seen.keys[number]
        views = [(key.row, np.arange(len(key.points)), key.points.astype(float)), *self._views[number]]
        views = [view for view in views if np.isfinite(self.poses[view[0]]).all()]
        chosen = np.unique(np.linspace(0, len(views) - 1, min(_VIEWS, len(views))).astype(int))
        return [(np.linalg.inv(self.poses[views[index][0]]), *views[index][1:]) for index in chosen]

    def _triangulated(self, number: int, views: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> np.ndarray:
        """Points (M, 3) of a key frame where its views' lines of sight meet; NaN where they do not, or hardly turn."""
        count = len(self._points[number])
        if len(views) < 2:
            return np.full((count, 3), np.nan)
        normal, moment = np.zeros((count, 3, 3)), np.zeros((count, 3))
        sights = np.full((len(views), count, 3), np.nan)
        for index, (pose, rows, places) in enumerate(views):
            sight = rays(places, self._intrinsics) @ pose[:3, :3]
            sight /= np.linalg.norm(sight, axis=1, keepdims=True)
            across = np.eye(3) - sight[:, :, None] * sight[:, None]
            normal[rows] += across
            moment[rows] += across @ (-pose[:3, :3].T @ pose[:3, 3])
            sights[index, rows] = sight
        found = np.linalg.solve(normal + 1e-9 * np.eye(3), moment[..., None])[..., 0]
        off = np.full((len(views), count), np.nan)
        for index, (pose, rows, places) in enumerate(views):
            local = found[rows] @ pose[:3, :3].T + pose[:3, 3]
            ahead = local[:, 2] > 1e-3
            seen = project(np.where(ahead[:, None], local, 1.0), self._intrinsics)
            off[index, rows] = np.where(ahead, np.linalg.norm(seen - places, axis=1), np.inf)
        bad = (_widest(sights) < _ANGLE) | ~(_medians(off) < 2 * self._seen.noise)
        return np.where(bad[:, None], np.nan, found)


def _widest(sights: np.ndarray) -> np.ndarray:
    """(M,) largest angle between a point's first line of sight and its others, sights (V, M, 3) with NaN."""
    seen = np.isfinite(sights).all(axis=2)
    first = np.take_along_axis(sights, seen.argmax(axis=0)[None, :, None], axis=0)
    cosine = np.where(seen, (sights * first).sum(axis=2), 1.0)
    return np.arccos(np.clip(cosine.min(axis=0, initial=1.0), -1.0, 1.0))


def _medians(values: np.ndarray) -> np.ndarray:
    """(M,) medians of the known of values (V, M), infinite where none is."""
    filled = np.where(np.isnan(values), np.inf, values)
    ordered, known = np.sort(filled, axis=0), np.isfinite(filled).sum(axis=0)
    middle = np.take_along_axis(ordered, np.maximum(known - 1, 0)[None] // 2, axis=0)[0]
    return np.where(known > 0, middle, np.inf)
