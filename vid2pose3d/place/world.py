"""The world frame: which way is up, where the floor is, where the first person stands and faces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vid2pose3d.place.balance import mass_centre, soles, to_the_left
from vid2pose3d.place.contact import FEET, bottoms, stance
from vid2pose3d.place.smoothing import spans
from vid2pose3d.skeleton import H36M17
from vid2pose3d.vectors import unit

_ROLL, _PITCH = 0.06, 0.35
"""Radians by which cameras are usually out of level: people hold them straight, but point them up or down."""
_BODY = 0.08
"""Radians by which a person's weight is off the vertical over the feet, on average."""
_LEAN = 0.15
"""Radians from the vertical at which a frame has lost most of its say."""
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
_SIZE = 0.05
"""Share by which a person's size, and with it the whole distance, is wrong."""
_APART = 0.15
"""Metres by which people's floors are apart because of that."""
_POINT = 0.01
"""Metres: places closer together than this are one."""
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


def world_from_camera(tracks: Sequence[Track], *, up: np.ndarray | None = None) -> np.ndarray:
    """Rigid (4, 4) into the frame with y up, the floor at y = 0 and the first track's start at x = z = 0, facing +z.

    up: (3,) the vertical, which is found where it is not given. Identity with y and z turned round (a level camera at
    the origin) for no tracks.
    """
    if not tracks:
        return _assemble(up_from_slope(np.zeros(2)), np.array([0.0, 0.0, -1.0]), np.zeros(3))
    up = find_up(tracks) if up is None else up
    first = tracks[0]
    pelvis = first.joints[0, 0]
    origin = pelvis + (floor_height(tracks, up) - pelvis @ up) * up
    return _assemble(up, facing(first, up), origin)


def find_up(tracks: Sequence[Track]) -> np.ndarray:
    """Unit vector (3,) in the camera frame that points up, from at least one track."""
    return up_from_slope(find_slope(tracks)[0])


