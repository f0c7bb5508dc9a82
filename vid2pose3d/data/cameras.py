"""Virtual cameras around recorded motion, one for each window of a batch."""

from dataclasses import dataclass

import numpy as np

_LEVEL_FROM_WORLD = np.array([1.0, -1.0, -1.0], dtype=np.float32)
"""World axes (y up, z towards the viewer) to those of a level camera (y down, z forward)."""


@dataclass(frozen=True)
class CameraConfig:
    """Where virtual cameras stand and what they see. Ranges are (lowest, highest)."""

    focal_range: tuple[float, float] = (0.8, 2.0)
    """Focal length over the longer picture side; log-normal around `focal_centre`, cut to this range."""
    focal_centre: float = 1.2
    focal_spread: float = 0.3
    """Standard deviation of the logarithm of the focal length."""
    aspects: tuple[float, ...] = (16 / 9, 9 / 16, 4 / 3)
    """Picture width over height."""
    aspect_shares: tuple[float, ...] = (0.6, 0.2, 0.2)
    fill_range: tuple[float, float] = (0.15, 0.95)
    """Person's size over the picture height, for people who fit into the picture."""
    cropped_share: float = 0.08
    """Share of windows where the person is larger than the picture."""
    cropped_range: tuple[float, float] = (0.95, 1.4)
    upper_body_share: float = 0.05
    """Share of windows where the picture ends at the hips or above the knees."""
    upper_body_range: tuple[float, float] = (1.4, 2.2)
    height_range: tuple[float, float] = (0.3, 3.5)
    """Metres of the camera above the ground, triangular around `height_centre`."""
    height_centre: float = 1.4
    elevation_range: tuple[float, float] = (-10.0, 45.0)
    """Degrees by which the line from the camera to the person may point down."""
    roll_spread: float = 3.0
    """Standard deviation, degrees."""


@dataclass
class Views:
    """A batch of windows as their cameras have them."""

    joints: np.ndarray
    """(B, F, J, 3) metres, absolute, camera frame: x right, y down, z forward."""
    focal: np.ndarray
    """(B,) focal length in units of the longer picture side."""
    picture: np.ndarray
    """(B, 2) picture width and height in units of the longer side."""

    @property
    def rays(self) -> np.ndarray:
        """(B, F, J, 2) exact 2D of the joints as rays at z = 1."""
        return self.joints[..., :2] / self.joints[..., 2:]

    def outside(self, rays: np.ndarray) -> np.ndarray:
        """(B, F, J) True where rays (B, F, J, 2) leave the picture."""
        limit = self.picture / (2 * self.focal[:, None])
        return (np.abs(rays) > limit[:, None, None]).any(axis=-1)


def rotation(axis: int, angles: np.ndarray) -> np.ndarray:
    """Right-handed rotations (B, 3, 3) by `angles` (B,) radians about one coordinate axis."""
    matrices = np.zeros((len(angles), 3, 3), dtype=np.float32)
    one, two = (axis + 1) % 3, (axis + 2) % 3
    matrices[:, axis, axis] = 1.0
    matrices[:, one, one] = matrices[:, two, two] = np.cos(angles)
    matrices[:, two, one] = np.sin(angles)
    matrices[:, one, two] = -matrices[:, two, one]
    return matrices


def sample_views(joints: np.ndarray, *, rng: np.random.Generator, config: CameraConfig) -> Views:
    """A random camera for each window. joints: (B, F, J, 3) metres, world frame, y up, ground near y = 0.

    The person is seen from any side; every joint is at least 0.3 m in front of the camera.
    """
    count = len(joints)
    focal = np.exp(rng.normal(np.log(config.focal_centre), config.focal_spread, count)).clip(*config.focal_range)
    aspect = rng.choice(config.aspects, size=count, p=config.aspect_shares)
    picture = np.stack([np.minimum(1.0, aspect), np.minimum(1.0, 1 / aspect)], axis=-1)
    fill, place = _sample_framing(picture, rng, config)

    centre = (joints.min(axis=2) + joints.max(axis=2)).mean(axis=1) / 2
    offsets = joints - centre[:, None, None]
    size = np.ptp(joints, axis=2).max(axis=(1, 2))
    radius = np.sqrt((offsets**2).sum(-1).max(axis=(1, 2)))
    distance = np.maximum(focal * size / (fill * picture[:, 1]), 1.35 * radius + 0.4)

    height = rng.triangular(config.height_range[0], config.height_centre, config.height_range[1], count)
    elevation = np.arcsin(((height - centre[:, 1]) / distance).clip(-1, 1))
    elevation = elevation.clip(*np.radians(config.elevation_range))
    pitch = elevation - np.arctan(place[:, 1] / focal)
    turn = (rotation(2, np.radians(rng.normal(0, config.roll_spread, count))) @ rotation(0, pitch)
            @ (_LEVEL_FROM_WORLD[:, None] * rotation(1, rng.uniform(0, 2 * np.pi, count))))

    direction = np.concatenate([place / focal[:, None], np.ones((count, 1))], axis=-1)
    direction *= (distance / np.linalg.norm(direction, axis=-1))[:, None]
    seen = np.einsum("bij,bfkj->bfki", turn, offsets) + direction[:, None, None].astype(np.float32)
    return Views(joints=seen.astype(np.float32, copy=False), focal=focal.astype(np.float32),
                 picture=picture.astype(np.float32))


def _sample_framing(picture: np.ndarray, rng: np.random.Generator,
                    config: CameraConfig) -> tuple[np.ndarray, np.ndarray]:
    """Person's size over the picture height (B,), and its centre (B, 2) from the picture's, in longer sides."""
    count = len(picture)
    kind = rng.random(count)
    upper = kind < config.upper_body_share
    cropped = ~upper & (kind < config.upper_body_share + config.cropped_share)
    fill = rng.uniform(*config.fill_range, count)
    fill = np.where(cropped, rng.uniform(*config.cropped_range, count), fill)
    fill = np.where(upper, rng.uniform(*config.upper_body_range, count), fill)

    width, height = picture.T
    across = np.maximum(width / 2 - 0.3 * fill * height, 0.05 * width)
    along = 0.8 * np.abs(1 - fill) * height / 2
    x = rng.uniform(-1, 1, count) * across
    y = rng.uniform(-1, 1, count) * along
    headroom = rng.uniform(0.05, 0.2, count)
    y = np.where(upper, (headroom - 0.5 + fill / 2) * height, y)
    return fill, np.stack([x, y], axis=-1)
