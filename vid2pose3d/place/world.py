"""The world frame: which way is up, where the floor is, where the first person stands and faces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vid2pose3d.place.contact import FEET, bottoms, stance
from vid2pose3d.place.smoothing import spans
from vid2pose3d.skeleton import H36M17

_ROLL, _PITCH = 0.06, 0.35
"""Radians by which cameras are usually out of level: people hold them straight, but point them up or down."""
_BODY = 0.12
"""Radians by which a person's mean body axis is off the vertical."""
_LEAN = 0.35
"""Radians from the vertical at which a frame's body axis has lost most of its weight."""
_LYING = 1.0
"""Radians from the vertical at which it says nothing."""
_BEND = 0.3
"""Radians between trunk and legs at which it does."""
_STEP = 0.5
"""Seconds after which a frame says something new."""
_UNEVEN = 0.05
"""Metres by which feet on the floor are off their common plane."""
_DEPTH_WANDER = 0.15
"""Metres by which the error of the depth wanders during a clip."""
_CONTACT_QUANTILE = 0.25
_ROUNDS = 10
_START = 0.5
"""Seconds at the start that decide which way the first person faces."""
_UPSIDE_DOWN = -0.5
"""Cosine between trunk and vertical below which someone stands on the hands."""


@dataclass(frozen=True)
class Track:
    """What the world is judged from: one person's absolute joints (N, 17, 3) metres, camera frame, N >= 1."""

    joints: np.ndarray
    times: np.ndarray
    """(N,) seconds."""
    trust: np.ndarray
    """(N,) 0..1, low for frames in which the person was not seen."""


def world_from_camera(tracks: Sequence[Track]) -> np.ndarray:
    """Rigid (4, 4) into the frame with y up, the floor at y = 0 and the first track's start at x = z = 0, facing +z.

    Identity with y and z turned round (a level camera at the origin) for no tracks.
    """
    up = find_up(tracks)
    if not tracks:
        return _assemble(up, np.array([0.0, 0.0, -1.0]), np.zeros(3))
    first = tracks[0]
    pelvis = first.joints[0, 0]
    origin = pelvis + (floor_height(tracks, up) - pelvis @ up) * up
    return _assemble(up, facing(first, up), origin)


def find_up(tracks: Sequence[Track]) -> np.ndarray:
    """Unit vector (3,) in the camera frame that points up.

    It is sought as (a, -1, b) / norm, linear in a and b. Three things speak: cameras are held level within limits,
    bodies that are straight and not far from the vertical point up on average, and standing feet lie in one plane.
    """
    slope = np.zeros(2)
    for _ in range(_ROUNDS):
        up = _up_from_slope(slope)
        normal = np.diag([_ROLL, _PITCH]) ** 2
        normal = np.linalg.inv(normal)
        moment = np.zeros(2)
        for track in tracks:
            for evidence in (_body_evidence, _feet_evidence):
                information, pull = evidence(track, up)
                normal, moment = normal + information, moment + pull
        slope = np.linalg.solve(normal, moment)
    return _up_from_slope(slope)


def floor_height(tracks: Sequence[Track], up: np.ndarray) -> float:
    """Height of the floor along `up` over the camera, metres: one floor for all, from what rests on it."""
    heights, weights = [], []
    for track in tracks:
        planted = stance(track.joints, track.times, up=up) * (track.trust * spans(track.times))[:, None]
        heights.append(bottoms(track.joints, up=up).ravel())
        weights.append(planted.ravel())
    return _quantile(np.concatenate(heights), np.concatenate(weights), _CONTACT_QUANTILE)


