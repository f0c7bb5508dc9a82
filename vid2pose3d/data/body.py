"""A recorded body: places named in the same words whatever the file calls them, and how it becomes 17 joints."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vid2pose3d.skeleton import H36M17

Kind = Literal["rig", "cmu", "joints"]


@dataclass(frozen=True)
class Body:
    """F frames of the places of a body (data.joint_names.PLACES), or, of the kind "joints", Human3.6M's own joints."""

    kind: Kind
    """"cmu" is the skeleton of the CMU database, in Acclaim's files and in conversions of them."""
    points: Mapping[str, np.ndarray]
    """(F, 3) by place."""
    chain: tuple[np.ndarray, ...] = ()
    """(F, 3) spine joints, from the pelvis upwards."""
    neck: tuple[np.ndarray, ...] = ()
    """(F, 3) neck joints, from the base upwards."""
    head_left: np.ndarray | None = None
    """(F, 3) unit vectors to the left of the head, where the file tells how the head turns."""
    rest_up: np.ndarray | None = None
    """(3,) from the feet to the shoulders of the rest pose, where that stands; in the file's axes."""

    def __len__(self) -> int:
        return len(next(iter(self.points.values())))

    def moved(self, *, scale: float, matrix: np.ndarray) -> "Body":
        """The body in other units and axes: x -> scale * matrix @ x."""
        def change(points: np.ndarray) -> np.ndarray:
            return scale * points @ matrix.T

        return replace(self, points={place: change(points) for place, points in self.points.items()},
                       chain=tuple(map(change, self.chain)), neck=tuple(map(change, self.neck)),
                       head_left=None if self.head_left is None else self.head_left @ matrix.T)

    def swapped(self) -> "Body":
        """The body with left and right exchanged."""
        def other(place: str) -> str:
            side, _, rest = place.partition("_")
            return {"left": "right_", "right": "left_"}[side] + rest if side in ("left", "right") else place

        return replace(self, points={other(place): points for place, points in self.points.items()},
                       head_left=None if self.head_left is None else -self.head_left)

    def middle(self, place: str) -> np.ndarray:
        """(F, 3) halfway between left and right."""
        return (self.points[f"left_{place}"] + self.points[f"right_{place}"]) / 2

    def across(self, place: str) -> np.ndarray:
        """(F, 3) from right to left."""
        return self.points[f"left_{place}"] - self.points[f"right_{place}"]

    def leg(self) -> float:
        """Median length of thigh and shin together, in the body's unit."""
        return self.bone("hip", "knee") + self.bone("knee", "ankle")

    def bone(self, start: str, end: str) -> float:
        """Median length of a limb's bone, both sides' mean, in the body's unit."""
        return float(np.mean([np.nanmedian(np.linalg.norm(
            self.points[f"{side}_{end}"] - self.points[f"{side}_{start}"], axis=-1)) for side in ("left", "right")]))

    def trunk(self) -> float:
        """Median distance between the middles of hips and shoulders, in the body's unit."""
        return float(np.nanmedian(np.linalg.norm(self.middle("shoulder") - self.middle("hip"), axis=-1)))


# The share and angle constants below put joints where Human3.6M has them. Those of the CMU skeleton were read off a
# conversion of that database that was checked against Human3.6M's proportions.
_HALF_HIPS = 0.27
"""Half the distance between the hips, in thighs: rigs have their hips closer together."""
_SPINE = 0.47
"""Height of the spine joint between pelvis and thorax, along the bend of the back."""
_THORAX_ABOVE_SHOULDERS = 0.025
"""In legs: raised shoulders draw their middle up, which does not move the thorax."""
_CMU_THORAX, _CMU_SHOULDERS, _CMU_WRIST = 0.75, 0.88, 1.38
"""Thorax between the two neck joints; shoulders drawn in towards it; wrist at 92 % of the bones radius and wrist, of
which the second is half as long as the first."""
_NOSE, _NOSE_ANGLE = 0.1315, 27.5
"""Distance from thorax in legs; degrees in front of the line from thorax to the head's joint (5.5 cm for an adult)."""
_HEAD, _HEAD_ANGLE = 0.1275, -12.0
"""Distance from neck_nose in legs; degrees behind the direction of the head."""
_SHORT_HEAD = 0.03
"""Length of the head's bone in legs under which it tells no direction."""


