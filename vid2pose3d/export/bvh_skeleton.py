"""The BVH skeleton: its joints, their T-pose, and the rotations that bring it into a motion's pose."""

from dataclasses import dataclass

import numpy as np

from vid2pose3d.export.feet import TIP, foot_rotations, ground_under
from vid2pose3d.export.rotations import bone_rotations
from vid2pose3d.skeleton import H36M17
from vid2pose3d.vectors import unit

_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_MINUS_X, _MINUS_Y = (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)

Vector = tuple[float, float, float]

_ORDER, _ARM_ORDER = "YZX", "ZXY"
"""Euler orders, outermost first. Gimbal lock is at 90 degrees of the middle axis: these are the orders in which hips,
legs and trunk, and upper arms, come near it least often (never, and in 0.2 % of frames, of varied motion capture)."""

_FALLBACK = 1e-4
"""Weight of the parent's twist where nothing else is known: a limb straight to half a degree follows its parent."""
_ARM_FALLBACK = 1e-3
"""The same for arms, which would screw themselves up as they swing right round if they only followed themselves."""


@dataclass(frozen=True)
class Line:
    """A twist that shows: the bone's `side` axis points along the vector from one joint to another."""

    side: Vector
    start: str
    end: str


@dataclass(frozen=True)
class Hinge:
    """A twist that shows where the limb is bent: `side` points along the bending axis of three joints, times `sign`.

    `prior` is the weight of the parent's twist, `stiffness` that of a steady twist at 30 frames a second, both against
    a hinge bent by a right angle.
    """

    side: Vector
    start: str
    middle: str
    end: str
    sign: float = 1.0
    prior: float = _FALLBACK
    stiffness: float = 1.0


@dataclass(frozen=True)
class BvhJoint:
    """A joint of the file: it sits at Human3.6M joint `at`, and turns the bone `bone` (from, to), if it has one.

    In the T-pose the bone points along `rest`. `tip` is the End Site in metres where no joint of the motion is one.
    """

    name: str
    parent: str | None
    at: str
    bone: tuple[str, str] | None
    rest: Vector = _Y
    twist: Line | Hinge | None = None
    tip: Vector | None = None
    order: str = _ORDER


def _leg(side: str) -> tuple[BvhJoint, ...]:
    name, (hip, knee, ankle) = side.capitalize(), _chain(side, "hip", "knee", "ankle")
    return (
        BvhJoint(f"{name}UpLeg", "Hips", hip, (hip, knee), _MINUS_Y, Hinge(_X, hip, knee, ankle)),
        BvhJoint(f"{name}Leg", f"{name}UpLeg", knee, (knee, ankle), _MINUS_Y),
        BvhJoint(f"{name}Foot", f"{name}Leg", ankle, None, tip=TIP),
    )


def _arm(side: str) -> tuple[BvhJoint, ...]:
    name, (shoulder, elbow, wrist) = side.capitalize(), _chain(side, "shoulder", "elbow", "wrist")
    rest, sign = (_X, -1.0) if side == "left" else (_MINUS_X, 1.0)
    hinge = Hinge(_Y, shoulder, elbow, wrist, sign, prior=_ARM_FALLBACK)
    return (
        BvhJoint(f"{name}Shoulder", "Spine", "thorax", ("thorax", shoulder), rest),
        BvhJoint(f"{name}Arm", f"{name}Shoulder", shoulder, (shoulder, elbow), rest, hinge,
                 order=_ARM_ORDER),
        BvhJoint(f"{name}ForeArm", f"{name}Arm", elbow, (elbow, wrist), rest),
        BvhJoint(f"{name}Hand", f"{name}ForeArm", wrist, None, tip=(rest[0] * 0.08, 0.0, 0.0)),
    )


def _chain(side: str, *joints: str) -> tuple[str, ...]:
    return tuple(f"{side}_{joint}" for joint in joints)


JOINTS: tuple[BvhJoint, ...] = (
    BvhJoint("Hips", None, "pelvis", ("right_hip", "left_hip"), _X, Line(_Y, "pelvis", "spine")),
    *_leg("left"), *_leg("right"),
    BvhJoint("LowerBack", "Hips", "pelvis", ("pelvis", "spine"), _Y),
    BvhJoint("Spine", "LowerBack", "spine", ("spine", "thorax"), _Y,
             Line(_X, "right_shoulder", "left_shoulder")),
    # The face points away from the back of the bend between neck and head, so the bend shows where it looks. These
    # bones are short and the bend is small, so that it counts little.
    BvhJoint("Neck", "Spine", "thorax", ("thorax", "neck_nose"), _Y,
             Hinge(_X, "thorax", "neck_nose", "head", -1.0, prior=0.1, stiffness=4.0)),
    BvhJoint("Head", "Neck", "neck_nose", ("neck_nose", "head"), _Y),
    *_arm("left"), *_arm("right"),
)
"""Parents come before their children, and every joint's children follow it directly, as in the file."""


