"""A made-up room with textured walls and boxes, as a camera that travels through it sees it."""

from functools import cache

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

WIDTH, HEIGHT, FOCAL = 320, 240, 300.0
Face = tuple[int, float, tuple[float, float], tuple[float, float]]
"""A rectangle across an axis (0 x, 1 y up, 2 z) at a place, between two corners on the other axes; metres."""


def _box(x: float, z: float, half: float, height: float) -> list[Face]:
    low, high = (0.0, z - half), (height, z + half)
    front, back = (x - half, 0.0), (x + half, height)
    return [(0, x - half, low, high), (0, x + half, low, high), (2, z - half, front, back), (2, z + half, front, back)]


FACES: list[Face] = [
    (1, 0.0, (-6, -6), (6, 6)), (1, 3.0, (-6, -6), (6, 6)), (2, -6.0, (-6, 0), (6, 3)), (2, 6.0, (-6, 0), (6, 3)),
    (0, -6.0, (0, -6), (3, 6)), (0, 6.0, (0, -6), (3, 6)),
    *_box(-2.5, -2, 0.4, 1.0), *_box(2, -3, 0.5, 1.6), *_box(3, -0.5, 0.3, 0.8), *_box(-3.5, 0.5, 0.4, 1.4),
]
TEXELS = 80
"""Per metre."""


def look(place: np.ndarray, *, yaw: float) -> np.ndarray:
    """world_from_camera (4, 4) of a camera at a place (3,), 8 degrees down, `yaw` degrees to the right of -z."""
    pose = np.eye(4)
    level = Rotation.from_euler("y", -yaw, degrees=True).as_matrix() @ np.diag([1.0, -1, -1])
    pose[:3, :3] = level @ Rotation.from_euler("x", -8, degrees=True).as_matrix()
    pose[:3, 3] = place
    return pose


def picture(pose: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 from world_from_camera: every pixel's ray meets the nearest face."""
    u, v = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    sight = np.stack([(u - WIDTH / 2) / FOCAL, (v - HEIGHT / 2) / FOCAL, np.ones_like(u)], -1) @ pose[:3, :3].T
    nearest, seen = np.full(u.shape, np.inf), np.zeros(u.shape, np.float32)
    for number, (axis, value, low, high) in enumerate(FACES):
        with np.errstate(divide="ignore", invalid="ignore"):
            far = (value - pose[axis, 3]) / sight[..., axis]
        on = (pose[:3, 3] + far[..., None] * sight)[..., [other for other in range(3) if other != axis]]
        hit = (far > 1e-3) & (far < nearest) & (on >= low).all(-1) & (on <= high).all(-1)
        at = (np.where(hit[..., None], on - low, 0.0) * TEXELS % 511).astype(np.float32)
        seen = np.where(hit, cv2.remap(_texture(number), at[..., 0], at[..., 1], cv2.INTER_LINEAR), seen)
        nearest = np.where(hit, far, nearest)
    return np.tile(np.clip(cv2.GaussianBlur(seen, (3, 3), 0.6), 0, 255).astype(np.uint8)[..., None], 3)


@cache
def _texture(seed: int, side: int = 512) -> np.ndarray:
    rng, blotches = np.random.default_rng(seed), np.zeros((side, side))
    for size in (6, 16, 50):
        noise = rng.normal(0, 1, (side // size + 2, side // size + 2))
        blotches += cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(128 + 35 * blotches, 0, 255).astype(np.float32)
