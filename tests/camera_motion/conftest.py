"""Small made-up clips: a camera that turns before a wide picture, at infinity as it were."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.camera_motion import BackgroundTracker
from vid2pose3d.camera_motion.background import Background
from vid2pose3d.motion import Camera

SIZE = 320, 240
FOCAL = 300.0
FPS = 25.0


@pytest.fixture(scope="session")
def camera() -> Camera:
    return Camera(np.array([[FOCAL, 0, SIZE[0] / 2], [0, FOCAL, SIZE[1] / 2], [0, 0, 1]]), assumed=False)


@pytest.fixture(scope="session")
def texture() -> Callable[..., np.ndarray]:
    """texture(seed, width, height): blotches of several sizes, (H, W, 3) uint8."""

    def make(seed: int, width: int, height: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        picture = np.zeros((height, width))
        for size in (3, 8, 25):
            noise = rng.normal(0, 1, (height // size + 2, width // size + 2))
            picture += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.tile(np.clip(128 + 30 * picture, 0, 255).astype(np.uint8)[..., None], 3)

    return make


@pytest.fixture(scope="session")
def turned(texture: Callable[..., np.ndarray], camera: Camera) -> Callable[..., np.ndarray]:
    """turned(R, growth=): what the camera sees whose frame is R (3, 3) times that of a first camera.

    The wide picture is that of a camera with the same focal length, 900 x 600 pixels; the homography from it is
    K R K_wide^-1 in pixels whose centre is whole.
    """
    wide = texture(0, 900, 600)
    half = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])

    def make(rotation: np.ndarray, *, growth: float = 1.0) -> np.ndarray:
        whole = np.array([[FOCAL, 0, 450.0], [0, FOCAL, 300.0], [0, 0, 1]])
        sees = camera.intrinsics @ np.diag([growth, growth, 1.0])
        warp = half @ sees @ rotation @ np.linalg.inv(whole) @ np.linalg.inv(half)
        return cv2.warpPerspective(wide, warp, SIZE, flags=cv2.INTER_LINEAR)

    return make


@pytest.fixture(scope="session")
def swing() -> np.ndarray:
    """(60, 3, 3) rotations there and back, 16 degrees to the side, with some tilt and roll; the first is none."""
    part = np.arange(60) / 59
    angles = np.stack([16 * np.sin(np.pi * part), 4 * np.sin(2 * np.pi * part), 3 * np.sin(np.pi * part)], axis=1)
    return Rotation.from_euler("yxz", angles, degrees=True).as_matrix()


@pytest.fixture(scope="session")
def seen() -> Callable[..., Background]:
    """seen(pictures, boxes=): the background of a clip, with sensor noise; boxes: those of each frame."""

    def make(pictures: Sequence[np.ndarray], *, boxes: Sequence[Sequence[np.ndarray]] | None = None) -> Background:
        rng, tracker = np.random.default_rng(1), BackgroundTracker()
        for number, picture in enumerate(pictures):
            noisy = np.clip(picture + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
            tracker.update(number, number / FPS, noisy, boxes[number] if boxes else [])
        return tracker.background

    return make
