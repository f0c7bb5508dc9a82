"""Made-up scenes of walking people with known identities, seen by a detector that errs like a real one."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from vid2pose3d.camera import guess_camera, project
from vid2pose3d.motion import Keypoints2D, Person2D
from vid2pose3d.skeleton import COCO17

WIDTH, HEIGHT = 640, 360
_EYE_HEIGHT = 0.9
_HIDDEN_SHARE = 0.5
_MATCH = 0.25

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Walker:
    """One person who walks along a straight line; metres, seconds, camera frame (x right, z forward)."""

    start: tuple[float, float]
    """x, z at time 0."""
    velocity: tuple[float, float]
    tall: float = 1.7
    clothes: tuple[Colour, Colour] = ((128, 128, 128), (128, 128, 128))
    """Shirt and trousers."""
    stride: float = 0.0
    """Phase of the gait, radians."""
    away: tuple[float, float] | None = None
    """Seconds from and to which the person is not there at all."""

    def joints(self, time: float) -> np.ndarray:
        """(17, 3) COCO joints."""
        phase = self.stride + 2.0 * np.pi * 0.9 * time
        speed = np.linalg.norm(self.velocity)
        forward = np.array(self.velocity) / speed if speed > 0 else np.array([0.0, -1.0])
        body = _body(phase, swing=0.5 if speed > 0 else 0.05) * self.tall / 1.7
        ground = np.array(self.start) + time * np.array(self.velocity)
        # Body axes are forward, down, right; the person's right is a quarter turn from forward.
        out = np.empty((17, 3))
        out[:, 0] = ground[0] + body[:, 0] * forward[0] + body[:, 2] * forward[1]
        out[:, 2] = ground[1] + body[:, 0] * forward[1] - body[:, 2] * forward[0]
        out[:, 1] = _EYE_HEIGHT + body[:, 1]
        return out

    def there(self, time: float) -> bool:
        return self.away is None or not self.away[0] <= time < self.away[1]


@dataclass
class Scene:
    """The truth of F frames with P people, and what a detector saw of it."""

    times: list[float]
    xy: np.ndarray
    """(P, F, 17, 2) pixels."""
    visible: np.ndarray
    """(P, F) True where at least half of the joints can be seen."""
    found: list[list[Keypoints2D]] = field(default_factory=list)
    walkers: tuple[Walker, ...] = ()

    def picture(self, step: int) -> np.ndarray:
        """(H, W, 3) uint8: the people in their clothes, the near ones in front, before a grey wall."""
        image = np.full((HEIGHT, WIDTH, 3), 128, dtype=np.uint8)
        time = self.times[step]
        for person in sorted(
            range(len(self.walkers)), key=lambda p: -self.walkers[p].joints(time)[:, 2].mean()
        ):
            if self.walkers[person].there(time):
                _paint(image, self.xy[person, step], self.walkers[person])
        return image

    def owners(self, person: Person2D) -> list[int | None]:
        """Whom each frame of a track shows: the nearest walker, None where that one is hidden or far."""
        steps = np.searchsorted(self.times, person.times)
        return [self._owner(step, xy) for step, xy in zip(steps, person.xy, strict=True)]

    def _owner(self, step: int, xy: np.ndarray) -> int | None:
        truth = self.xy[:, step]
        size = np.ptp(truth[..., 1], axis=-1)
        off = np.linalg.norm(truth - xy, axis=-1).mean(axis=-1) / size
        best = int(np.argmin(off))
        return best if self.visible[best, step] and off[best] < _MATCH else None


def scene(
    walkers: tuple[Walker, ...],
    times: list[float],
    *,
    seed: int = 0,
    noise: float = 0.012,
    missed: float = 0.0,
) -> Scene:
    """What a detector sees of the walkers at `times` (seconds).

    noise: standard deviation of a joint, share of the person's height. missed: probability that a person is
    not found though visible. People behind others are not found; their half hidden joints are poor.
    """
    rng = np.random.default_rng(seed)
    space = np.array([[walker.joints(time) for time in times] for walker in walkers])
    there = np.array([[walker.there(time) for time in times] for walker in walkers])
    xy = project(space, guess_camera(WIDTH, HEIGHT).intrinsics)
    in_picture = ((xy >= 0) & (xy < (WIDTH, HEIGHT))).all(axis=-1)
    seen = in_picture & ~_hidden(xy, space[..., 2].mean(axis=-1), there) & there[..., None]
    made = Scene(times, xy, seen.mean(axis=-1) >= _HIDDEN_SHARE, walkers=walkers)
    for step in range(len(times)):
        people = [
            p for p in rng.permutation(len(walkers)) if made.visible[p, step] and rng.random() >= missed
        ]
        made.found.append([_detection(xy[p, step], seen[p, step], noise, rng) for p in people])
    return made


def detection(xy: np.ndarray, confidence: np.ndarray, *, score: float = 0.9) -> Keypoints2D:
    """A detection whose box fits its joints. xy: (J, 2) pixels; confidence: (J,)."""
    margin = 0.05 * np.ptp(xy, axis=0).max()
    box = np.concatenate([xy.min(axis=0) - margin, xy.max(axis=0) + margin])
    return Keypoints2D(xy=xy, confidence=confidence, bbox=box, score=score)


def _detection(xy: np.ndarray, seen: np.ndarray, noise: float, rng: np.random.Generator) -> Keypoints2D:
    spread = noise * np.ptp(xy[:, 1]) * np.where(seen, 1.0, 4.0)
    confidence = np.where(seen, rng.uniform(0.7, 1.0, 17), rng.uniform(0.05, 0.3, 17))
    return detection(
        xy + rng.normal(size=xy.shape) * spread[:, None], confidence, score=float(confidence.mean())
    )


def _hidden(xy: np.ndarray, depth: np.ndarray, there: np.ndarray) -> np.ndarray:
    """(P, F, 17) True where a nearer person covers the joint."""
    low, high = xy.min(axis=2)[:, :, None], xy.max(axis=2)[:, :, None]
    hidden = np.zeros(xy.shape[:3], dtype=bool)
    for person in range(len(xy)):
        for other in range(len(xy)):
            inside = ((xy[person] > low[other]) & (xy[person] < high[other])).all(axis=-1)
            nearer = (depth[other] < depth[person]) & there[other]
            hidden[person] |= inside & nearer[:, None]
    return hidden


def _body(phase: float, *, swing: float) -> np.ndarray:
    """(17, 3) forward, down, right of the hips' ground point; metres of a person 1.7 m tall."""
    place = {"nose": (0.1, -1.57, 0.0)}
    for side, way in (("left", -1.0), ("right", 1.0)):
        leg = swing * np.sin(phase + (np.pi if side == "left" else 0.0))
        bend = swing * (1.0 + np.cos(phase + (np.pi if side == "left" else 0.0)))
        place[f"{side}_eye"] = (0.08, -1.6, 0.03 * way)
        place[f"{side}_ear"] = (0.0, -1.59, 0.07 * way)
        place[f"{side}_shoulder"] = (0.0, -1.4, 0.17 * way)
        place[f"{side}_elbow"] = _hang(place[f"{side}_shoulder"], 0.3, -leg)
        place[f"{side}_wrist"] = _hang(place[f"{side}_elbow"], 0.26, -leg + 0.3)
        place[f"{side}_hip"] = (0.0, -0.9, 0.13 * way)
        place[f"{side}_knee"] = _hang(place[f"{side}_hip"], 0.43, leg)
        place[f"{side}_ankle"] = _hang(place[f"{side}_knee"], 0.43, leg - bend)
    return np.array([place[joint] for joint in COCO17.joints])


