"""Variation of recorded motion: mirror images, other speeds, bodies, postures and joint definitions."""

import re
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from vid2pose3d.skeleton import H36M17
from vid2pose3d.vectors import unit

_BONE_GROUPS = {
    "legs": ("right_knee", "right_ankle", "left_knee", "left_ankle"),
    "arms": ("left_elbow", "left_wrist", "right_elbow", "right_wrist"),
    "torso": ("spine", "thorax"),
    "head": ("neck_nose", "head"),
    "hip width": ("right_hip", "left_hip"),
    "shoulder width": ("left_shoulder", "right_shoulder"),
}
"""Bones, named by their outer joint, that are scaled together."""

_DEFINED: dict[str, tuple[str, ...]] = {
    "hips": ("left_hip", "right_hip", "pelvis"), "spine": ("spine",), "thorax": ("thorax",),
    "neck_nose": ("neck_nose",), "head": ("head",), "shoulders": ("left_shoulder", "right_shoulder"),
}
"""Joints that laboratories define differently, and which of them shift together."""

_LIMBS = {
    "left_shoulder": ("left_elbow", "left_wrist"), "right_shoulder": ("right_elbow", "right_wrist"),
    "left_hip": ("left_knee", "left_ankle"), "right_hip": ("right_knee", "right_ankle"),
}
_ABOVE_THE_HIPS = ("spine", "thorax", "neck_nose", "head", "left_shoulder", "right_shoulder")
_SIDE = re.compile(r"\b(left|right)\b", re.IGNORECASE)


@dataclass(frozen=True)
class AugmentConfig:
    """How recorded motion is varied. Shares are those of the windows that a variation touches."""

    mirror_share: float = 0.5
    speed_range: tuple[float, float] = (0.7, 1.4)
    """Playback speed, log-uniform; the label is kept."""
    warp_share: float = 0.3
    """Windows whose speed also changes smoothly, within `speed_range`."""
    warp_largest: float = 0.25
    """Largest change of the logarithm of the speed there."""
    stature_spread: float = 0.06
    """Standard deviation of the factor on the whole body and its path."""
    bone_spread: float = 0.06
    """Standard deviation of the factor on each group of bones."""
    definition_share: float = 0.5
    """Windows with joints where another laboratory would put them."""
    definition_spread: float = 0.018
    """Standard deviation of their shifts, metres: constant in the body, alike on both sides."""
    tilt_share: float = 0.07
    """Whole bodies turned about a horizontal axis: lying, bent and upside-down poses are rare in recordings."""
    tilt_largest: float = 120.0
    """Degrees."""
    bend_share: float = 0.08
    """Trunks bent at the hips, as to pick something up or to work at a desk."""
    bend_range: tuple[float, float] = (-15.0, 95.0)
    """Degrees, forward."""
    arms_share: float = 0.07
    """Windows that get the arms of another one."""
    legs_share: float = 0.04
    """Windows that get the legs of another one."""
    limb_turn_share: float = 0.25
    """Windows whose arms and legs are turned at shoulders and hips, each by an own constant rotation."""
    limb_turn_spread: float = 15.0
    """Standard deviation of each component of that rotation vector, degrees."""


def augment(joints: np.ndarray, *, rng: np.random.Generator,
            config: AugmentConfig) -> tuple[np.ndarray, np.ndarray]:
    """Vary a batch of windows (B, F, 17, 3), metres, world frame, y up.

    Returns the varied windows and (B,) True for those that were mirrored. The playback speed is that of `play_times`,
    by which the windows are cut.
    """
    count = len(joints)
    joints = joints.copy()
    mirrored = rng.random(count) < config.mirror_share
    joints[mirrored] = mirror(joints[mirrored])
    donors = rng.permutation(count)
    for share, borrow in ((config.arms_share, borrow_arms), (config.legs_share, borrow_legs)):
        chosen = np.flatnonzero(rng.random(count) < share)
        joints[chosen] = borrow(joints[chosen], joints[donors[chosen]])
    chosen = np.flatnonzero(rng.random(count) < config.limb_turn_share)
    vectors = rng.normal(0, np.radians(config.limb_turn_spread), (len(chosen), len(_LIMBS), 3))
    joints[chosen] = turn_limbs(joints[chosen], vectors)
    chosen = np.flatnonzero(rng.random(count) < config.bend_share)
    joints[chosen] = bend(joints[chosen], angles=np.radians(rng.uniform(*config.bend_range, len(chosen))),
                          arms_follow=rng.uniform(-0.2, 1, len(chosen)))

    stature = _factors(rng, config.stature_spread, count)
    groups = {name: _factors(rng, config.bone_spread, count) for name in _BONE_GROUPS}
    joints = scale_bones(joints, stature=stature, groups=groups)

    chosen = np.flatnonzero(rng.random(count) < config.definition_share)
    shifts = config.definition_spread * rng.standard_normal((len(chosen), len(_DEFINED), 3)).clip(-2.5, 2.5)
    joints[chosen] = shift_definitions(joints[chosen], shifts.astype(joints.dtype))

    chosen = np.flatnonzero(rng.random(count) < config.tilt_share)
    angles = np.radians(rng.uniform(-config.tilt_largest, config.tilt_largest, len(chosen)))
    joints[chosen] = tilt(joints[chosen], angles=angles, headings=rng.uniform(0, 2 * np.pi, len(chosen)))
    return joints, mirrored


