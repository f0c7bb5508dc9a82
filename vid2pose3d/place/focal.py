"""The focal length from the motion: people who come nearer while their feet stand tell depth from size apart."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vid2pose3d.camera import ASSUMED_FOCAL_ERROR, scale_focal
from vid2pose3d.motion import Camera
from vid2pose3d.place.contact import FEET, stance, stretches
from vid2pose3d.place.world import Track

_PLANTED = 0.5
_SHORTEST = 0.2
"""Seconds of a stance."""
_STANCES = 4
"""Fewer say nothing."""
_TRAVEL = 0.5
"""Metres along the line of sight while feet stood, in all, below which nothing is said."""
_LEAST_ERROR = 0.2
"""Standard deviation of the logarithm that no agreement takes away: lifted legs swing too little along the sight."""
_DISAGREEMENT = 1.5
"""How much of it comes from stances that disagree, in units of sqrt(1 - r^2). This and the error above are measured on
held-out motion capture seen by virtual cameras."""


def with_estimated_focal(camera: Camera, tracks: Sequence[Track], *, up: np.ndarray) -> Camera:
    """The camera with a better focal length than the assumed one, or the same one where the motion says too little.

    tracks: placed with the assumed focal length; up: (3,) vertical, camera frame. Over a foot that stands, the pose
    says how far the body moves along the line of sight, and its size in the picture how far, times the focal length;
    the ratio of the two over all stances is that of the true to the assumed focal length. It is averaged with the
    assumed one by their errors.
    """
    moves = np.concatenate([_stances(track, up) for track in tracks] + [np.zeros((0, 3))])
    lasting, posed, seen = moves.T
    weight = lasting**3  # the information of a slope over that time
    both = (weight * posed * seen).sum()
    if len(moves) < _STANCES or (lasting * np.abs(seen)).sum() < _TRAVEL or both <= 0:
        return camera
    posed, seen = (weight * posed**2).sum(), (weight * seen**2).sum()
    error = np.hypot(_LEAST_ERROR, _DISAGREEMENT * np.sqrt(max(1 - both**2 / (posed * seen), 0.0)))
    if error > ASSUMED_FOCAL_ERROR:
        return camera
    share = ASSUMED_FOCAL_ERROR**2 / (ASSUMED_FOCAL_ERROR**2 + error**2)
    factor = float(np.exp(share * np.log(posed / seen) / 2))
    return replace(camera, intrinsics=scale_focal(camera.intrinsics, factor), assumed=False,
                   focal_error=float(error * np.sqrt(share)))


def _stances(track: Track, up: np.ndarray) -> np.ndarray:
    """(M, 3) of each time a foot stands: seconds, and the body's speed along the sight by the pose and as seen."""
    root, times = track.joints[:, 0], track.times
    planted = stance(track.joints, times, up=up)[:, : len(FEET)] * track.trust[:, None] > _PLANTED
    found = []
    for foot in range(len(FEET)):
        for first, last in stretches(planted[:, foot]):
            rows = slice(first, last + 1)
            lasting = float(times[last] - times[first])
            if lasting < _SHORTEST:
                continue
            sight = root[rows].mean(axis=0)
            sight = sight / np.linalg.norm(sight)
            clock = times[rows] - times[rows].mean()
            slope = clock / (clock @ clock)
            found.append((lasting, slope @ ((root - track.joints[:, FEET[foot]])[rows] @ sight),
                          slope @ (root[rows] @ sight)))
    return np.array(found).reshape(-1, 3)
