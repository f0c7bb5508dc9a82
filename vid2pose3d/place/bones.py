"""The rigid skeleton: one length per bone for the whole clip, the same left and right, fitted to every frame."""

import numpy as np

from vid2pose3d.skeleton import H36M17

_RIGHT_HIP, _LEFT_HIP = H36M17.indices(("right_hip", "left_hip"))
_SWEEPS = 8
_OWN_DIRECTION = 1.0
"""How much a bone's own measured direction counts beside the places of the joints that hang from it."""


def bone_lengths(joints: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Length (17,) metres of the bone from each joint's parent, 0 for the pelvis.

    joints: (N, 17, 3) metres, N >= 1; weights: (N, 17) >= 0. Weighted median over the frames and both sides; the hip
    bones are each half the distance between the hips.
    """
    lengths = np.zeros(len(H36M17))
    for parent, child in H36M17.bones:
        samples = np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1)
        if child in (_RIGHT_HIP, _LEFT_HIP):
            samples = np.linalg.norm(joints[:, _RIGHT_HIP] - joints[:, _LEFT_HIP], axis=-1) / 2
        lengths[child] = _weighted_median(samples, weights[:, child] * weights[:, parent])
    return (lengths + lengths[H36M17.mirror]) / 2


def rigid_pose(joints: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The skeleton with these bone lengths nearest to root-relative joints (N, 17, 3); pelvis at zero.

    Chaining the measured directions would add up their errors towards hands and feet. Instead each bone in turn takes
    the direction that puts all joints hanging from it closest to where they were measured (block coordinate descent
    on the squared distances). The hips stay opposite each other through the pelvis, as one rigid bone.
    """
    target = joints - joints[:, :1]
    hangs = _hanging() * lengths[None, :]
    measured = _measured_bones(target)
    directions = _unit(measured)
    reached = np.einsum("jb,nbd->njd", hangs, directions)
    for _ in range(_SWEEPS):
        for bone in range(len(lengths)):
            arm = hangs[:, bone]
            if not arm.any():
                continue
            without = reached - arm[None, :, None] * directions[:, bone, None]
            pull = np.einsum("j,njd->nd", arm, target - without)
            pull += _OWN_DIRECTION * lengths[bone] * measured[:, bone]
            directions[:, bone] = _unit(pull)
            reached = without + arm[None, :, None] * directions[:, bone, None]
    return np.einsum("jb,nbd->njd", hangs, directions)


def _hanging() -> np.ndarray:
    """(17, 17): 1 where joint (row) hangs from the bone that ends in joint (column), the hip bones being one.

    The column of the right hip is -1 for all that hangs from the left hip, whose own column is 0.
    """
    hangs = np.zeros((len(H36M17), len(H36M17)))
    for joint in range(len(H36M17)):
        ancestor = joint
        while H36M17.parents[ancestor] >= 0:
            hangs[joint, ancestor] = 1.0
            ancestor = H36M17.parents[ancestor]
    hangs[:, _RIGHT_HIP] -= hangs[:, _LEFT_HIP]
    hangs[:, _LEFT_HIP] = 0.0
    return hangs


def _measured_bones(joints: np.ndarray) -> np.ndarray:
    """(N, 17, 3) vectors from each joint's parent; both hips give half the line from the left to the right one."""
    bones = np.zeros_like(joints)
    for parent, child in H36M17.bones:
        bones[:, child] = joints[:, child] - joints[:, parent]
    bones[:, _RIGHT_HIP] = (joints[:, _RIGHT_HIP] - joints[:, _LEFT_HIP]) / 2
    return bones


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors; (0, 1, 0) where there is no direction."""
    norm = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(norm > 1e-9, vectors / np.maximum(norm, 1e-9), np.array([0.0, 1.0, 0.0]))


def _weighted_median(samples: np.ndarray, weights: np.ndarray) -> float:
    if not weights.any():
        weights = np.ones_like(weights)
    order = np.argsort(samples)
    total = np.cumsum(weights[order])
    return float(samples[order][np.searchsorted(total, total[-1] / 2)])