def mirror(joints: np.ndarray) -> np.ndarray:
    """Mirror images of joints (..., 17, 3) in the plane x = 0, with left and right exchanged."""
    return joints[..., H36M17.mirror, :] * np.array([-1, 1, 1], dtype=joints.dtype)


def mirror_label(label: str) -> str:
    """The label of the mirrored motion: the words left and right are exchanged."""
    return _SIDE.sub(lambda match: _match_case("right" if match[0].lower() == "left" else "left", match[0]), label)


def scale_bones(joints: np.ndarray, *, stature: np.ndarray, groups: dict[str, np.ndarray]) -> np.ndarray:
    """Bodies of other sizes with the same bone directions.

    joints: (B, F, 17, 3); stature: (B,) factor on all bones and on the path; groups: (B,) factors by bone group
    (legs, arms, torso, head, hip width, shoulder width). The pelvis path follows the legs, so that feet keep the
    ground.
    """
    factors = np.repeat(stature[:, None].astype(joints.dtype), len(H36M17), axis=1)
    for name, factor in groups.items():
        factors[:, H36M17.indices(_BONE_GROUPS[name])] *= factor[:, None]
    factors[:, H36M17.index("pelvis")] *= groups.get("legs", 1.0)
    scaled = np.empty_like(joints)
    for joint, parent in enumerate(H36M17.parents):
        factor = factors[:, joint, None, None]
        if parent < 0:
            scaled[:, :, joint] = joints[:, :, joint] * factor
        else:
            scaled[:, :, joint] = scaled[:, :, parent] + (joints[:, :, joint] - joints[:, :, parent]) * factor
    return scaled


def tilt(joints: np.ndarray, *, angles: np.ndarray, headings: np.ndarray) -> np.ndarray:
    """Turn windows (B, F, 17, 3) by `angles` (B,) radians about the horizontal axes at `headings` (B,) radians.

    The axis goes through the pelvis' mean place; afterwards the lowest joint is as far from the ground as before.
    """
    axes = np.stack([np.cos(headings), np.zeros_like(headings), np.sin(headings)], axis=-1)
    matrices = Rotation.from_rotvec(axes * angles[:, None]).as_matrix().astype(joints.dtype)
    middle = joints[:, :, H36M17.index("pelvis")].mean(axis=1)[:, None, None]
    turned = np.einsum("bij,bfkj->bfki", matrices, joints - middle) + middle
    lowest = joints[..., 1].min(axis=(1, 2)) - turned[..., 1].min(axis=(1, 2))
    turned[..., 1] += lowest[:, None, None]
    return turned


def play_times(count: int, frames: int, *, rng: np.random.Generator, config: AugmentConfig) -> np.ndarray:
    """Frames (B, F) of a recording that have passed at each frame of a window, at varied and varying speed."""
    low, high = np.log(config.speed_range)
    speed = rng.uniform(low, high, (count, 1))
    change = rng.uniform(0, config.warp_largest, (count, 1)) * (rng.random((count, 1)) < config.warp_share)
    phase, waves = rng.uniform(0, 2 * np.pi, (count, 1)), rng.uniform(0.3, 1.2, (count, 1))
    share = (np.arange(frames - 1) + 0.5) / max(frames - 1, 1)
    speed = np.exp((speed + change * np.sin(2 * np.pi * waves * share + phase)).clip(low, high))
    return np.concatenate([np.zeros((count, 1)), np.cumsum(speed, axis=1)], axis=1)


