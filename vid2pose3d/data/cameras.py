"""Virtual cameras around recorded motion, one for each window of a batch."""

from dataclasses import dataclass

import numpy as np

_LEVEL_FROM_WORLD = np.array([1.0, -1.0, -1.0], dtype=np.float32)
"""World axes (y up, z towards the viewer) to those of a level camera (y down, z forward)."""


@dataclass(frozen=True)
class CameraMotion:
    """How cameras move during a window. Shares are those of the moving cameras' windows."""

    share: float = 0.3
    """Share of all windows with a moving camera."""
    turn_share: float = 0.4
    """Pan and tilt at a steady rate."""
    turn_spread: tuple[float, float] = (12.0, 4.0)
    """Standard deviation of the rates of pan and tilt, degrees a second."""
    follow_share: float = 0.4
    """Pan and tilt after the person, who keeps a place in the picture."""
    travel_share: float = 0.4
    """Dolly, crane, or a walking photographer, at a steady speed."""
    travel_spread: float = 0.4
    """Standard deviation of each component of the velocity, metres a second."""
    shake_turn: float = 0.6
    """Standard deviation of a hand's trembling about each axis, degrees, at most; uniform below."""
    shake_shift: float = 0.012
    """The same along each axis, metres."""
    shake_time: float = 0.2
    """Seconds in which a hand goes from one side to the other."""


@dataclass(frozen=True)
class CameraConfig:
    """Where virtual cameras stand and what they see. Ranges are (lowest, highest)."""

    focal_range: tuple[float, float] = (0.6, 3.5)
    """Focal length over the longer picture side; log-normal around `focal_centre`, cut to this range."""
    focal_centre: float = 1.2
    focal_spread: float = 0.42
    """Standard deviation of the logarithm of the focal length."""
    aspects: tuple[float, ...] = (16 / 9, 9 / 16, 4 / 3)
    """Picture width over height."""
    aspect_shares: tuple[float, ...] = (0.55, 0.25, 0.2)
    distance_range: tuple[float, float] = (1.5, 12.0)
    """Metres from the person's middle; wins over `fill_range`."""
    fill_range: tuple[float, float] = (0.15, 0.95)
    """Person's size over the picture height, for people who fit into the picture."""
    cropped_share: float = 0.08
    """Share of windows where the person is larger than the picture."""
    cropped_range: tuple[float, float] = (0.95, 1.4)
    upper_body_share: float = 0.05
    """Share of windows where the picture ends at the hips or above the knees."""
    upper_body_range: tuple[float, float] = (1.4, 2.2)
    edge_share: float = 0.06
    """Share of windows where the person stands across the left or right border."""
    height_range: tuple[float, float] = (0.3, 3.5)
    """Metres of the camera above the ground, triangular around `height_centre`."""
    height_centre: float = 1.4
    elevation_range: tuple[float, float] = (-15.0, 70.0)
    """Degrees by which the line from the camera to the person may point down."""
    high_share: float = 0.12
    """Share of windows seen from a balcony, a mast or a drone."""
    high_elevation: tuple[float, float] = (25.0, 70.0)
    """Degrees down there, uniform."""
    roll_spread: float = 3.0
    """Standard deviation, degrees."""
    tilted_share: float = 0.06
    """Share of windows with a camera held askew."""
    tilted_roll: float = 25.0
    """Largest roll there, degrees."""
    motion: CameraMotion = CameraMotion()


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
        out = np.abs(rays) > self._limit()
        return out[..., 0] | out[..., 1]

    def beyond(self, rays: np.ndarray) -> np.ndarray:
        """(B, F, J, 2) from the picture's border to rays (B, F, J, 2) outside of it; 0 inside."""
        limit = self._limit()
        return rays - np.clip(rays, -limit, limit)

    def _limit(self) -> np.ndarray:
        return (self.picture / (2 * self.focal[:, None]))[:, None, None]


def rotation(axis: int, angles: np.ndarray) -> np.ndarray:
    """Right-handed rotations (B, 3, 3) by `angles` (B,) radians about one coordinate axis."""
    matrices = np.zeros((len(angles), 3, 3), dtype=np.float32)
    one, two = (axis + 1) % 3, (axis + 2) % 3
    matrices[:, axis, axis] = 1.0
    matrices[:, one, one] = matrices[:, two, two] = np.cos(angles)
    matrices[:, two, one] = np.sin(angles)
    matrices[:, one, two] = -matrices[:, two, one]
    return matrices


EVALUATION_CAMERAS = CameraConfig(
    focal_range=(0.8, 2.0), focal_spread=0.3, aspect_shares=(0.6, 0.2, 0.2), distance_range=(0.0, np.inf),
    edge_share=0.0, elevation_range=(-10.0, 45.0), high_share=0.0, tilted_share=0.0, motion=CameraMotion(share=0.0))
"""Those of the first evaluation sets: they stay as they are, so that errors can be compared over time."""


def chosen(rng: np.random.Generator, share: float, count: int) -> np.ndarray:
    """(B,) True for a share of windows; draws nothing where the share is 0."""
    return rng.random(count) < share if share > 0 else np.zeros(count, dtype=bool)


