"""The focal length from the floor: with the right one, people who are near and far stand on the same."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vid2pose3d.camera import ASSUMED_FOCAL_ERROR, scale_focal
from vid2pose3d.motion import Camera
from vid2pose3d.place.stature import FloorLevel, level_errors

_ELSEWHERE = 0.1
"""Share of people who stand on something else than the others, or are children."""
_RANGE = 2.0
"""Metres over which their floors, as an adult's size has them, then are anywhere."""
_REACH = 2.5
"""Standard deviations of the assumed focal length that are searched, each way."""
_STEPS = 61
_FLOOR_STEP = 0.02
_BEYOND = 0.3
"""Metres below the lowest and above the highest of the levels that a common floor is looked for."""
_TOLD = 0.8
"""Share of the assumption's error above which what is left says that the floor told nothing."""


def with_focal_of_floor(camera: Camera, floors: Sequence[FloorLevel], *, up: np.ndarray) -> Camera:
    """The camera with the focal length that puts people on one floor, or the same one where they say too little.

    floors: people's, placed with the assumed focal length; up: (3,) vertical, camera frame. Depths grow with the focal
    length, so that under a camera that looks down the far ones' floors sink against the near ones'. The focal length is
    the posterior mean over log-normal assumptions, people's statures and the common level, where anyone may stand
    elsewhere with a small probability.
    """
    stand = [floor for floor in floors if np.isfinite(floor.level)]
    if len(stand) < 2:
        return camera
    level = np.array([floor.level for floor in stand])
    sinking = np.array([floor.depth for floor in stand]) * up[2]
    change = np.linspace(-_REACH, _REACH, _STEPS) * ASSUMED_FOCAL_ERROR
    errors = level_errors(stand)
    weight = np.array([_one_floor(level + np.expm1(each) * sinking, *errors) for each in change])
    weight *= np.exp(-((change / ASSUMED_FOCAL_ERROR) ** 2) / 2)
    weight /= weight.sum()
    mean = float(weight @ change)
    error = float(np.sqrt(weight @ (change - mean) ** 2))
    if error > _TOLD * ASSUMED_FOCAL_ERROR:
        return camera
    return replace(camera, intrinsics=scale_focal(camera.intrinsics, np.exp(mean)), assumed=False, focal_error=error)


def _one_floor(level: np.ndarray, spread: np.ndarray, error: np.ndarray) -> float:
    """Likelihood of levels (M,), integrated over the common floor's; spread, error (M,) as of `level_errors`."""
    common = np.arange(level.min() - _BEYOND, level.max() + _BEYOND, _FLOOR_STEP)
    sigma = np.hypot(spread * level, error)[:, None]
    on = np.exp(-(((level[:, None] - common) / sigma) ** 2) / 2) / (np.sqrt(2 * np.pi) * sigma)
    return float(((1 - _ELSEWHERE) * on + _ELSEWHERE / _RANGE).prod(axis=0).sum() * _FLOOR_STEP)
