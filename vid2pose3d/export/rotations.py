"""Rotations of bones known only by their direction: least rotation, smooth twist, continuous Euler angles."""

import numpy as np
from scipy.linalg import solveh_banded
from scipy.spatial.transform import Rotation

from vid2pose3d.vectors import unit

_OPPOSITE = 1e-6
"""1 + cosine below which two directions count as opposite, where the axis of the least rotation is arbitrary."""
_NOWHERE = 1e-9


def least_rotation(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) by the smallest angle that take unit vectors `start` to `end`, both (..., 3).

    For opposite directions any half turn will do; the same one is given every time.
    """
    start, end = np.broadcast_arrays(start, end)
    cosine = np.sum(start * end, axis=-1)[..., None, None]
    axis = np.cross(start, end)
    matrix = _cross_matrix(axis)
    small_turn = np.eye(3) + matrix + matrix @ matrix / np.maximum(1.0 + cosine, _OPPOSITE)
    across = unit(np.cross(start, np.eye(3)[np.argmin(np.abs(start), axis=-1)]))
    half_turn = 2.0 * across[..., :, None] * across[..., None, :] - np.eye(3)
    return np.where(1.0 + cosine > _OPPOSITE, small_turn, half_turn)


def bone_rotations(directions: np.ndarray, rest: np.ndarray, side: np.ndarray, target: np.ndarray, *,
                   stiffness: float, prior: float, limited: bool) -> np.ndarray:
    """Rotations (N, 3, 3) in the parent's frame of a bone that points along `rest` when unrotated.

    directions: (N, 3) unit vectors in the parent's frame; they are met exactly. rest, side: (3,) unit vectors,
    perpendicular. target: (N, 3) in the parent's frame, where `side` should point; the square of its part across the
    bone says how much it counts, zero where nothing is known. With `limited`, targets count less the further they
    twist the bone against its parent, and not at all at half a turn.

    The twist about the bone minimises, over all frames together, the squared distance to the targets, plus `prior` x
    that to the twist of the least rotation from `rest`, plus `stiffness` x that between neighbouring frames, a frame
    being carried to the next by the least rotation. As unit complex numbers this is one Hermitian tridiagonal system,
    and no frame's choice can flip.
    """
    swing = least_rotation(rest, directions)
    measured = _angle(np.einsum("nji,nj->ni", swing, target), rest, side)
    length = np.abs(measured)
    measured = np.divide(measured, length, out=np.zeros_like(measured), where=length > _NOWHERE)
    certain = (1.0 + directions @ rest) / 2.0
    weight = length**2
    if limited:
        weight = weight * ((1.0 + certain * measured.real) / 2.0)**2
    carry = least_rotation(directions[:-1], directions[1:])
    step = _angle((np.swapaxes(swing[1:], 1, 2) @ carry @ swing[:-1]) @ side, rest, side)
    twist = _smooth_phase(measured, weight, step, stiffness=stiffness, prior=prior * certain + _NOWHERE)
    turn = Rotation.from_rotvec(np.angle(twist)[:, None] * rest).as_matrix()
    return swing @ turn


def _smooth_phase(measured: np.ndarray, weight: np.ndarray, step: np.ndarray, *, stiffness: float,
                  prior: np.ndarray) -> np.ndarray:
    """Complex u (N,) least in sum weight |u - measured|^2 + prior |u - 1|^2 + stiffness |u_n+1 - step_n u_n|^2."""
    links = np.full(len(measured) + 1, stiffness)
    links[[0, -1]] = 0.0
    bands = np.zeros((2, len(measured)), dtype=complex)
    bands[0] = weight + prior + links[:-1] + links[1:]
    bands[1, :-1] = -stiffness * step
    if len(measured) == 1:  # which LAPACK's tridiagonal solver refuses
        return (weight * measured + prior) / bands[0]
    return solveh_banded(bands, weight * measured + prior, lower=True)


def _angle(vectors: np.ndarray, rest: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Complex numbers (N,): the part of vectors (N, 3) across `rest`, `side` being the real axis."""
    return vectors @ side + 1j * (vectors @ np.cross(rest, side))


def continuous_euler(rotations: np.ndarray, order: str) -> np.ndarray:
    """Intrinsic Euler angles (N, J, 3) in degrees of matrices (N, J, 3, 3), without jumps between frames.

    `order` is three different upper-case axes, outermost first. Of the two triples that mean the same rotation, and
    their whole turns, each frame takes the one nearest to the frame before; the first frame takes the smallest.
    """
    frames, joints = rotations.shape[:2]
    raw = _euler(rotations.reshape(-1, 3, 3), order).reshape(frames, joints, 3)
    other = raw * np.array([1.0, -1.0, 1.0]) + 180.0
    angles = np.empty_like(raw)
    last = np.zeros((joints, 3))
    for frame in range(frames):
        choices = np.stack([raw[frame], other[frame]])
        choices -= 360.0 * np.round((choices - last) / 360.0)
        best = np.abs(choices - last).sum(axis=-1).argmin(axis=0)
        last = choices[best, np.arange(joints)]
        locked = np.flatnonzero(np.abs(np.cos(np.radians(last[:, 1]))) < 1e-5)
        if frame and len(locked):
            last[locked] = _unlock(rotations[frame, locked], angles[frame - 1, locked], order)
        angles[frame] = last
    return angles


def _unlock(rotations: np.ndarray, before: np.ndarray, order: str) -> np.ndarray:
    """Euler angles (J, 3) at gimbal lock, where only a combination of first and third is known: keep the third."""
    kept = Rotation.from_euler(order[2], before[:, 2:], degrees=True).as_matrix()
    angles = _euler(rotations @ np.swapaxes(kept, 1, 2), order)
    angles[:, 2] = before[:, 2]
    return angles - 360.0 * np.round((angles - before) / 360.0)


def _euler(rotations: np.ndarray, order: str) -> np.ndarray:
    return Rotation.from_matrix(rotations).as_euler(order, degrees=True, suppress_warnings=True)


def _cross_matrix(vectors: np.ndarray) -> np.ndarray:
    """(..., 3, 3) with m @ w == cross(v, w)."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*vectors.shape, 3)