def sample_views(joints: np.ndarray, *, fps: float, rng: np.random.Generator, config: CameraConfig) -> Views:
    """A random camera for each window. joints: (B, F, J, 3) metres, world frame, y up, ground near y = 0.

    The person is seen from any side; every joint is at least 0.3 m in front of the camera. A moving camera is where a
    resting one would be in the window's middle; the joints are in its own frame of each moment.
    """
    count = len(joints)
    focal = np.exp(rng.normal(np.log(config.focal_centre), config.focal_spread, count)).clip(*config.focal_range)
    aspect = rng.choice(config.aspects, size=count, p=config.aspect_shares)
    picture = np.stack([np.minimum(1.0, aspect), np.minimum(1.0, 1 / aspect)], axis=-1)
    fill, place = _sample_framing(picture, rng, config)

    low, high = joints.min(axis=2), joints.max(axis=2)
    centre = (low + high).mean(axis=1) / 2
    offsets = joints - centre[:, None, None]
    size = (high - low).max(axis=(1, 2))
    radius = np.sqrt((offsets**2).sum(-1).max(axis=(1, 2)))
    distance = (focal * size / (fill * picture[:, 1])).clip(*config.distance_range)
    distance = np.maximum(distance, 1.35 * radius + 0.4)

    height = rng.triangular(config.height_range[0], config.height_centre, config.height_range[1], count)
    elevation = np.arcsin(((height - centre[:, 1]) / distance).clip(-1, 1))
    elevation = elevation.clip(*np.radians(config.elevation_range))
    above = chosen(rng, config.high_share, count)
    elevation[above] = np.radians(rng.uniform(*config.high_elevation, above.sum()))
    pitch = elevation - np.arctan(place[:, 1] / focal)
    roll = rng.normal(0, config.roll_spread, count)
    tilted = chosen(rng, config.tilted_share, count)
    roll[tilted] = rng.uniform(-config.tilted_roll, config.tilted_roll, tilted.sum())
    turn = (rotation(2, np.radians(roll)) @ rotation(0, pitch)
            @ (_LEVEL_FROM_WORLD[:, None] * rotation(1, rng.uniform(0, 2 * np.pi, count))))

    direction = np.concatenate([place / focal[:, None], np.ones((count, 1))], axis=-1)
    direction *= (distance / np.linalg.norm(direction, axis=-1))[:, None]
    seen = np.einsum("bij,bfkj->bfki", turn, offsets) + direction[:, None, None].astype(np.float32)
    seen = seen.astype(np.float32, copy=False)
    moving = np.flatnonzero(chosen(rng, config.motion.share, count))
    if len(moving):
        seen[moving] = _from_moving_cameras(seen[moving], fps, rng, config.motion)
    return Views(joints=seen, focal=focal.astype(np.float32),
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
    edge = chosen(rng, config.edge_share, count)
    x[edge] = width[edge] * rng.uniform(0.38, 0.54, edge.sum()) * rng.choice((-1, 1), edge.sum())
    return fill, np.stack([x, y], axis=-1)


def _from_moving_cameras(joints: np.ndarray, fps: float, rng: np.random.Generator,
                         config: CameraMotion) -> np.ndarray:
    """Windows (B, F, J, 3) in a resting camera's frame as cameras see them that move away from it."""
    count, frames = joints.shape[:2]
    time = ((np.arange(frames) - (frames - 1) / 2) / fps)[:, None]
    turning = chosen(rng, config.turn_share, count)[:, None, None] * np.radians(config.turn_spread)
    angles = rng.standard_normal((count, 1, 2)) * turning * time
    follow = rng.uniform(0.5, 1.0, count) * chosen(rng, config.follow_share, count)
    angles += follow[:, None, None] * _directions(joints)
    travelling = config.travel_spread * chosen(rng, config.travel_share, count)[:, None, None]
    path = rng.standard_normal((count, 1, 3)) * travelling * time
    angles = np.concatenate([angles, np.zeros((count, frames, 1))], axis=-1)
    hand = rng.random((count, 1, 1))
    angles += hand * np.radians(config.shake_turn) * _sway(count, frames, fps, rng, config)
    path += hand * config.shake_shift * _sway(count, frames, fps, rng, config)
    seen = _turned(joints - path[:, :, None], angles)
    near = seen[..., 2].min(axis=(1, 2)) < 0.3
    seen[near] = joints[near]
    return seen


def _directions(joints: np.ndarray) -> np.ndarray:
    """(B, F, 2) angles right and down of the body's middle from where it is in the window's middle, smoothed."""
    middle = joints.mean(axis=2, dtype=np.float64)
    angles = np.arctan2(middle[..., :2], middle[..., 2:])
    time = np.linspace(-1, 1, joints.shape[1])
    basis = np.stack([time**power for power in range(1, min(4, joints.shape[1]))], axis=-1)
    smooth = basis @ np.linalg.pinv(basis) if basis.size else np.zeros((len(time), len(time)))
    return smooth @ (angles - angles.mean(axis=1, keepdims=True))


def _sway(count: int, frames: int, fps: float, rng: np.random.Generator, config: CameraMotion) -> np.ndarray:
    """(B, F, 3) smooth noise of unit variance: two waves of random frequency and phase."""
    frequency = rng.uniform(0.3, 1.0, (count, 1, 3, 2)) / (2 * config.shake_time)
    phase = rng.uniform(0, 2 * np.pi, (count, 1, 3, 2))
    time = np.arange(frames)[None, :, None, None] / fps
    return np.sin(2 * np.pi * frequency * time + phase).sum(axis=-1)


def _turned(joints: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Joints (B, F, J, 3) for a camera turned by angles (B, F, 3) right, down and about its axis, radians."""
    shape = (*angles.shape[:2], 3, 3)
    right, down, roll = (angles[..., i].ravel() for i in range(3))
    turn = rotation(2, roll) @ rotation(0, down) @ rotation(1, -right)
    return joints.astype(np.float32) @ turn.reshape(shape).swapaxes(-1, -2)