def h36m17(body: Body) -> np.ndarray:
    """Human3.6M's 17 joints (F, 17, 3) of a body, in its unit and axes."""
    if body.kind == "joints":
        return np.stack([body.points[joint] for joint in H36M17.joints], axis=1)
    places = dict(body.points)
    places |= _hips(body)
    thorax = _thorax(body)
    places |= {"pelvis": body.middle("hip"), "thorax": thorax}
    if body.kind == "cmu":
        for side in ("left", "right"):
            shoulder, elbow, wrist = (body.points[f"{side}_{place}"] for place in ("shoulder", "elbow", "wrist"))
            places[f"{side}_shoulder"] = thorax + _CMU_SHOULDERS * (shoulder - thorax)
            places[f"{side}_wrist"] = elbow + _CMU_WRIST * (wrist - elbow)
    places["spine"] = _along((places["pelvis"], *_inner(body.chain, places["pelvis"], thorax), thorax), _SPINE)
    places["neck_nose"], places["head"] = _face(body, thorax)
    return np.stack([places[joint] for joint in H36M17.joints], axis=1)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors (..., 3); NaN where there is no direction."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _hips(body: Body) -> dict[str, np.ndarray]:
    """Hips as far apart as Human3.6M's; wider ones stay."""
    across = body.across("hip")
    width = np.maximum(2 * _HALF_HIPS * body.bone("hip", "knee"), np.linalg.norm(across, axis=-1, keepdims=True))
    half = width / 2 * unit(across)
    return {"left_hip": body.middle("hip") + half, "right_hip": body.middle("hip") - half}


def _thorax(body: Body) -> np.ndarray:
    """The base of the neck: a fixed point of the line from the chest to the head, near the height of the shoulders."""
    if body.kind == "cmu":
        low, high = body.neck[:2]
        return low + _CMU_THORAX * (high - low)
    head = _head_joint(body)
    below_head = _inner((*body.chain, *body.neck[:1]), body.middle("hip"), head)
    line = [*(below_head or [body.middle("hip")])[-2:], head]
    shoulders = body.middle("shoulder")
    up = unit(line[-1] - line[0])
    level = np.sum((shoulders - line[0]) * up, axis=-1) + _THORAX_ABOVE_SHOULDERS * body.leg()
    heights = [np.nanmedian(np.sum((point - line[0]) * up, axis=-1)) for point in line]
    share = float(np.interp(np.nanmedian(level), heights, np.arange(len(line))))
    below = min(int(share), len(line) - 2)
    return line[below] + (share - below) * (line[below + 1] - line[below])


def _head_joint(body: Body) -> np.ndarray:
    return body.points["head"] if "head" in body.points else body.points["head_top"]


def _inner(chain: tuple[np.ndarray, ...], start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """Those joints of the chain that lie between start and end, in order."""
    axis = end - start
    shares = [float(np.nanmedian(np.sum((point - start) * axis, axis=-1) / np.sum(axis * axis, axis=-1)))
              for point in chain]
    kept, last = [], 0.05
    for share, point in zip(shares, chain, strict=True):
        if last < share < 0.95:
            kept.append(point)
            last = share
    return kept


def _along(line: tuple[np.ndarray, ...], share: float) -> np.ndarray:
    """(F, 3) the point at that share of the way along a line of (F, 3) points, frame by frame."""
    steps = np.stack([np.linalg.norm(b - a, axis=-1) for a, b in zip(line, line[1:], strict=False)])
    far = np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])
    goal = share * far[-1]
    point = line[0].copy()
    for index, (start, end) in enumerate(zip(line, line[1:], strict=False)):
        part = np.clip((goal - far[index]) / np.maximum(steps[index], 1e-9), 0, 1)[:, None]
        point = np.where((goal >= far[index])[:, None], start + part * (end - start), point)
    return point


def _face(body: Body, thorax: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """neck_nose and head, from the neck's direction, the head's, and where it faces."""
    joint, leg = _head_joint(body), body.leg()
    left = unit(body.across("shoulder")) if body.head_left is None else body.head_left
    nose = thorax + _NOSE * leg * _leaning(joint - thorax, left, _NOSE_ANGLE)
    top = body.points.get("head_top", joint) - joint
    direction = top if np.nanmedian(np.linalg.norm(top, axis=-1)) > _SHORT_HEAD * leg else joint - thorax
    return nose, nose + _HEAD * leg * _leaning(direction, left, _HEAD_ANGLE)


def _leaning(up: np.ndarray, left: np.ndarray, degrees: float) -> np.ndarray:
    """(F, 3) unit vectors `degrees` in front of `up`."""
    forward = unit(np.cross(left, up))
    return np.cos(np.radians(degrees)) * unit(up) + np.sin(np.radians(degrees)) * forward
