"""What a recording may have wrong: its unit, its axes, left and right, frozen and leaping frames."""

from dataclasses import dataclass

import numpy as np

from vid2pose3d.data.body import Body, unit

_UNITS = {"metres": 1.0, "centimetres": 0.01, "millimetres": 0.001, "inches": 0.0254,
          "inches / 0.45 (CMU)": 0.0254 / 0.45}
UNKNOWN_UNIT = "unknown: legs scaled to 0.84 m"
_STATURES = (1.35, 2.15)
"""Metres; narrower than the ratio of any two units, so that one unit at most is plausible."""
_STATED_STATURES = (0.7, 2.3)
"""Metres, where the file states its unit: children too."""
_LEG = 0.84
"""Metres of leg that a body of unknown unit is given: that of an adult of 1.75 m."""
_SAME_UNIT = 0.02
"""Relative difference up to which two factors are the same unit."""
_UPRIGHT = 0.7
"""Mean cosine between body and axis from which the axis counts as the vertical."""
_TOE, _STRIDE = 0.3, 0.5
"""Cosine from which toes, and cosine from which the path of a walker, show where the body faces."""
_WALKING = 0.6
"""Metres a second."""
FASTEST = 10.5
"""Metres a second beyond which a joint leaps: 35 cm between two frames at 30 a second."""
_FROZEN = 0.5
"""Seconds of no movement at all from which a recording stood still."""
_STILL = 1e-5
"""Metres between two frames that count as no movement."""
_BRIDGED = 0.11
"""Seconds of missing or leaping frames that are interpolated."""


def find_unit(body: Body, stated: float | None) -> tuple[float, str]:
    """Metres per unit of the body, and the unit's name.

    The stated unit is taken where it makes a plausible stature, else the one of the usual units that does, else legs
    are scaled to 0.84 m.
    """
    tall = stature(body)
    if stated and _STATED_STATURES[0] <= tall * stated <= _STATED_STATURES[1]:
        usual = [name for name, factor in _UNITS.items() if abs(stated / factor - 1) < _SAME_UNIT]
        return stated, usual[0] if usual else "as stated"
    for name, factor in _UNITS.items():
        if _STATURES[0] <= tall * factor <= _STATURES[1]:
            return factor, name
    return _LEG / body.leg(), UNKNOWN_UNIT


def stature(body: Body) -> float:
    """Height of the standing body in its unit, from legs and trunk: an adult's feet, neck and head add half a leg."""
    return 1.49 * body.leg() + body.trunk()


def misshapen(body: Body) -> str | None:
    """In words, what is not like a person, where the joints' names must have been understood wrongly."""
    leg = body.leg()
    for what, share, (low, high) in (
        ("thigh to leg", body.bone("hip", "knee") / leg, (0.37, 0.63)),
        ("upper arm to leg", body.bone("shoulder", "elbow") / leg, (0.15, 0.6)),
        ("forearm to leg", body.bone("elbow", "wrist") / leg, (0.12, 0.6)),
        ("trunk to leg", body.trunk() / leg, (0.3, 1.1)),
    ):
        if not low <= share <= high:
            return f"not a person's proportions: {what} is {share:.2f}, expected {low:g} to {high:g}"
    return None


def upright(body: Body) -> tuple[np.ndarray, str]:
    """Rotation matrix (3, 3) that turns the vertical to +y, and the axis in words.

    The vertical is the axis along which bodies of the clip stand: from ankles over hips to the shoulders. Of a clip
    in which nobody stands it is that of the rest pose, else y.
    """
    trunk = unit(body.middle("shoulder") - body.middle("hip"))
    legs = unit(body.middle("hip") - body.middle("ankle"))
    posture = np.nanmean(trunk + legs, axis=0) / 2
    axis = int(np.argmax(np.abs(posture)))
    certain = abs(posture[axis]) >= _UPRIGHT
    if not certain:
        posture = np.array([0.0, 1.0, 0.0]) if body.rest_up is None else body.rest_up
        axis = int(np.argmax(np.abs(posture)))
    up = np.sign(posture[axis]) * np.eye(3)[axis]
    name = f"{'-' if up[axis] < 0 else ''}{'xyz'[axis]} up"
    return _turn_to_y(up), name if certain else f"{name} (as in the rest pose: nobody stands)"


def _turn_to_y(up: np.ndarray) -> np.ndarray:
    """A rotation (3, 3) of the axes that takes the axis `up` to +y: z up becomes (x, z, -y)."""
    if abs(up[1]) > 0.5:
        return np.diag([1.0, up[1], up[1]])
    if abs(up[2]) > 0.5:
        return np.array([[1.0, 0, 0], [0, 0, up[2]], [0, -up[2], 0]])
    return np.array([[0, -up[0], 0], [up[0], 0, 0], [0, 0, 1.0]])


