"""Which joints a foreign file has: told by their names, by the user, or by their number and what they look like."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import JOINT_SETS, JointSet

_BY_COUNT = {
    count: [joints for joints in JOINT_SETS.values() if len(joints) == count]
    for count in sorted({len(joints) for joints in JOINT_SETS.values()})
}
_UNUSABLE = {
    15: "15 joints are OpenPose's MPI model; detect with BODY_25 or COCO",
    21: "21 joints are those of a hand; detect the body",
    133: "133 joints are COCO-WholeBody; detect with a body model of 17 or 26 joints",
    136: "136 joints are Halpe-136; detect with Halpe-26 or COCO",
}
_USUAL = {17: "coco17"}
_ALIASES = {
    "hip": "pelvis", "root": "pelvis", "mid_hip": "pelvis", "middle_hip": "pelvis", "neck_base": "neck_nose",
    "right_foot": "right_ankle", "left_foot": "left_ankle", "mouth_left": "left_mouth", "mouth_right": "right_mouth",
}
"""Names that other programs give to joints of our sets."""
_LONGER = 1.25
"""How many times longer than under another joint set the bones must be for the set to be called wrong. COCO's bones
are 1.06 times Human3.6M's on COCO joints; every wrong pair of the sets of 17 joints makes 1.4 or more."""


@dataclass(frozen=True)
class JointOrder:
    """A joint set, and where in it each joint of the file goes."""

    joint_set: JointSet
    places: list[int]


def in_order(joints: JointSet) -> JointOrder:
    """The set's own order."""
    return JointOrder(joints, list(range(len(joints))))


def by_names(names: Sequence[str], path: Path, *, preferred: JointSet | None = None) -> JointOrder:
    """The smallest joint set that has all these joints, or `preferred` where that has them.

    Raises InputError where there is none.
    """
    plain = [_plain(name) for name in names]
    for some in (plain, [_ALIASES.get(name, name) for name in plain]):
        fitting = [joints for joints in JOINT_SETS.values() if set(some) <= set(joints.joints)]
        if fitting and len(set(some)) == len(some):
            best = min(fitting, key=lambda joints: (joints is not preferred, len(joints), list(joints.joints) != some))
            return JointOrder(best, best.indices(some))
    known = {name for joints in JOINT_SETS.values() for name in joints.joints}
    strange = [name for name, own in zip(names, plain, strict=True) if _ALIASES.get(own, own) not in known]
    raise InputError(f"{path}: its joints are of no known set (such as {', '.join(strange[:4] or names[:4])}); known "
                     f"sets are {', '.join(JOINT_SETS)}")


def by_count(count: int, path: Path, *, chosen: JointSet | None) -> JointOrder:
    """The joint set of that many joints, by the user's choice where there are several.

    Raises InputError where there is none, or the choice has another number of joints.
    """
    if chosen is not None:
        if len(chosen) != count:
            raise InputError(f"--from-joints {chosen.name}: has {len(chosen)} joints, but {path} has {count}")
        return in_order(chosen)
    if count not in _BY_COUNT:
        why = _UNUSABLE.get(count, f"{count} joints are no known set (known: "
                            f"{', '.join(f'{name} {len(joints)}' for name, joints in JOINT_SETS.items())})")
        raise InputError(f"{path} cannot be used: {why}")
    sets = _BY_COUNT[count]
    return in_order(next((joints for joints in sets if joints.name == _USUAL.get(count)), sets[0]))


def check_look(path: Path, joints: JointSet, xy: np.ndarray) -> None:
    """Raises InputError where the bones of whole people are so long that xy (N, J, 2) must be of another set."""
    whole = xy[np.isfinite(xy).all(axis=(1, 2))]  # a part of a body can look like anything
    if not len(whole):
        return
    lengths = {other.name: _bone_length(other, whole) for other in _BY_COUNT[len(joints)]}
    shortest = min(lengths, key=lambda name: lengths[name])
    if lengths[joints.name] > _LONGER * lengths[shortest]:
        raise InputError(f"{path}: its {len(joints)} joints do not look like {joints.name}, but like {shortest}; say "
                         f"which they are with --from-joints {shortest} or another of {', '.join(lengths)}")


def _bone_length(joints: JointSet, xy: np.ndarray) -> float:
    """Median over people of the mean length of their bones."""
    parents, children = np.array(joints.bones).T
    return float(np.median(np.linalg.norm(xy[:, parents] - xy[:, children], axis=-1).mean(axis=1)))


def _plain(name: str) -> str:
    """`LBigToe`, `left big toe` and `L_Big_Toe` as `left_big_toe`."""
    apart = re.sub(r"^([LR])(?=[A-Z][a-z])", r"\1_", name.strip())
    words = re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+", apart)
    plain = [{"l": "left", "r": "right"}.get(word.lower(), word.lower()) for word in words]
    return "_".join(plain)