def find_slope(tracks: Sequence[Track], *, lean: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The vertical as a slope (2,), (a, -1, b) / norm pointing up, and its information (2, 2), the inverse covariance.

    lean: radians by which bodies lean away from the camera on average, only because that is how their poses are wrong.

    The vertical is linear in a and b. Three things speak: cameras are held level within limits,
    bodies that are straight and not far from the vertical have their weight over their feet on average, and standing
    feet lie in one plane, one person's as well as different people's.
    """
    slope = _first_slope(tracks)
    for _ in range(_ROUNDS):
        up = up_from_slope(slope)
        evidence = [
            (np.diag(_level_prior(slope)), np.zeros(2)),
            _body_evidence(tracks, up, lean),
            _common_floor_evidence(tracks, up),
            *(_feet_evidence(track, up) for track in tracks),
        ]
        normals, moments = zip(*evidence, strict=True)
        information = np.asarray(sum(normals))
        slope = np.linalg.solve(information, sum(moments))
    return slope, information


def _level_prior(slope: np.ndarray) -> np.ndarray:
    """Precisions (2,), about a slope (2,), with which a level camera is expected.

    As of a Cauchy distribution for the pitch, and by Geman and McClure's weights for the roll: cameras are held level,
    or askew in any way.
    """
    usual = np.array([_ROLL, _PITCH]) ** 2
    precision: np.ndarray = 1 / (usual + slope**2)
    precision[0] *= usual[0] / (usual[0] + slope[0] ** 2)
    return precision


def _first_slope(tracks: Sequence[Track]) -> np.ndarray:
    """Slope (2,) of the body axis in the middle of all frames, 0 where that would be someone who lies."""
    axes = np.concatenate([unit(joints[:, H36M17.index("thorax")] - joints[:, FEET].mean(axis=1))
                           for joints in (track.joints for track in tracks)])
    trust = np.concatenate([track.trust * spans(track.times) for track in tracks])
    axis = np.array([0.0, -1.0, 0.0])
    for _ in range(_ROUNDS):  # Weiszfeld's geometric median
        axis = unit((trust / np.maximum(np.linalg.norm(axes - axis, axis=-1), _BODY)) @ axes)
    if axis[1] > -np.cos(_LYING):
        return np.zeros(2)
    return np.array([axis[0], axis[2]]) / -axis[1]


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
    left = np.median(to_the_left(joints), axis=0)
    pelvis, thorax = H36M17.indices(("pelvis", "thorax"))
    trunk = unit(np.median(joints[:, thorax] - joints[:, pelvis], axis=0))
    forward = np.cross(left, -up if trunk @ up < _UPSIDE_DOWN else up)
    norm = np.linalg.norm(forward)
    if norm < 1e-6:
        return _assemble(up, np.array([0.0, 0.0, -1.0]), np.zeros(3))[2, :3]
    return forward / norm


def _body_evidence(tracks: Sequence[Track], up: np.ndarray, lean: float) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations (2, 2), (2,) of the slope that upright frames speak for: bodies balance over their feet.

    More frames and more people make it no better than `_BODY`, because what makes one lean, such as a wrong focal
    length, makes all lean.
    """
    axes, shares, weights = [], [], []
    for track in tracks:
        pelvis, thorax = (track.joints[:, j] for j in H36M17.indices(("pelvis", "thorax")))
        feet = soles(track.joints, up=up).mean(axis=1)
        centre = mass_centre(track.joints)
        axis = unit(unit(centre - feet) - lean * unit(centre))
        straight = 1 / (1 + (_angle(unit(pelvis - feet), unit(thorax - pelvis)) / _BEND) ** 2)
        off = _angle(axis, up)
        upright = np.maximum(1 - (off / _LYING) ** 2, 0.0) / (1 + (off / _LEAN) ** 2) ** 2
        axes.append(axis)
        shares.append(straight * upright * track.trust)
        weights.append(shares[-1] * spans(track.times))
    share, weight = np.concatenate(shares), np.concatenate(weights)
    mean = weight @ np.concatenate(axes)
    if not weight.any() or mean[1] > -0.3 * np.linalg.norm(mean):
        return np.zeros((2, 2)), np.zeros(2)
    slope = np.array([mean[0], mean[2]]) / -mean[1]
    views = _views(share, weight / _STEP)
    information = views / (1 + views) / _BODY**2
    return information * np.eye(2), information * slope


def _feet_evidence(track: Track, up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations (2, 2), (2,) of the slope at which the places where a person's feet stood lie in one plane."""
    feet, _, weight = _standing(track, up)
    if weight.sum() < 2:
        return np.zeros((2, 2)), np.zeros(2)
    return _plane(feet, weight, up, wander=_DEPTH_WANDER, uneven=_UNEVEN)


def _common_floor_evidence(tracks: Sequence[Track], up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations (2, 2), (2,) of the slope at which different people stand on one plane."""
    if len(tracks) < 2:
        return np.zeros((2, 2)), np.zeros(2)
    stands, views = [], []
    for track in tracks:
        feet, planted, weight = _standing(track, up)
        stands.append(np.average(feet, axis=0, weights=weight + 1e-9))
        views.append(_views(planted, weight))
    places, weight = np.stack(stands), np.array(views) / (1 + np.array(views))
    depth = float(np.average(places[:, 2], weights=weight))
    return _plane(places, weight, up, wander=_SIZE * depth, uneven=_APART)


def _standing(track: Track, up: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places (2N, 3) of both feet, how much each is planted, and its weight in views of `_STEP` seconds."""
    planted = stance(track.joints, track.times, up=up)[:, : len(FEET)] * track.trust[:, None]
    weight = planted * (spans(track.times) / _STEP)[:, None]
    return track.joints[:, FEET].reshape(-1, 3), planted.ravel(), weight.ravel()


def _views(share: np.ndarray, weight: np.ndarray) -> float:
    """To how many independent views frames amount: the best one counts whole, more only as time passes."""
    return float(share.max() + weight.sum())


def _plane(
    places: np.ndarray, weight: np.ndarray, up: np.ndarray, *, wander: float, uneven: float
) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations (2, 2), (2,) of the slope of the plane through places (M, 3), `uneven` metres off it.

    Errors of the depth, `wander` metres, spread places along their lines of sight, which makes that line the slope
    where nothing else spreads them. What that may do to the least-squares slope adds to its covariance.
    """
    spread = places - np.average(places, axis=0, weights=weight)
    weight = weight / (1 + ((spread @ up) / uneven) ** 2)
    centre = np.average(places, axis=0, weights=weight)
    level, height = (places - centre)[:, [0, 2]], (places - centre)[:, 1]
    scatter = np.einsum("ni,n,nj->ij", level, weight, level) / weight.sum() + _POINT**2 * np.eye(2)
    inverse = np.linalg.inv(scatter)
    slope = inverse @ np.einsum("ni,n,n->i", level, weight, height) / weight.sum()
    sight = centre / centre[2]
    pulled = inverse @ sight[[0, 2]] * wander**2 * (sight @ up)
    information = np.linalg.inv(inverse * uneven**2 / weight.sum() + np.outer(pulled, pulled))
    return information, information @ slope


def _assemble(up: np.ndarray, forward: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """(4, 4) with rows left, up, forward of the person; `forward` is made square to `up`."""
    left = unit(np.cross(up, forward))
    rotation = np.stack([left, up, np.cross(left, up)])
    transform = np.eye(4)
    transform[:3, :3] = rotation
    transform[:3, 3] = -rotation @ origin
    return transform


def up_from_slope(slope: np.ndarray) -> np.ndarray:
    return unit(np.array([slope[0], -1.0, slope[1]]))


def _angle(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.arccos(np.clip((vectors * others).sum(axis=-1), -1, 1))


def _quantile(samples: np.ndarray, weights: np.ndarray, share: float) -> float:
    order = np.argsort(samples)
    total = np.cumsum(weights[order])
    return float(samples[order][np.searchsorted(total, share * total[-1])])