def facing(track: Track, up: np.ndarray) -> np.ndarray:
    """Horizontal unit vector (3,), camera frame, that the person faces in the first moments of the track."""
    joints = track.joints[track.times <= track.times[0] + _START]
    left = np.zeros(3)
    for joint in ("hip", "shoulder"):
        left_joint, right_joint = H36M17.indices((f"left_{joint}", f"right_{joint}"))
        left += np.median(joints[:, left_joint] - joints[:, right_joint], axis=0)
    pelvis, thorax = H36M17.indices(("pelvis", "thorax"))
    trunk = _unit(np.median(joints[:, thorax] - joints[:, pelvis], axis=0))
    forward = np.cross(left, -up if trunk @ up < _UPSIDE_DOWN else up)
    norm = np.linalg.norm(forward)
    if norm < 1e-6:
        return _assemble(up, np.array([0.0, 0.0, -1.0]), np.zeros(3))[2, :3]
    return forward / norm


def _body_evidence(track: Track, up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations (2, 2), (2,) of the slope that the person's upright frames speak for."""
    pelvis, thorax = (track.joints[:, j] for j in H36M17.indices(("pelvis", "thorax")))
    legs = _unit(pelvis - track.joints[:, FEET].mean(axis=1))
    trunk = _unit(thorax - pelvis)
    axis = _unit(thorax - track.joints[:, FEET].mean(axis=1))
    straight = 1 / (1 + (_angle(legs, trunk) / _BEND) ** 2)
    lean = _angle(axis, up)
    lean = np.maximum(1 - (lean / _LYING) ** 2, 0.0) / (1 + (lean / _LEAN) ** 2) ** 2
    share = straight * lean * track.trust
    weight = share * spans(track.times)
    mean = weight @ axis
    if mean[1] > -0.3 * np.linalg.norm(mean) or not weight.any():
        return np.zeros((2, 2)), np.zeros(2)
    slope = np.array([mean[0], mean[2]]) / -mean[1]
    views = share.max() + weight.sum() / _STEP
    information = views / (1 + views) / _BODY**2
    return information * np.eye(2), information * slope


def _feet_evidence(track: Track, up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations (2, 2), (2,) of the slope at which the places where the feet stood lie in one plane.

    Errors of the depth move the feet along their lines of sight, which would make that line the slope; so the depth
    is drawn towards its mean by the share of its variance that such errors explain.
    """
    planted = stance(track.joints, track.times, up=up)[:, : len(FEET)]
    weight = (planted * (track.trust * spans(track.times) / _STEP)[:, None]).ravel()
    feet = track.joints[:, FEET].reshape(-1, 3)
    if weight.sum() < 2:
        return np.zeros((2, 2)), np.zeros(2)
    depth = np.average(feet[:, 2], weights=weight)
    variance = np.average((feet[:, 2] - depth) ** 2, weights=weight)
    share = max(0.0, 1 - _DEPTH_WANDER**2 / max(variance, 1e-9))
    feet = feet * ((depth + share * (feet[:, 2] - depth)) / feet[:, 2])[:, None]
    off_plane = (feet - np.average(feet, axis=0, weights=weight)) @ up
    weight = weight / (1 + (off_plane / _UNEVEN) ** 2)
    spread = feet - np.average(feet, axis=0, weights=weight)
    known, wanted = spread[:, [0, 2]], spread[:, 1]
    information = np.einsum("ni,n,nj->ij", known, weight, known) / _UNEVEN**2
    return information, np.einsum("ni,n,n->i", known, weight, wanted) / _UNEVEN**2


def _assemble(up: np.ndarray, forward: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """(4, 4) with rows left, up, forward of the person; `forward` is made square to `up`."""
    left = _unit(np.cross(up, forward))
    rotation = np.stack([left, up, np.cross(left, up)])
    transform = np.eye(4)
    transform[:3, :3] = rotation
    transform[:3, 3] = -rotation @ origin
    return transform


def _up_from_slope(slope: np.ndarray) -> np.ndarray:
    return _unit(np.array([slope[0], -1.0, slope[1]]))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _angle(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.arccos(np.clip((vectors * others).sum(axis=-1), -1, 1))


def _quantile(samples: np.ndarray, weights: np.ndarray, share: float) -> float:
    order = np.argsort(samples)
    total = np.cumsum(weights[order])
    return float(samples[order][np.searchsorted(total, share * total[-1])])