def shift_definitions(joints: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Windows (B, F, 17, 3) with joints shifted within the body.

    shifts: (B, 6, 3) metres outward (away from the plane of symmetry; for joints within it without effect), up and
    forward in the trunk's frame, for hips, spine, thorax, neck_nose, head and shoulders.
    """
    trunk = _frames(joints, ("left_shoulder", "right_shoulder"), "pelvis", "thorax")
    shifted = joints.copy()
    for row, members in enumerate(_DEFINED.values()):
        for name in members:
            side = name.startswith("left") * 1.0 - name.startswith("right")
            local = shifts[:, row] * np.array([side, 1, 1], dtype=joints.dtype)
            shifted[:, :, H36M17.index(name)] += np.einsum("bfij,bj->bfi", trunk, local)
    return shifted


def borrow_arms(joints: np.ndarray, donors: np.ndarray) -> np.ndarray:
    """Windows (B, F, 17, 3) with the arms of `donors`, attached at the shoulders in the frame of the upper trunk."""
    return _borrow(joints, donors, ("left_shoulder", "right_shoulder"), base="spine", top="thorax")


def borrow_legs(joints: np.ndarray, donors: np.ndarray) -> np.ndarray:
    """Windows (B, F, 17, 3) with the legs of `donors`, attached at the hips in the frame of the pelvis."""
    return _borrow(joints, donors, ("left_hip", "right_hip"), base="pelvis", top="spine")


def turn_limbs(joints: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Turn arms at the shoulders and legs at the hips.

    joints: (B, F, 17, 3); vectors: (B, 4, 3) rotation vectors, radians, for left arm, right arm, left leg, right leg.
    """
    turned = joints.copy()
    for limb, (anchor, members) in enumerate(_LIMBS.items()):
        matrices = Rotation.from_rotvec(vectors[:, limb]).as_matrix().astype(joints.dtype)
        index = H36M17.indices(members)
        start = joints[:, :, H36M17.index(anchor)][:, :, None]
        turned[:, :, index] = np.einsum("bij,bfkj->bfki", matrices, joints[:, :, index] - start) + start
    return turned


def bend(joints: np.ndarray, *, angles: np.ndarray, arms_follow: np.ndarray) -> np.ndarray:
    """Windows (B, F, 17, 3) with all above the hips turned about the hips' line by `angles` (B,) radians, forward.

    arms_follow: (B,) share of the angle by which the arms turn with the trunk; 0: they point where they pointed, as
    hanging arms do.
    """
    across = unit(joints[:, :, H36M17.index("left_hip")] - joints[:, :, H36M17.index("right_hip")])
    pelvis = joints[:, :, None, H36M17.index("pelvis")]
    bent = joints.copy()
    upper = H36M17.indices(_ABOVE_THE_HIPS)
    bent[:, :, upper] = _turned(joints[:, :, upper] - pelvis, across, angles) + pelvis
    for shoulder in ("left_shoulder", "right_shoulder"):
        arm, start = H36M17.indices(_LIMBS[shoulder]), H36M17.index(shoulder)
        offsets = joints[:, :, arm] - joints[:, :, None, start]
        bent[:, :, arm] = _turned(offsets, across, arms_follow * angles) + bent[:, :, None, start]
    return bent


def _turned(offsets: np.ndarray, axes: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Offsets (B, F, J, 3) turned about the unit axes (B, F, 3) by angles (B,), radians."""
    vectors = (axes * angles[:, None, None]).reshape(-1, 3)
    matrices = Rotation.from_rotvec(vectors).as_matrix().astype(offsets.dtype).reshape(*axes.shape[:2], 3, 3)
    return np.einsum("bfij,bfkj->bfki", matrices, offsets)


def _borrow(joints: np.ndarray, donors: np.ndarray, anchors: tuple[str, str], *, base: str, top: str) -> np.ndarray:
    here = _frames(joints, anchors, base, top)
    there = _frames(donors, anchors, base, top)
    change = np.einsum("bfij,bfkj->bfik", here, there)
    result = joints.copy()
    for anchor in anchors:
        index = H36M17.indices(_LIMBS[anchor])
        start = H36M17.index(anchor)
        offsets = donors[:, :, index] - donors[:, :, start, None]
        result[:, :, index] = np.einsum("bfij,bfkj->bfki", change, offsets) + joints[:, :, start, None]
    return result


def _frames(joints: np.ndarray, sides: tuple[str, str], base: str, top: str) -> np.ndarray:
    """Orthonormal frames (B, F, 3, 3) with columns across (left minus right), up (top minus base) and forward."""
    left, right = (joints[:, :, H36M17.index(side)] for side in sides)
    across = unit(left - right)
    up = joints[:, :, H36M17.index(top)] - joints[:, :, H36M17.index(base)]
    forward = unit(np.cross(across, up))
    return np.stack([across, np.cross(forward, across), forward], axis=-1)


def _factors(rng: np.random.Generator, spread: float, count: int) -> np.ndarray:
    """Factors (B,) around 1, at most three standard deviations away."""
    return 1 + spread * rng.standard_normal(count).clip(-3, 3)


def _match_case(word: str, like: str) -> str:
    return word.capitalize() if like[0].isupper() else word
