"""Which part of the world the 3D view shows, and from where: all of a room, else a window that goes with the people."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from vid2pose3d.motion import Motion3D, Recording

_MARGIN = 0.4
"""Metres around the people."""
_LEAST_SPAN = 2.0
"""Metres of floor that are shown at least."""
_TRIMMED = 1.0
"""Per cent of joints at either end that do not count for the scene's size."""
_ROOM = 6.0
"""Metres of floor up to which everything is shown at once; beyond, people would be small."""
_WORTH = 0.7
"""Size of the window over that of everything below which it is worth while."""
_CALM = 1.0
"""Seconds, standard deviation of the Gaussian by which the window's way and the direction of view are smoothed."""
_LEVEL = [0, 2]


class Stage:
    """A box of the world for each frame, always of one size, and the direction in which the clip's camera stands."""

    def __init__(self, recording: Recording) -> None:
        low, high = world_range(recording.people)
        middle = (low + high) / 2 * (1, 0, 1)
        self._frames, self._centres = np.zeros(1), middle[None]
        self.low, self.high = low - middle, high - middle
        """(3,) metres: corners of the box, from its middle on the floor."""
        calm = _CALM * recording.clip.fps
        if (high - low)[_LEVEL].max() > _ROOM:
            self._follow(recording.people, calm)
        camera = recording.camera
        places = camera.world_from_camera[None, :3, 3]
        self._camera_frames = np.zeros(1, dtype=int)
        if camera.path is not None:
            self._camera_frames, places = camera.path.frames, camera.path.world_from_camera[:, :3, 3]
        away = places - np.stack([self.centre(frame) for frame in self._camera_frames.tolist()])
        turns = np.unwrap(np.arctan2(away[:, 0], away[:, 2]))
        self._azimuths = np.degrees(_smoothed(turns[:, None], calm)[:, 0])

    def centre(self, frame: int) -> np.ndarray:
        """(3,) metres, the middle of the box on the floor."""
        return np.array([np.interp(frame, self._frames, axis) for axis in self._centres.T])

    def azimuth(self, frame: int) -> float:
        """Degrees from +z towards +x at which the clip's camera stands, seen from the middle of the box."""
        return float(np.interp(frame, self._camera_frames, self._azimuths))

    def _follow(self, people: list[Motion3D], calm: float) -> None:
        """Let the box go with the people, where one that is just large enough is much smaller than all of the world."""
        frames, low, high = _everyone(people)
        paths = _smoothed((low + high) / 2, calm)
        reach = [np.abs(motion.joints_world - motion.joints_world[:, :1])[..., _LEVEL] for motion in people]
        arm = np.nanpercentile(np.concatenate([each.ravel() for each in reach]), 100 - _TRIMMED)
        half = max(np.maximum(high - paths, paths - low).max() + arm + _MARGIN, _LEAST_SPAN / 2)
        if half < _WORTH * self.high[_LEVEL].max():
            self._frames, self._centres = frames, np.insert(paths, 1, 0.0, axis=1)
            self.low[_LEVEL], self.high[_LEVEL] = -half, half


def world_range(people: list[Motion3D]) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner (3,) metres, world frame, of the space that all but the odd joint stays in.

    The floor is always inside, and the space is at least two metres wide; without people it is such a space
    at the origin.
    """
    joints = [motion.joints_world.reshape(-1, 3) for motion in people]
    points = np.concatenate([*joints, np.zeros((0, 3))])
    points = points[np.isfinite(points).all(axis=-1)]
    if not len(points):
        points = np.zeros((1, 3))
    low, high = np.percentile(points, [_TRIMMED, 100 - _TRIMMED], axis=0)
    low, high = low - _MARGIN, high + _MARGIN
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, _LEAST_SPAN / 2)
    low[_LEVEL], high[_LEVEL] = (middle - half)[_LEVEL], (middle + half)[_LEVEL]
    low[1], high[1] = min(low[1] + _MARGIN, 0.0), max(high[1], _LEAST_SPAN)
    return low, high


def _everyone(people: list[Motion3D]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frames (F,) from first to last with anyone, and the level corners (F, 2), (F, 2) between which all roots are."""
    numbers = [motion.person.frames for motion in people]
    frames = np.arange(min(each[0] for each in numbers), max(each[-1] for each in numbers) + 1)
    low, high = np.full((2, len(frames), 2), np.nan)
    for motion, own in zip(people, numbers, strict=True):
        rows, root = own - frames[0], motion.joints_world[:, 0, _LEVEL]
        low[rows], high[rows] = np.fmin(low[rows], root), np.fmax(high[rows], root)
    there = np.isfinite(low).all(axis=1)
    low, high = (np.stack([np.interp(frames, frames[there], axis[there]) for axis in corner.T], axis=1)
                 for corner in (low, high))
    return frames, low, high


def _smoothed(paths: np.ndarray, calm: float) -> np.ndarray:
    """Paths (F, D) without what is quicker than `calm` frames; they begin and end where and as they did."""
    more = min(round(3 * calm), len(paths) - 1)
    longer = np.pad(paths, ((more, more), (0, 0)), mode="reflect", reflect_type="odd")
    return np.asarray(gaussian_filter1d(longer, calm, axis=0, mode="nearest"))[more:len(longer) - more]