def children(name: str) -> list[BvhJoint]:
    return [joint for joint in JOINTS if joint.parent == name]


def bone_lengths(joints: np.ndarray) -> dict[tuple[str, str], float]:
    """Mean length of every bone that a BVH joint turns, in the unit of joints (N, 17, 3)."""
    return {joint.bone: float(np.linalg.norm(_between(joints, *joint.bone), axis=-1).mean())
            for joint in JOINTS if joint.bone}


def rest_offsets(lengths: dict[tuple[str, str], float]) -> dict[str, np.ndarray]:
    """Offset (3,) of every BVH joint from its parent in the T-pose, in metres."""
    offsets = {}
    for joint in JOINTS:
        parent = next((other for other in JOINTS if other.name == joint.parent), None)
        offsets[joint.name] = np.zeros(3) if parent is None else _rest_offset(parent, joint.at, lengths)
    return offsets


def end_site(joint: BvhJoint, lengths: dict[tuple[str, str], float]) -> np.ndarray:
    """Offset (3,) metres of the End Site of a joint without children."""
    if joint.bone is None:
        return np.array(joint.tip)
    return _rest_offset(joint, joint.bone[1], lengths)


def _rest_offset(joint: BvhJoint, end: str, lengths: dict[tuple[str, str], float]) -> np.ndarray:
    """From a BVH joint to the Human3.6M joint `end` that it carries: the whole bone, half of it, or nothing."""
    if joint.at == end or joint.bone is None:
        return np.zeros(3)
    along = np.array(joint.rest) * lengths[joint.bone]
    if joint.at in joint.bone:
        return along
    return along / 2 if end == joint.bone[1] else -along / 2


def local_rotations(joints: np.ndarray, *, fps: float) -> np.ndarray:
    """Rotation (N, J, 3, 3) of every BVH joint in its parent's frame, for joints (N, 17, 3) in the world frame.

    Directions of bones are met exactly. What points cannot show, the twist of a bone about itself, comes from the
    bending axis of knee, elbow or neck where there is one, and otherwise from the parent and the frames around.
    """
    ankles = [joints[:, H36M17.index(f"{side}_ankle")] for side in ("left", "right")]
    ground = ground_under(*ankles, fps=fps)
    steadiness = (fps / 30.0) ** 2
    world: dict[str, np.ndarray] = {}
    local = np.tile(np.eye(3), (len(joints), len(JOINTS), 1, 1))
    for index, joint in enumerate(JOINTS):
        parent = np.tile(np.eye(3), (len(joints), 1, 1)) if joint.parent is None else world[joint.parent]
        if joint.bone is not None:
            local[:, index] = _local_rotation(joint, joint.bone, joints, parent, steadiness)
        elif joint.name.endswith("Foot"):
            local[:, index] = foot_rotations(parent, joints[:, H36M17.index(joint.at)], ground)
        world[joint.name] = parent @ local[:, index]
    return local


def _local_rotation(
    joint: BvhJoint, bone: tuple[str, str], joints: np.ndarray, parent: np.ndarray, steadiness: float
) -> np.ndarray:
    directions = np.einsum("nji,nj->ni", parent, unit(_between(joints, *bone)))
    rest = np.array(joint.rest)
    if joint.twist is None:
        side, target = np.array(_Z), np.zeros_like(directions)
        return bone_rotations(directions, rest, side, target, stiffness=steadiness, prior=1.0, limited=False)
    side = np.array(joint.twist.side)
    target = np.einsum("nji,nj->ni", parent, _target(joint.twist, joints))
    if isinstance(joint.twist, Line):
        return bone_rotations(
            directions, rest, side, target, stiffness=_FALLBACK, prior=_FALLBACK, limited=False
        )
    return bone_rotations(
        directions, rest, side, target, stiffness=joint.twist.stiffness * steadiness, prior=joint.twist.prior,
        limited=True,
    )


def _target(twist: Line | Hinge, joints: np.ndarray) -> np.ndarray:
    """Where the side axis should point, (N, 3) world frame: a unit vector, or shorter the straighter a hinge is."""
    if isinstance(twist, Line):
        return unit(_between(joints, twist.start, twist.end))
    upper = unit(_between(joints, twist.start, twist.middle))
    lower = unit(_between(joints, twist.middle, twist.end))
    return twist.sign * np.cross(upper, lower)


def _between(joints: np.ndarray, start: str, end: str) -> np.ndarray:
    return joints[:, H36M17.index(end)] - joints[:, H36M17.index(start)]
