"""Pinhole camera: intrinsics given or guessed, projection, rays, and the person's place from 2D."""

import numpy as np

from vid2pose3d.motion import Camera

ASSUMED_FOCAL_PER_SIDE = 1.0
"""Focal length over the longer picture side where nothing else is known. Phones' main cameras are 24 to 28 mm on 35 mm
film, which a video's crop and stabilisation make 0.75 to 0.95; camcorders, webcams and laboratories go to 1.3."""
ASSUMED_FOCAL_ERROR = 0.3
"""Standard deviation of the logarithm of the assumed focal length: from phones to short telephoto lenses."""


def guess_camera(width: int, height: int, *, focal: float | None = None) -> Camera:
    """Camera with its principal point in the middle of a width x height picture (pixels).

    `focal` is in pixels; without it that of the longer side is assumed and the camera says so.
    """
    used = focal if focal is not None else ASSUMED_FOCAL_PER_SIDE * max(width, height)
    intrinsics = np.array([[used, 0.0, width / 2], [0.0, used, height / 2], [0.0, 0.0, 1.0]])
    return Camera(intrinsics=intrinsics, assumed=focal is None)


def scale_focal(intrinsics: np.ndarray, factor: float) -> np.ndarray:
    """Intrinsics (3, 3) with a focal length `factor` times as long."""
    return intrinsics * np.array([[factor, 1, 1], [1, factor, 1], [1, 1, 1]])


def project(points: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """Pixels (..., 2) of camera-frame points (..., 3) metres in front of the camera."""
    image = points @ intrinsics.T
    return image[..., :2] / image[..., 2:]


def project_through_lens(points: np.ndarray, lens: np.ndarray) -> np.ndarray:
    """Image points (..., 2) of camera-frame points (..., 3), with lens distortion, as the benchmarks do it.

    lens: (9,) or broadcastable (..., 9): focal lengths x and y, principal point x and y, radial k1, k2, k3, tangential
    p1, p2; in the unit of the image points (pixels, or widths as VideoPose3D normalises them). x/z and y/z are held
    within +-1 first, and the tangential term is VideoPose3D's: q (1 + k.(rho, rho^2, rho^3) + p.q) + p rho.
    """
    focal, centre, radial, tangential = np.split(lens, [2, 4, 7], axis=-1)
    q = np.clip(points[..., :2] / points[..., 2:], -1, 1)
    rho = (q**2).sum(-1, keepdims=True)
    powers = np.concatenate([rho, rho**2, rho**3], axis=-1)
    stretch = 1 + (radial * powers).sum(-1, keepdims=True) + (tangential * q).sum(-1, keepdims=True)
    return focal * (q * stretch + tangential * rho) + centre


def rays(xy: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """Camera-frame points (..., 3) at z = 1 that project to pixels xy (..., 2)."""
    ones = np.ones_like(xy[..., :1])
    return np.concatenate([xy, ones], axis=-1) @ np.linalg.inv(intrinsics).T


def translation_equations(
    joints: np.ndarray, points: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations of `solve_translation`: A (..., 3, 3) and b (..., 3) of A t = b.

    joints: (..., J, 3) metres. points: (..., J, 2) rays at z = 1, NaN where unseen. weights: (..., J) >= 0.
    """
    seen = np.isfinite(points).all(-1)
    weights = np.where(seen, weights, 0.0)
    points = np.where(seen[..., None], points, 0.0)
    u, v = points[..., 0], points[..., 1]
    zero, one = np.zeros_like(u), np.ones_like(u)
    row_u = np.stack([one, zero, -u], axis=-1)
    row_v = np.stack([zero, one, -v], axis=-1)
    rhs_u = u * joints[..., 2] - joints[..., 0]
    rhs_v = v * joints[..., 2] - joints[..., 1]
    a = np.concatenate([row_u, row_v], axis=-2)
    b = np.concatenate([rhs_u, rhs_v], axis=-1)
    w = np.concatenate([weights, weights], axis=-1)
    return np.einsum("...ni,...n,...nj->...ij", a, w, a), np.einsum("...ni,...n,...n->...i", a, w, b)


def solve_translation(joints: np.ndarray, points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Translation t (..., 3) that best puts root-relative joints onto their 2D, by weighted linear least squares.

    joints: (..., J, 3) metres, camera frame, relative to the root. points: (..., J, 2) rays at z = 1 (x/z, y/z).
    weights: (..., J) >= 0. Minimises sum_j w_j |(joints_j + t)_xy - points_j (joints_j + t)_z|^2, the algebraic
    reprojection error, whose normal equations are 3 x 3. At least two joints must carry weight.
    """
    normal, moment = translation_equations(joints, points, weights)
    return np.linalg.solve(normal + 1e-9 * np.eye(3), moment[..., None])[..., 0]