def _hang(top: tuple[float, float, float], length: float, angle: float) -> tuple[float, float, float]:
    return top[0] + length * np.sin(angle), top[1] + length * np.cos(angle), top[2]


def _paint(image: np.ndarray, xy: np.ndarray, walker: Walker) -> None:
    shirt, trousers = walker.clothes
    thick = max(2, int(0.12 * np.ptp(xy[:, 1])))
    at = {
        joint: tuple(int(v) for v in point) for joint, point in zip(COCO17.joints, np.round(xy), strict=True)
    }
    for side in ("left", "right"):
        cv2.line(image, at[f"{side}_hip"], at[f"{side}_knee"], trousers, thick)
        cv2.line(image, at[f"{side}_knee"], at[f"{side}_ankle"], trousers, thick)
    corners = [at[joint] for joint in ("left_shoulder", "right_shoulder", "right_hip", "left_hip")]
    cv2.fillPoly(image, [np.array(corners)], shirt)
    cv2.polylines(image, [np.array(corners)], True, shirt, thick)


def crowd(seed: int, *, missed: float, noise: float, fps: float = 30.0, seconds: float = 5.0) -> Scene:
    """Four people in clothes drawn at random, who cross each other's ways."""
    rng = np.random.default_rng(1000 + seed)
    walkers = []
    for number in range(4):
        way = 1.0 if number % 2 == 0 else -1.0
        speed, depth = rng.uniform(0.6, 1.2), rng.uniform(5.0, 8.0)
        clothes = [(int(r), int(g), int(b)) for r, g, b in rng.integers(0, 256, (2, 3))]
        start = -way * (speed * seconds / 2.0 + rng.uniform(-0.4, 0.4))
        walkers.append(
            Walker(
                (start, depth),
                (way * speed, rng.uniform(-0.1, 0.1)),
                tall=rng.uniform(1.5, 1.9),
                clothes=(clothes[0], clothes[1]),
                stride=rng.uniform(0.0, 6.0),
            )
        )
    times = list(np.arange(round(seconds * fps)) / fps)
    return scene(tuple(walkers), times, seed=seed, missed=missed, noise=noise)