def facing(body: Body, *, fps: float) -> tuple[float | None, float | None]:
    """Whether toes and path lead where the body faces by its left and right: mean cosines, None where not to be seen.

    body: metres, y up.
    """
    level = np.array([1.0, 0.0, 1.0])
    ahead = unit(np.cross(unit(body.across("hip")) + unit(body.across("shoulder")), [0.0, 1.0, 0.0]) * level)
    toes = None
    if "left_toe" in body.points and "right_toe" in body.points:
        feet = (body.points["left_toe"] - body.points["left_ankle"]
                + body.points["right_toe"] - body.points["right_ankle"])
        toes = float(np.nanmean(np.sum(unit(feet * level) * ahead, axis=-1)))
    step = max(1, round(fps / 4))
    path = (body.middle("hip")[step:] - body.middle("hip")[:-step]) * level * fps / step
    walks = np.linalg.norm(path, axis=-1) > _WALKING
    stride = None
    if walks.sum() >= fps / 2:
        stride = float(np.nanmean(np.sum(unit(path[walks]) * ahead[:-step][walks], axis=-1)))
    return toes, stride


def sides(body: Body, *, fps: float) -> tuple[bool, str]:
    """Whether left and right are exchanged (or the file's axes left-handed), and what shows it."""
    toes, stride = facing(body, fps=fps)
    if toes is not None and abs(toes) > _TOE:
        if toes > 0:
            return False, ""
        return True, "left and right exchanged: the toes pointed backwards"
    if toes is None and stride is not None and stride < -_STRIDE:
        return False, "walks backwards, or left and right are exchanged: look at it"
    return False, ""


@dataclass(frozen=True)
class Kept:
    """A stretch of good frames."""

    first: int
    """Number of its first frame."""
    joints: np.ndarray
    """(F, 17, 3)."""


def good_parts(joints: np.ndarray, *, fps: float, shortest: float) -> tuple[list[Kept], list[str]]:
    """The stretches of (F, 17, 3) metres without gaps, leaps and frozen frames that last `shortest` seconds or more.

    Gaps and spikes of up to 0.11 s are interpolated. Also returns what was dropped or filled, and why.
    """
    missing = ~np.isfinite(joints).all(axis=(1, 2))
    frozen = _frozen(joints, fps)
    leaps, spikes = _leaps(np.where(missing[:, None, None], np.nan, joints), fps)
    filled, joints = _bridge(joints, missing | spikes, fps)
    bad = (missing | spikes) & ~filled | frozen
    cuts = leaps & ~_inside(filled)
    parts, short = [], 0
    for first, last in _runs(bad, cuts):
        if last - first >= max(shortest * fps, 2):
            parts.append(Kept(first, joints[first:last]))
        else:
            short += last - first
    said = [f"{count / fps:.2f} s {what}" for what, count in (
        ("interpolated (gaps or spikes)", int(filled.sum())), ("dropped: frozen", int(frozen.sum())),
        ("dropped: joints missing or leaping", int((bad & ~frozen).sum())),
        (f"dropped: pieces shorter than {shortest:g} s", short)) if count]
    return parts, [*said, *([f"cut at {int(cuts.sum())} leaps"] if cuts.any() else [])]


def _frozen(joints: np.ndarray, fps: float) -> np.ndarray:
    """(F,) frames that do not differ from the one before, in runs that last."""
    still = np.zeros(len(joints), dtype=bool)
    still[1:] = np.abs(np.diff(joints, axis=0)).max(axis=(1, 2), initial=0.0) < _STILL
    return _long_runs(still, at_least=_FROZEN * fps)


def _leaps(joints: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """(F - 1,) steps that are too fast, and (F,) frames of spikes: short stretches between two such steps."""
    if len(joints) < 2:
        return np.zeros(0, dtype=bool), np.zeros(len(joints), dtype=bool)
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1).max(axis=-1) * fps
    leaps = np.nan_to_num(speed) > FASTEST
    spikes = np.zeros(len(joints), dtype=bool)
    at = np.flatnonzero(leaps)
    for start, end in zip(at, at[1:], strict=False):
        if end - start <= _BRIDGED * fps:
            spikes[start + 1:end + 1] = True
    return leaps, spikes


def _bridge(joints: np.ndarray, bad: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """(F,) frames that were interpolated, and the joints with them: short runs whose two ends fit together."""
    filled, joints = np.zeros(len(joints), dtype=bool), joints.copy()
    for first, last in _spans(bad):
        if first == 0 or last == len(joints) or last - first > _BRIDGED * fps:
            continue
        start, end, steps = joints[first - 1], joints[last], last - first + 1
        if np.linalg.norm(end - start, axis=-1).max() * fps / steps > FASTEST:
            continue
        share = (np.arange(1, steps) / steps)[:, None, None]
        joints[first:last] = start + share * (end - start)
        filled[first:last] = True
    return filled, joints


def _inside(filled: np.ndarray) -> np.ndarray:
    """(F - 1,) steps that begin or end in a filled frame."""
    return filled[1:] | filled[:-1]


def _runs(bad: np.ndarray, cuts: np.ndarray) -> list[tuple[int, int]]:
    """(first, one past the last) of the stretches of good frames, also cut between frames."""
    runs = []
    for first, last in _spans(~bad):
        edges = [first, *(np.flatnonzero(cuts[first:last - 1]) + first + 1).tolist(), last]
        runs += list(zip(edges, edges[1:], strict=False))
    return runs


def _spans(flags: np.ndarray) -> list[tuple[int, int]]:
    """(first, one past the last) of the runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _long_runs(flags: np.ndarray, *, at_least: float) -> np.ndarray:
    kept = np.zeros_like(flags)
    for first, last in _spans(flags):
        if last - first >= at_least:
            kept[first:last] = True
    return kept
